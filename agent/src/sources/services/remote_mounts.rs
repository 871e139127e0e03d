//! Shares of other machines that this host uses: what is mounted, what fstab(5) would mount, and the maps of
//! the automounter (auto.master(5), autofs(5)). On whom this host depends stands here.

use std::collections::BTreeMap;

use observation::latest::{Absent, Cadence, Fact, Platform, RemoteMount, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::mounts::{MOUNTINFO_PATH, is_remote_kind, parse, unescape};
use crate::sources::persons::Persons;
use crate::sources::{Found, Source, named};

const FSTAB: &str = "/etc/fstab";
const AUTOMOUNTER: &[&str] = &["/etc/auto.master", "/etc/auto.master.d/*.autofs"];
/// Options that say how, by their beginnings. Accounts, passwords and files with them are none.
const OPTIONS: &[&str] = &[
    "addr=",
    "hard",
    "ip=",
    "noauto",
    "nodev",
    "noexec",
    "nosuid",
    "port=",
    "proto=",
    "ro",
    "rw",
    "seal",
    "sec=",
    "sign",
    "soft",
    "timeo=",
    "vers=",
    "nfsvers=",
    "x-systemd.automount",
];
/// Most lines of a map, most maps.
const LINES_MAX: usize = 5_000;
const MAPS_MAX: usize = 100;
const FIELD: &str = "remote_mount";

/// Shares that this host uses.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.remote_mounts"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let persons = Persons::read_or_none(context.host, context.names);
    let mut found = Found::default();
    // By place: what is mounted comes before what would be.
    let mut mounts: BTreeMap<String, RemoteMount> = BTreeMap::new();
    let (mounted, _) = parse(&context.host.text(MOUNTINFO_PATH)?);
    for mount in mounted.iter().filter(|it| it.is_remote()) {
        let place = Place { at: &mount.mounted_at, configured_in: MOUNTINFO_PATH };
        let it = remote(&place, &mount.kind, &mount.device, &mount.options, Some(true));
        mounts.insert(mount.mounted_at.clone(), it);
    }
    let table = named::read(context.host, FSTAB, FIELD, &mut found).unwrap_or_default();
    for it in table.lines().take(LINES_MAX).filter_map(fstab) {
        mounts.entry(it.mounted_at.clone()).or_insert(it);
    }
    for it in automounter(context, &mut found) {
        mounts.entry(it.mounted_at.clone()).or_insert(it);
    }
    found.facts.extend(mounts.into_values().map(|mut it| {
        it.mounted_at = persons.path(&it.mounted_at);
        it.share = persons.path(&it.share);
        Fact::RemoteMount(it)
    }));
    Ok(found)
}

struct Place<'a> {
    at: &'a str,
    configured_in: &'a str,
}

fn remote(
    place: &Place<'_>,
    kind: &str,
    device: &str,
    options: &str,
    is_mounted: Option<bool>,
) -> RemoteMount {
    let (server, share) = split(device);
    let matters = |it: &&str| {
        OPTIONS.iter().any(|option| match option.strip_suffix('=') {
            Some(_) => it.starts_with(option),
            None => it == option,
        })
    };
    let mut options: Vec<String> = options.split(',').filter(matters).map(str::to_owned).collect();
    options.sort();
    options.dedup();
    RemoteMount {
        mounted_at: place.at.to_owned(),
        kind: kind.to_owned(),
        server,
        share,
        configured_in: place.configured_in.to_owned(),
        is_mounted,
        options,
    }
}

/// `server:/path`, `[2001:db8::1]:/path`, `//server/share`, `account@server:path`. The account is left out.
fn split(device: &str) -> (Option<String>, String) {
    let unc = device.strip_prefix("//").or_else(|| device.strip_prefix("\\\\"));
    if let Some(rest) = unc {
        let (server, share) = rest.split_once(['/', '\\']).unwrap_or((rest, ""));
        return (server_name(server), share.to_owned());
    }
    if let Some((server, share)) = device.strip_prefix('[').and_then(|it| it.split_once("]:")) {
        return (server_name(server), share.to_owned());
    }
    match device.split_once(":/") {
        Some((server, path)) => (server_name(server), format!("/{path}")),
        None => match device.split_once(':') {
            Some((server, path)) => (server_name(server), path.to_owned()),
            None => (None, device.rsplit('@').next().unwrap_or(device).to_owned()),
        },
    }
}

