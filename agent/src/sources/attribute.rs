//! Small attribute files, as sysfs offers them, with the reason where one may not be read.

use observation::latest::{Absent, Gap};

use crate::host::{Ask, Host};

/// Reads attributes and keeps what it was not allowed to read.
pub(crate) struct Attributes<'a> {
    host: &'a dyn Host,
    /// What could not be read.
    pub(crate) gaps: Vec<Gap>,
}

impl<'a> Attributes<'a> {
    /// Reads from this machine.
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self { host, gaps: Vec::new() }
    }

    /// The first line of the file, trimmed. None where the file is not there, empty, or where the
    /// driver refuses to answer; a gap for `field` where it is there and only the right is missing.
    pub(crate) fn line(&mut self, path: &str, field: &str, of: Option<&str>) -> Option<String> {
        match self.host.text(path) {
            Ok(text) => text.lines().next().map(printable).filter(|it| !it.is_empty()),
            Err(reason @ Absent::NotAllowed { .. }) => {
                let of = of.map(str::to_owned);
                self.gaps.push(Gap { field: field.to_owned(), of, reason });
                None
            }
            Err(_) => None,
        }
    }
}

/// The text without white space around it; control characters, which no table can show, become
/// U+FFFD.
pub(crate) fn printable(text: &str) -> String {
    let text = text.trim_matches(|it: char| it.is_whitespace() || it == '\0');
    text.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::MapHost;

    #[test]
    fn only_a_missing_right_is_a_gap() {
        let host = MapHost::unprivileged()
            .file("/sys/empty", " \n")
            .file("/sys/model", " Disk\u{7} 1  \nsecond\n")
            .forbid("/sys/serial");
        let mut attributes = Attributes::new(&host);
        let mut line = |path: &str| attributes.line(path, "disk.x", Some("sda"));
        assert_eq!(line("/sys/model").as_deref(), Some("Disk\u{fffd} 1"));
        assert_eq!(
            (line("/sys/empty"), line("/sys/none"), line("/sys/serial")),
            (None, None, None)
        );
        assert_eq!(attributes.gaps.len(), 1);
        assert!(matches!(attributes.gaps[0].reason, Absent::NotAllowed { .. }));
    }
}
