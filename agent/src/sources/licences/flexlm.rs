//! Licence files of FlexLM (FlexNet Publisher License Administration Guide): features with vendor, number and last day. Neither
//! signatures nor the names of servers and hosts are read.

use jiff::civil::Date;
use observation::latest::{Absent, Cadence, Complaint, Fact, Licence, Platform, SourceId};

use crate::host::{Ask, TreeMarks};
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Where products keep them.
const FOLDERS: &[&str] = &["/etc/flexlm", "/opt", "/srv", "/usr/local", "/var/flexlm"];
const DEPTH_MAX: u32 = 7;
const ENTRIES_MAX: u32 = 100_000;
const ENDING: &str = ".lic";
/// Largest file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Folders that hold no licences but many files.
const PASSED_OVER: &[&str] = &[".git", "node_modules", "site-packages", "share/doc"];
/// Lines that grant something.
const GRANTS: &[&str] = &["FEATURE", "INCREMENT"];
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Licences of FlexLM.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("licences.flexlm"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let marks = TreeMarks {
        file_endings: vec![ENDING.to_owned()],
        passed_over: PASSED_OVER.iter().map(|it| (*it).to_owned()).collect(),
        ..TreeMarks::default()
    };
    let trees = FOLDERS.iter().filter_map(|it| host.tree(it, DEPTH_MAX, ENTRIES_MAX, &marks).ok());
    let mut found = Found::default();
    for entry in trees.flat_map(|it| it.entries) {
        let Ok(bytes) = host.part_of_entry(&entry.path, 0, FILE_BYTES_MAX) else {
            let problem = "it cannot be read".to_owned();
            found.complaints.push(Complaint { place: entry.path, problem });
            continue;
        };
        found.facts.extend(licences(&bytes, &entry.path).into_iter().map(Fact::Licence));
    }
    if found.facts.is_empty() && found.complaints.is_empty() {
        return Err(Absent::NotHere { looked_at: FOLDERS.join(", ") });
    }
    Ok(found)
}

/// The features of a file; other files that end so hold none.
fn licences(bytes: &[u8], place: &str) -> Vec<Licence> {
    let text = String::from_utf8_lossy(bytes).replace("\\\r\n", " ").replace("\\\n", " ");
    text.lines().filter_map(|it| licence(it, place)).collect()
}

/// `FEATURE name vendor version last-day number …`
fn licence(line: &str, place: &str) -> Option<Licence> {
    let mut words = line.split_whitespace();
    if !GRANTS.contains(&words.next()?) {
        return None;
    }
    let (product, vendor, version) = (words.next()?, words.next()?, words.next()?);
    let (last_day, count) = (words.next()?, words.next()?);
    let expires_on = date(last_day);
    let is_permanent = last_day.eq_ignore_ascii_case("permanent") || last_day.ends_with("-0");
    if expires_on.is_none() && !is_permanent {
        return None;
    }
    Some(Licence {
        product: format!("{product} {version}"),
        channel: "flexlm".to_owned(),
        edition: Some(vendor.to_owned()),
        state: is_permanent.then(|| "permanent".to_owned()),
        count: count.parse().ok().filter(|it| *it > 0),
        key_hash: None,
        key_tail: None,
        expires_on,
        place: place.to_owned(),
    })
}

/// `31-dec-2026`; the year 0 stands for no last day.
fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (day, month, year) = (parts.next()?, parts.next()?.to_ascii_lowercase(), parts.next()?);
    let month = MONTHS.iter().position(|it| *it == month)? + 1;
    let year = year.parse().ok().filter(|it| *it > 0)?;
    Date::new(year, i8::try_from(month).ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from the guide.
    const TEXT: &str = "SERVER secret-host 0123456789ab 27000\nVENDOR cadd\n\
        FEATURE solver cadd 2024.1 31-dec-2026 5 SIGN=\"CANARY 1234\" \\\n  HOSTID=0123456789ab\n\
        INCREMENT viewer cadd 1.0 permanent uncounted SIGN=CANARY\n\
        FEATURE old cadd 1.0 1-jan-0 0 SIGN=CANARY\nFEATURE broken cadd\n# FEATURE no x 1 permanent 1\n";

    #[test]
    fn features_are_told_without_signature_or_host() {
        let host = MapHost::new().file("/opt/cad/licenses/site.lic", TEXT);
        let found = with_context(&host, observe).unwrap();
        let text = format!("{found:?}");
        assert!(!text.contains("CANARY") && !text.contains("secret-host"), "{text}");
        assert_eq!(found.facts.len(), 3);
        let Fact::Licence(it) = &found.facts[0] else { panic!() };
        assert_eq!(
            (&*it.product, it.edition.as_deref(), it.count),
            ("solver 2024.1", Some("cadd"), Some(5))
        );
        assert_eq!(it.expires_on, Some(jiff::civil::date(2026, 12, 31)));
        let Fact::Licence(it) = &found.facts[1] else { panic!() };
        assert_eq!((it.state.as_deref(), it.count, it.expires_on), (Some("permanent"), None, None));
    }

    #[test]
    fn other_files_that_end_so_hold_no_features() {
        let host =
            MapHost::new().file("/opt/x/MIT.lic", "FEATURE of this software is that it is free.\n");
        assert!(matches!(with_context(&host, observe), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn days_are_read_in_their_own_form() {
        assert_eq!(date("01-JAN-2030"), Some(jiff::civil::date(2030, 1, 1)));
        for text in ["", "1-jan-0", "31-feb-2026", "x", "1-foo-2026", "1-1-2026", "1-jan"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "((FEATURE|INCREMENT)?( \\PC{0,6}){0,7}\\\\?\n){0,6}") {
            let _ = licences(text.as_bytes(), "/x");
        }
    }
}