fn server_name(text: &str) -> Option<String> {
    let name = text.rsplit('@').next().unwrap_or(text);
    (!name.is_empty()).then(|| name.to_owned())
}

/// `device place kind options …`
fn fstab(line: &str) -> Option<RemoteMount> {
    let mut words = line.split_whitespace();
    let device = words.next().filter(|it| !it.starts_with('#'))?;
    let (at, kind) = (words.next()?, words.next()?);
    let options = words.next().unwrap_or_default();
    if !is_remote_kind(kind) {
        return None;
    }
    let at = unescape(at);
    let place = Place { at: &at, configured_in: FSTAB };
    Some(remote(&place, kind, &unescape(device), options, Some(false)))
}

/// `place map options`, the map a file of lines `key options server:path`.
fn automounter(context: &Context<'_>, found: &mut Found) -> Vec<RemoteMount> {
    let mut mounts = Vec::new();
    let mut maps = Vec::new();
    for path in AUTOMOUNTER.iter().flat_map(|it| named::files(context.host, it)) {
        let text = named::read(context.host, &path, FIELD, found).unwrap_or_default();
        for line in text.lines().take(LINES_MAX) {
            let mut words = line.split_whitespace();
            let (Some(at), Some(map)) = (words.next(), words.next()) else { continue };
            let map = map.strip_prefix("file:").unwrap_or(map);
            let map = map.strip_prefix("file,sun:").unwrap_or(map);
            if at.starts_with('/') && map.starts_with('/') && maps.len() < MAPS_MAX {
                maps.push((at.to_owned(), map.to_owned()));
            }
        }
    }
    for (at, map) in maps {
        // A map that may be run is a program.
        if context.host.status(&map).is_ok_and(|it| it.is_executable)
            && !map.starts_with("/etc/auto.")
        {
            found.complaints.push(named::complaint(&map, "the map is a program"));
            continue;
        }
        let text = named::read(context.host, &map, FIELD, found).unwrap_or_default();
        mounts.extend(text.lines().take(LINES_MAX).filter_map(|it| entry(it, &at, &map)));
    }
    mounts
}

