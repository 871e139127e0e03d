//! The configuration of dnsmasq (dnsmasq(8)): one option on a line, in files that name each other.

use crate::host::Host;
use crate::sources::{Found, named};

/// Where the configuration begins.
pub(crate) const CONFIGURATION: &str = "/etc/dnsmasq.conf";
/// What Debian's start adds to it.
const FOLDER: &str = "/etc/dnsmasq.d/*";
/// NetworkManager's own dnsmasq.
const SHARED_FOLDER: &str = "/etc/NetworkManager/dnsmasq-shared.d/*.conf";
/// Files that Debian leaves out.
const LEFT_OUT: &[&str] = &[".dpkg-dist", ".dpkg-old", ".dpkg-new", "~"];
/// Most files.
const FILES_MAX: usize = 500;

/// One option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Its name.
    pub(crate) name: String,
    /// Its value; empty for a switch.
    pub(crate) value: String,
    /// Its file.
    pub(crate) place: String,
}

/// All options of all files, in their order.
pub(crate) fn settings(host: &dyn Host, found: &mut Found) -> Vec<Setting> {
    let mut waiting: Vec<String> = named::files(host, SHARED_FOLDER);
    let added = named::files(host, FOLDER);
    waiting
        .extend(added.into_iter().filter(|it| !LEFT_OUT.iter().any(|end| it.ends_with(end))).rev());
    waiting.push(CONFIGURATION.to_owned());
    let mut seen: Vec<String> = Vec::new();
    let mut settings = Vec::new();
    while let Some(path) = waiting.pop() {
        if seen.contains(&path) {
            continue;
        }
        if seen.len() == FILES_MAX {
            found.complaints.push(named::complaint(&path, "too many files include each other"));
            break;
        }
        let Some(text) = named::read(host, &path, "named_machine", found) else { continue };
        for (name, value) in text.lines().filter_map(line) {
            match name {
                "conf-file" => waiting.push(value.to_owned()),
                "conf-dir" => waiting.extend(of_folder(host, value)),
                _ => settings.push(Setting {
                    name: name.to_owned(),
                    value: value.to_owned(),
                    place: path.clone(),
                }),
            }
        }
        seen.push(path);
    }
    settings
}

/// Whether a dnsmasq is set up here.
pub(crate) fn is_here(host: &dyn Host) -> bool {
    use crate::host::Ask as _;
    host.status(CONFIGURATION).is_ok() || !named::files(host, FOLDER).is_empty()
}

fn line(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    // A comment in a line needs a blank before it.
    let line = line.split_once(" #").map_or(line, |(left, _)| left);
    let (name, value) = line.split_once('=').unwrap_or((line, ""));
    Some((name.trim(), value.trim()))
}

