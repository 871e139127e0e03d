//! The operating system by its own description (os-release(5)).

use std::collections::BTreeMap;

use observation::latest::{Absent, Cadence, Complaint, Fact, OperatingSystem, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// The operating system by its own description.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("system.operating_system"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const PATHS: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];
/// Distributions that keep their point release in a file of their own. Derived ones inherit
/// Debian's file unchanged, so it speaks only for those named here.
const VERSION_FILES: [(&str, &str); 3] = [
    ("alpine", "/etc/alpine-release"),
    ("debian", "/etc/debian_version"),
    ("raspbian", "/etc/debian_version"),
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let [first, second] = PATHS;
    let (path, text) = match context.host.text(first) {
        Ok(text) => (first, text),
        Err(reason) => (second, context.host.text(second).map_err(|_| reason)?),
    };
    let (mut fields, complaints) = parse(path, &text);
    let mut take = |name: &str| fields.remove(name).filter(|it| !it.is_empty());
    let id = take("ID");
    let version = take("VERSION_ID");
    let detail = id.as_deref().and_then(|it| stated_by_file(context.host, it));
    let system = OperatingSystem {
        name: take("NAME"),
        edition: take("VARIANT"),
        pretty_name: take("PRETTY_NAME"),
        version_detail: detail
            .or_else(|| longer(version.as_deref()?, &take("VERSION")?))
            .or_else(|| take("BUILD_ID")),
        // No file of a Linux system states the date; times of files are those of an image.
        installed_at: None,
        id,
        version,
    };
    Ok(Found { facts: vec![Fact::OperatingSystem(system)], complaints, ..Found::default() })
}

fn stated_by_file(host: &dyn Host, id: &str) -> Option<String> {
    let (_, path) = VERSION_FILES.iter().find(|it| it.0 == id)?;
    host.line(path).map(|it| printable(&it))
}

/// `24.04.1 LTS (Noble Numbat)` says more than `24.04`.
fn longer(version: &str, text: &str) -> Option<String> {
    let word = text.split_ascii_whitespace().next()?;
    let rest = word.strip_prefix(version)?;
    rest.starts_with('.').then(|| word.to_owned())
}

fn parse(path: &str, text: &str) -> (BTreeMap<String, String>, Vec<Complaint>) {
    let mut fields = BTreeMap::new();
    let mut complaints = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once('=') {
            Some((name, value)) => {
                fields.insert(name.to_owned(), printable(&unquote(value)));
            }
            None => complaints.push(Complaint {
                place: format!("{path}, line {}", index + 1),
                problem: "the line has no `=`".to_owned(),
            }),
        }
    }
    (fields, complaints)
}

/// Takes quotes and backslashes away as a shell would.
fn unquote(value: &str) -> String {
    let value = value.trim();
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(plain) = quoted('\'') {
        return plain.to_owned();
    }
    let mut text = String::new();
    let mut rest = quoted('"').unwrap_or(value).chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => text.extend(rest.next()),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn check(files: &[(&str, &str)]) -> OperatingSystem {
        let host = files.iter().fold(MapHost::new(), |host, (path, text)| host.file(path, text));
        let mut found = with_context(&host, observe).unwrap();
        let Fact::OperatingSystem(system) = found.facts.remove(0) else { panic!("another fact") };
        system
    }

    #[test]
    fn debian_states_its_point_release_in_a_file() {
        let text = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n\
                    VERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nID=debian\n";
        let system = check(&[("/etc/os-release", text), ("/etc/debian_version", "12.7\n")]);
        assert_eq!(system.id.as_deref(), Some("debian"));
        assert_eq!(system.name.as_deref(), Some("Debian GNU/Linux"));
        assert_eq!(system.version.as_deref(), Some("12"));
        assert_eq!(system.version_detail.as_deref(), Some("12.7"));
        assert_eq!(system.pretty_name.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(system.installed_at, None);
    }

    #[test]
    fn a_derived_system_does_not_bear_the_version_of_debian() {
        let text = "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n\
                    VERSION=\"24.04.1 LTS (Noble Numbat)\"\n";
        let system = check(&[("/etc/os-release", text), ("/etc/debian_version", "trixie/sid\n")]);
        assert_eq!(system.version_detail.as_deref(), Some("24.04.1"));
    }

    #[test]
    fn a_version_that_only_repeats_itself_is_no_detail() {
        let text =
            "ID=fedora\nVERSION_ID=40\nVERSION=\"40 (Server Edition)\"\nVARIANT=\"Server\"\n";
        let system = check(&[("/etc/os-release", text)]);
        assert_eq!((system.version_detail, system.edition.as_deref()), (None, Some("Server")));
    }

    #[test]
    fn a_rolling_system_has_no_version() {
        let system = check(&[("/usr/lib/os-release", "ID=arch\nBUILD_ID=rolling\nNAME='Arch'\n")]);
        assert_eq!((system.version, system.version_detail.as_deref()), (None, Some("rolling")));
        assert_eq!(system.name.as_deref(), Some("Arch"));
    }

    #[test]
    fn quotes_and_backslashes_are_those_of_a_shell() {
        assert_eq!(unquote(r#""a \"b\" \$c""#), r#"a "b" $c"#);
        assert_eq!(unquote("'a b'"), "a b");
        assert_eq!(unquote("plain"), "plain");
        assert_eq!(unquote("\""), "\"");
        assert_eq!(unquote("\\"), "");
    }

    #[test]
    fn a_line_without_value_is_complained_about() {
        let (fields, complaints) = parse("/etc/os-release", "# x\n\nID=a\nnonsense\n");
        assert_eq!(fields.len(), 1);
        assert_eq!(complaints[0].place, "/etc/os-release, line 4");
    }

    #[test]
    fn a_machine_without_description_says_where_it_looked() {
        let looked_at = "/etc/os-release".to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "([A-Z_=\"'\\\\]|\\PC|\n){0,128}") {
            let _ = parse("/etc/os-release", &text);
        }
    }
}