fn entry(line: &str, at: &str, map: &str) -> Option<RemoteMount> {
    let mut words = line.split_whitespace();
    let key = words.next().filter(|it| !it.starts_with(['#', '+']))?;
    let mut options = "";
    let mut place = None;
    for word in words {
        match word.strip_prefix('-') {
            Some(it) => options = it,
            None => {
                place = Some(word);
                break;
            }
        }
    }
    let kind = options.split(',').find_map(|it| it.strip_prefix("fstype=")).unwrap_or("nfs");
    if !is_remote_kind(kind) {
        return None;
    }
    // `://server/share` of SMB has a colon before it so that it is no path.
    let device = place?;
    let device = device.strip_prefix(':').unwrap_or(device);
    // In a direct map, under `/-`, the key is the whole path.
    let at = if key.starts_with('/') { key.to_owned() } else { format!("{at}/{key}") };
    let place = Place { at: &at, configured_in: map };
    Some(remote(&place, kind, device, options, None))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Lines as the kernel writes them, constructed from proc_pid_mountinfo(5), nfs(5) and mount.cifs(8).
    const MOUNTINFO: &str = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n\
        60 22 0:50 / /mnt/nas rw,nosuid,relatime - nfs4 nas:/volume1/data rw,vers=4.2,hard,proto=tcp,sec=sys,clientaddr=192.0.2.5,addr=192.0.2.30\n\
        61 22 0:51 / /mnt/team rw,relatime - cifs //fs01/team rw,vers=3.1.1,username=CANARY,domain=EX,seal,addr=192.0.2.31\n\
        62 22 0:52 / /home/alice/far rw,nosuid - fuse.sshfs CANARY@build:/srv rw,user_id=1000\n";
    const FSTAB_TEXT: &str = "# <file system> <mount point>\nUUID=1 / ext4 errors=remount-ro 0 1\n\
        nas:/volume1/data /mnt/nas nfs4 defaults 0 0\n\
        //fs02/old\\040share /mnt/old cifs credentials=/root/CANARY,ro,noauto 0 0\n";
    const MASTER: &str = "# c\n/misc\t/etc/auto.misc\n/- file:/etc/auto.direct --timeout=60\n/net -hosts\n+auto.master\n";
    const MISC: &str = "# c\ncd -fstype=iso9660,ro :/dev/cdrom\nlinux -ro,soft 192.0.2.40:/pub/linux\nwin -fstype=cifs,password=CANARY ://fs03/x\n";

    fn mounts() -> Vec<RemoteMount> {
        let host = MapHost::new()
            .file(MOUNTINFO_PATH, MOUNTINFO)
            .file(FSTAB, FSTAB_TEXT)
            .file("/etc/auto.master", MASTER)
            .file("/etc/auto.misc", MISC)
            .file("/etc/auto.direct", "/srv/far far.example.test:/a\n");
        let found = with_context(&host, observe).unwrap();
        let text = format!("{found:?}");
        assert!(!text.contains("CANARY") && !text.contains("alice"), "{text}");
        let mounts = found.facts.into_iter().map(|it| {
            let Fact::RemoteMount(it) = it else { panic!("{it:?}") };
            it
        });
        mounts.collect()
    }

    #[test]
    fn what_is_mounted_comes_before_what_would_be() {
        let mounts = mounts();
        let at = |place: &str| mounts.iter().find(|it| it.mounted_at == place).unwrap();
        assert_eq!(mounts.len(), 7);
        let nas = at("/mnt/nas");
        assert_eq!((nas.server.as_deref(), &*nas.share), (Some("nas"), "/volume1/data"));
        assert_eq!(nas.is_mounted, Some(true));
        assert_eq!(
            nas.options,
            ["addr=192.0.2.30", "hard", "nosuid", "proto=tcp", "rw", "sec=sys", "vers=4.2"]
        );
        assert_eq!(
            (at("/mnt/team").server.as_deref(), &*at("/mnt/team").share),
            (Some("fs01"), "team")
        );
        let old = at("/mnt/old");
        assert_eq!((&*old.share, old.is_mounted), ("old share", Some(false)));
        assert_eq!(old.options, ["noauto", "ro"]);
    }

    #[test]
    fn maps_of_the_automounter_name_servers() {
        let mounts = mounts();
        let at = |place: &str| mounts.iter().find(|it| it.mounted_at == place).unwrap();
        assert_eq!(at("/misc/linux").server.as_deref(), Some("192.0.2.40"));
        assert_eq!(at("/misc/win").server.as_deref(), Some("fs03"));
        assert_eq!(at("/srv/far").server.as_deref(), Some("far.example.test"));
    }

    #[test]
    fn devices_have_servers_in_many_forms() {
        assert_eq!(split("[2001:db8::1]:/a"), (Some("2001:db8::1".to_owned()), "/a".to_owned()));
        assert_eq!(split("\\\\fs\\a"), (Some("fs".to_owned()), "a".to_owned()));
        assert_eq!(split("u@h:"), (Some("h".to_owned()), String::new()));
        assert_eq!(split("tag"), (None, "tag".to_owned()));
        assert_eq!(split("a,b:/"), (Some("a,b".to_owned()), "/".to_owned()));
    }

    proptest! {
        #[test]
        fn hostile_lines_never_panic(text in "(nfs|cifs|fstype=|[:/\\\\@\\[\\], \t=éa-]){0,30}") {
            let _ = (split(&text), fstab(&text), entry(&text, "/a", "/m"));
        }
    }
}