/// `folder`, `folder,*.conf` (these alone) or `folder,.bak` (these not).
fn of_folder(host: &dyn Host, value: &str) -> Vec<String> {
    let mut parts = value.split(',').map(str::trim);
    let folder = parts.next().unwrap_or_default().trim_end_matches('/');
    let (wanted, unwanted): (Vec<&str>, Vec<&str>) = parts.partition(|it| it.starts_with('*'));
    let files = named::files(host, &format!("{folder}/*"));
    let is_wanted = |it: &String| {
        let name = named::base_name(it);
        let is_hidden = name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'));
        !is_hidden
            && !unwanted.iter().any(|end| name.ends_with(end))
            && (wanted.is_empty() || wanted.iter().any(|end| named::fits(end, name)))
    };
    files.into_iter().filter(is_wanted).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    #[test]
    fn files_name_each_other() {
        let host = MapHost::new()
            .file(CONFIGURATION, "# a\nconf-dir=/srv/d/,*.conf\nconf-file=/srv/one # b\nconf-file=/etc/dnsmasq.conf\ndomain-needed\n")
            .file("/srv/d/a.conf", "dhcp-host=a\n")
            .file("/srv/d/a.bak", "dhcp-host=b\n")
            .file("/etc/dnsmasq.d/c", "dhcp-host = c\n")
            .file("/etc/dnsmasq.d/c.dpkg-old", "dhcp-host=d\n")
            .file("/srv/one", "dhcp-host=e\n");
        let mut found = Found::default();
        let values: Vec<String> =
            settings(&host, &mut found).into_iter().map(|it| it.value).collect();
        assert_eq!(values, ["", "e", "a", "c"]);
        assert!(is_here(&host) && !is_here(&MapHost::new()));
    }

    #[test]
    fn lines_are_read_as_dnsmasq_reads_them() {
        for (text, expected) in [
            ("", None),
            ("  # dhcp-host=a", None),
            ("domain-needed", Some(("domain-needed", ""))),
            (" dhcp-host = a , b ", Some(("dhcp-host", "a , b"))),
            ("txt-record=x,\"a=b\" # remark", Some(("txt-record", "x,\"a=b\""))),
            // Without a blank before it the sign belongs to the value.
            ("server=/x/#", Some(("server", "/x/#"))),
            ("=", Some(("", ""))),
        ] {
            assert_eq!(line(text), expected, "{text}");
        }
    }

    #[test]
    fn many_files_end_and_are_said_and_a_closed_one_is_a_gap() {
        let mut host = MapHost::new().file(CONFIGURATION, "conf-dir=/srv/d\n");
        for number in 0..=FILES_MAX {
            host = host.file(&format!("/srv/d/{number:04}"), "dhcp-host=a\n");
        }
        let mut found = Found::default();
        // The configuration itself is one of them.
        assert_eq!(settings(&host, &mut found).len(), FILES_MAX - 1);
        assert_eq!(found.complaints.len(), 1);
        let host = MapHost::unprivileged().file(CONFIGURATION, "").forbid(CONFIGURATION);
        let mut found = Found::default();
        assert_eq!((settings(&host, &mut found).len(), found.gaps.len()), (0, 1));
        assert!(is_here(&MapHost::new().file("/etc/dnsmasq.d/x", "")));
    }

    #[test]
    fn a_folder_may_leave_files_out() {
        let host = MapHost::new().file("/d/a", "").file("/d/a.bak", "").file("/d/b~", "");
        assert_eq!(of_folder(&host, "/d,.bak"), ["/d/a"]);
    }

    /// dnsmasq(8), `conf-dir`: the endings with `*` are those that are read, those without are not.
    #[test]
    fn a_folder_may_be_read_by_endings_alone() {
        let host = MapHost::new().file("/d/a.conf", "").file("/d/b.txt", "").file("/d/c.conf~", "");
        let host = host.file("/d/#d.conf#", "").file("/d/.e.conf", "");
        assert_eq!(of_folder(&host, "/d/,*.conf"), ["/d/a.conf"]);
        assert_eq!(of_folder(&host, "/d, *.conf , *.txt"), ["/d/a.conf", "/d/b.txt"]);
        assert_eq!(of_folder(&host, "/d"), ["/d/a.conf", "/d/b.txt"]);
        assert_eq!(of_folder(&host, "/none"), [""; 0]);
        assert_eq!(of_folder(&host, ""), [""; 0]);
    }

    #[test]
    fn files_that_name_each_other_in_a_circle_are_read_once() {
        let host = MapHost::new()
            .file(CONFIGURATION, "conf-file=/a\nconf-dir=/\n")
            .file("/a", "conf-file=/b\nx=1\n")
            .file("/b", "conf-file=/a\nconf-file=/etc/dnsmasq.conf\ny=2\n");
        let mut found = Found::default();
        let names: Vec<String> =
            settings(&host, &mut found).into_iter().map(|it| it.name).collect();
        assert_eq!((names, found), (vec!["x".to_owned(), "y".to_owned()], Found::default()));
    }

    proptest! {
        /// Each line of a value without a remark comes back as name and value.
        #[test]
        fn a_line_is_its_name_and_value(name in "[a-z-]{1,20}", value in "[a-z0-9,.:=/é]{0,30}") {
            let text = format!("\t{name} = {value} # b=c");
            prop_assert_eq!(line(&text), Some((&*name, &*value)));
        }

        #[test]
        fn hostile_files_end(text in "(conf-file=|conf-dir=|/etc/dnsmasq|\\.d/|\\.conf|[=#,*\n é~]){0,40}") {
            let host = MapHost::new()
                .file(CONFIGURATION, &text)
                .file("/etc/dnsmasq.d/a", &text)
                .link("/etc/dnsmasq.d/b", "/etc/dnsmasq.d");
            let settings = settings(&host, &mut Found::default());
            prop_assert!(settings.len() <= 2 * text.lines().count());
        }
    }
}
