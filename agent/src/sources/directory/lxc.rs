//! Guests of LXC, from the files that define them (lxc.container.conf(5)). Those of LXD and Incus stand in a
//! database.

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId, VirtualMachine};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::guests::{as_named, guest};
use crate::sources::{Found, Source, named};

const KEEPER: &str = "lxc";
const FOLDER: &str = "/var/lib/lxc";
/// The control group of a guest that runs bears its name behind this.
const RUNNING: &str = "/sys/fs/cgroup/lxc.payload.";
/// Most guests.
const GUESTS_MAX: usize = 2_000;

/// Guests.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.lxc"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let mut found = Found::default();
    for name in names.iter().take(GUESTS_MAX) {
        let path = format!("{FOLDER}/{name}/config");
        let text = named::read(context.host, &path, "virtual_machine", &mut found);
        let Some(text) = text else { continue };
        let mut it = definition(&text, &path, name);
        it.is_running = is_running(context.host, name);
        found.facts.push(as_named(&it));
        found.facts.push(Fact::VirtualMachine(it));
    }
    Ok(found)
}

fn is_running(host: &dyn Host, name: &str) -> Option<bool> {
    match host.status(&format!("{RUNNING}{name}")) {
        Ok(_) => Some(true),
        Err(Absent::NotHere { .. }) => Some(false),
        Err(_) => None,
    }
}

/// `key = value`; older files write `lxc.network.hwaddr` and `lxc.utsname`.
fn definition(text: &str, path: &str, id: &str) -> VirtualMachine {
    let mut it = guest(KEEPER, path);
    it.kind = Some(KEEPER.to_owned());
    it.id = Some(id.to_owned());
    it.name = named::host_name(id);
    it.starts_with_host = Some(false);
    for line in text.lines().map(str::trim).filter(|it| !it.starts_with('#')) {
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        match key {
            "lxc.uts.name" | "lxc.utsname" => it.name = named::host_name(value).or(it.name),
            "lxc.start.auto" => it.starts_with_host = Some(value == "1"),
            "lxc.rootfs.path" | "lxc.rootfs" => {
                // A kind of store may stand before the path.
                let path = value.split_once(":/").map(|it| format!("/{}", it.1));
                it.disks = vec![path.unwrap_or_else(|| value.to_owned())];
            }
            _ if key.starts_with("lxc.net") && key.ends_with(".hwaddr") => {
                it.macs.extend(named::mac(value));
            }
            _ => {}
        }
    }
    it
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed after lxc.container.conf(5).
    const CONFIGURATION: &str = "# Template used to create this container: download\n\
        lxc.include = /usr/share/lxc/config/common.conf\nlxc.arch = linux64\n\n\
        lxc.net.0.type = veth\nlxc.net.0.link = lxcbr0\nlxc.net.0.hwaddr = 00:16:3e:aa:bb:cc\n\
        #lxc.net.1.hwaddr = 00:16:3e:00:00:01\nlxc.rootfs.path = dir:/var/lib/lxc/mail/rootfs\n\
        lxc.uts.name = mail01\nlxc.start.auto = 1\nlxc.environment = TOKEN=CANARY\n";

    #[test]
    fn guests_are_read_from_their_files() {
        let host = MapHost::new()
            .file("/var/lib/lxc/mail/config", CONFIGURATION)
            .folder("/sys/fs/cgroup/lxc.payload.mail")
            .folder("/var/lib/lxc/empty");
        let found = with_context(&host, observe).unwrap();
        let [Fact::NamedMachine(named), Fact::VirtualMachine(it)] = &*found.facts else {
            panic!("{found:?}");
        };
        assert_eq!((it.name.as_deref(), it.id.as_deref()), (Some("mail01"), Some("mail")));
        assert_eq!((it.is_running, it.starts_with_host), (Some(true), Some(true)));
        assert_eq!(it.macs, ["00:16:3e:aa:bb:cc"]);
        assert_eq!(it.disks, ["/var/lib/lxc/mail/rootfs"]);
        assert_eq!(named.macs, it.macs);
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn older_words_are_understood() {
        let it = definition(
            "lxc.network.hwaddr = 00:16:3e:aa:bb:cc\nlxc.utsname = a\nlxc.rootfs = /r\n",
            "p",
            "x",
        );
        assert_eq!(
            (it.name.as_deref(), it.macs.len(), &*it.disks),
            (Some("a"), 1, ["/r".to_owned()].as_slice())
        );
        assert_eq!(it.starts_with_host, Some(false));
    }

    #[test]
    fn the_last_word_of_a_key_counts_and_what_is_no_name_leaves_the_one_before() {
        let it = |text: &str| definition(text, "p", "folder");
        assert_eq!(it("").name.as_deref(), Some("folder"));
        assert_eq!(it("lxc.uts.name = \n").name.as_deref(), Some("folder"));
        assert_eq!(it("lxc.uts.name = a\nlxc.uts.name = b\n").name.as_deref(), Some("b"));
        assert_eq!(it("lxc.start.auto = 1\nlxc.start.auto = 0\n").starts_with_host, Some(false));
        assert_eq!(it("lxc.rootfs.path = overlay:/a:/b\n").disks, ["/a:/b"]);
        assert_eq!(it("lxc.net.0.hwaddr = 00:16:3e:xx:xx:xx\n").macs, [""; 0], "a template");
    }

    #[test]
    fn no_guests_are_not_here_and_a_closed_folder_not_allowed() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
        let host = MapHost::unprivileged().forbid(FOLDER);
        assert!(matches!(with_context(&host, observe), Err(Absent::NotAllowed { .. })));
    }

    proptest! {
        #[test]
        fn hostile_files_never_panic(text in "(lxc.net|.hwaddr|lxc.rootfs|[=:/ \n#é])*") {
            let _ = definition(&text, "p", "x");
        }
    }
}
