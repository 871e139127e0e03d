//! Cuts the package database to a few dozen packages: a fixture needs kinds, not masses.

use std::collections::BTreeSet;

use kataster_agent::host::{Exchange, Reply, Request};

const STATUS_PATH: &str = "/var/lib/dpkg/status";
const INFO_FOLDER: &str = "/var/lib/dpkg/info";
/// Packages from the beginning of the database.
const PACKAGES_MAX: usize = 24;
/// Packages that stay whatever their place, since they own what runs and listens.
const PACKAGES_KEPT: [&str; 8] =
    ["dbus", "libc6", "nginx", "nginx-light", "openssh-server", "systemd", "systemd-sysv", "udev"];

/// The same exchanges with the database cut, and the lists of files of the packages that stay.
pub(crate) fn shorten(mut exchanges: Vec<Exchange>) -> Vec<Exchange> {
    let mut kept = BTreeSet::new();
    for exchange in &mut exchanges {
        if let (Request::File { path, .. }, Ok(Reply::File(bytes))) =
            (&exchange.request, &mut exchange.reply)
            && path == STATUS_PATH
        {
            let (text, names) = shorten_status(&String::from_utf8_lossy(bytes));
            *bytes = text.into_bytes();
            kept = names;
        }
    }
    let is_kept = |file: &str| {
        let name = file.split(['.', ':']).next().unwrap_or(file);
        // Names of packages may hold dots.
        kept.contains(name) || kept.iter().any(|it| file.starts_with(&format!("{it}.")))
    };
    exchanges.retain_mut(|exchange| match (&exchange.request, &mut exchange.reply) {
        (Request::File { path, .. }, Ok(Reply::File(bytes)))
            if path.starts_with(INFO_FOLDER) && path.ends_with(".list") =>
        {
            *bytes = programs(&String::from_utf8_lossy(bytes)).into_bytes();
            path.strip_prefix(INFO_FOLDER).is_some_and(|it| is_kept(it.trim_start_matches('/')))
        }
        (Request::File { path, .. } | Request::Status { path }, _) => {
            let file = path.strip_prefix(INFO_FOLDER).and_then(|it| it.strip_prefix('/'));
            file.is_none_or(is_kept)
        }
        (Request::Folder { path, .. }, Ok(Reply::Folder(names))) if path == INFO_FOLDER => {
            names.retain(|it| is_kept(it));
            true
        }
        _ => true,
    });
    exchanges
}

fn shorten_status(text: &str) -> (String, BTreeSet<String>) {
    let mut names = BTreeSet::new();
    let mut stanzas = Vec::new();
    for stanza in text.split("\n\n").filter(|it| !it.trim().is_empty()) {
        let name = stanza.lines().find_map(|it| it.strip_prefix("Package: "));
        let is_kept = name.is_some_and(|it| PACKAGES_KEPT.contains(&it));
        if is_kept || stanzas.len() < PACKAGES_MAX {
            names.extend(name.map(str::to_owned));
            stanzas.push(without_lists(stanza));
        }
    }
    (format!("{}\n", stanzas.join("\n\n")), names)
}

/// Of the files of a package only those in folders of programs and systemd's own serve a source.
fn programs(list: &str) -> String {
    let folders = ["/bin/", "/sbin/", "/lib/systemd/systemd"];
    let lines = list.lines().filter(|line| folders.iter().any(|it| line.contains(it)));
    lines.map(|it| format!("{it}\n")).collect()
}

/// Checksums of configuration files say nothing that a source reads.
fn without_lists(stanza: &str) -> String {
    let mut is_list = false;
    let lines = stanza.lines().filter(|line| {
        is_list = line.starts_with("Conffiles:") || (is_list && line.starts_with(' '));
        !is_list
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Exchange {
        Exchange {
            request: Request::File { path: path.to_owned(), bytes_max: 0 },
            reply: Ok(Reply::File(text.as_bytes().to_vec())),
        }
    }

    #[test]
    fn lists_of_packages_that_are_cut_go_with_them() {
        let stanzas: Vec<String> =
            (0..100).map(|it| format!("Package: p{it:03}\nStatus: install ok installed")).collect();
        let text = stanzas.join("\n\n") + "\n\nPackage: udev\nConffiles:\n /etc/x 0a\nVersion: 1\n";
        let exchanges = shorten(vec![
            file(STATUS_PATH, &text),
            file("/var/lib/dpkg/info/p001.list", ""),
            file("/var/lib/dpkg/info/p099.list", ""),
            file("/var/lib/dpkg/info/udev.list", ""),
            file("/etc/hosts", ""),
        ]);
        assert_eq!(exchanges.len(), 4);
        let Ok(Reply::File(status)) = &exchanges[0].reply else { panic!("no file") };
        let status = String::from_utf8_lossy(status);
        assert_eq!(status.matches("Package: ").count(), PACKAGES_MAX + 1);
        assert!(status.ends_with("Package: udev\nVersion: 1\n"));
    }
}
