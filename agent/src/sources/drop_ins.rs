//! Folders of additions to a configuration: `name.d/*.conf` in several places. Of files with the same name
//! that of the first folder counts, and all apply in the order of their names (systemd.unit(5), sysctl.d(5)).

use std::collections::BTreeMap;

use observation::latest::{Absent, Gap};

use crate::host::{Ask, Host};

/// An addition that leads here takes away the one of the same name in a later folder.
const NOWHERE: &str = "/dev/null";
/// Most files of one configuration.
pub(crate) const FILES_MAX: usize = 500;
/// Largest file of a configuration.
pub(crate) const FILE_BYTES_MAX: u64 = 256 * 1024;

/// The paths of all additions in the order in which they apply. The folders are named with the strongest first.
pub(crate) fn paths(host: &dyn Host, folders: &[&str], suffix: &str) -> Vec<String> {
    let mut by_name: BTreeMap<String, String> = BTreeMap::new();
    for folder in folders {
        let names = host.names(folder).unwrap_or_default();
        for name in names.into_iter().filter(|it| it.ends_with(suffix)) {
            let path = format!("{folder}/{name}");
            by_name.entry(name).or_insert(path);
        }
    }
    by_name.retain(|_, path| !host.link(path).is_ok_and(|it| it == NOWHERE));
    by_name.into_values().take(FILES_MAX).collect()
}

/// The files that can be read, with their paths; what exists and cannot be read becomes a gap.
pub(crate) fn texts(
    host: &dyn Host,
    paths: impl IntoIterator<Item = String>,
    gaps: &mut Vec<Gap>,
) -> Vec<(String, String)> {
    let read = |path: String| match host.bytes(&path, FILE_BYTES_MAX) {
        Ok(bytes) => Some((path, String::from_utf8_lossy(&bytes).into_owned())),
        Err(Absent::NotHere { .. }) => None,
        // A folder among the files is none of them.
        Err(Absent::Failed { .. }) if host.status(&path).is_ok_and(|it| it.is_folder) => None,
        Err(reason) => {
            // Any setting may stand in it, so the gap speaks of all.
            gaps.push(Gap { field: "setting".to_owned(), of: None, reason });
            None
        }
    };
    paths.into_iter().filter_map(read).collect()
}

/// The configuration of a part of systemd: the main file of the strongest folder and all additions.
pub(crate) fn of_systemd(
    host: &dyn Host,
    name: &str,
    gaps: &mut Vec<Gap>,
) -> Vec<(String, String)> {
    const FOLDERS: [&str; 4] =
        ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];
    let main = FOLDERS.iter().map(|it| format!("{it}/{name}")).find(|it| host.status(it).is_ok());
    let additions = FOLDERS.map(|it| format!("{it}/{name}.d"));
    let additions: Vec<&str> = additions.iter().map(String::as_str).collect();
    texts(host, main.into_iter().chain(paths(host, &additions, ".conf")), gaps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::MapHost;

    #[test]
    fn the_first_folder_wins_and_names_give_the_order() {
        let host = MapHost::new()
            .file("/etc/x.d/50-b.conf", "")
            .file("/usr/lib/x.d/50-b.conf", "")
            .file("/usr/lib/x.d/10-a.conf", "")
            .file("/usr/lib/x.d/90-c.conf", "")
            .link("/etc/x.d/90-c.conf", "/dev/null")
            .file("/etc/x.d/README", "");
        let found = paths(&host, &["/etc/x.d", "/usr/lib/x.d"], ".conf");
        assert_eq!(found, ["/usr/lib/x.d/10-a.conf", "/etc/x.d/50-b.conf"]);
    }

    #[test]
    fn a_file_that_may_not_be_read_is_a_gap_and_a_missing_one_is_none() {
        let host = MapHost::new().file("/etc/a", "1").forbid("/etc/b");
        let mut gaps = Vec::new();
        let all = ["/etc/a", "/etc/b", "/etc/c"].map(str::to_owned);
        let found = texts(&host, all, &mut gaps);
        assert_eq!(found, [("/etc/a".to_owned(), "1".to_owned())]);
        assert_eq!(gaps.len(), 1);
        assert!(matches!(&gaps[0].reason, Absent::NotAllowed { what, .. } if what == "/etc/b"));
        assert_eq!(gaps[0].of, None);
    }

    #[test]
    fn a_folder_among_the_files_is_passed_over() {
        use crate::host::{LinuxHost, Reply, Request};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        let request = Request::File { path: path.clone(), bytes_max: FILE_BYTES_MAX };
        assert!(!matches!(LinuxHost.ask(&request), Ok(Reply::File(_))));
        let mut gaps = Vec::new();
        assert_eq!(texts(&LinuxHost, [path], &mut gaps), []);
        assert_eq!(gaps, []);
    }

    #[test]
    fn the_main_file_comes_before_its_additions() {
        let host = MapHost::new()
            .file("/usr/lib/systemd/journald.conf", "vendor")
            .file("/etc/systemd/journald.conf", "main")
            .file("/usr/lib/systemd/journald.conf.d/a.conf", "first");
        let found = of_systemd(&host, "journald.conf", &mut Vec::new());
        let texts: Vec<&str> = found.iter().map(|it| &*it.1).collect();
        assert_eq!(texts, ["main", "first"]);
    }
}
