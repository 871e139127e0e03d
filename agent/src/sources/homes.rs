//! Home folders, and which of them lie on another machine.

use crate::host::{Ask, Host};
use crate::sources::mounts::{self, MOUNTINFO_PATH, Mount};

/// Where file systems of other machines are mounted, or would be as soon as somebody looks: asking there may
/// wait for ever.
pub(crate) struct RemotePlaces(Vec<String>);

impl RemotePlaces {
    /// Asks the kernel.
    pub(crate) fn read(host: &dyn Host) -> Self {
        let text = host.text(MOUNTINFO_PATH).unwrap_or_default();
        let (mounted, _) = mounts::parse(&text);
        let remote = mounted.into_iter().filter(Mount::is_remote).map(|it| it.mounted_at);
        let waiting = text.lines().filter(|it| it.contains(" - autofs "));
        let waiting = waiting.filter_map(|it| it.split(' ').nth(4).map(str::to_owned));
        Self(remote.chain(waiting).filter(|it| it != "/").collect())
    }

    /// Whether a path lies there.
    pub(crate) fn hold(&self, path: &str) -> bool {
        let is_below = |place: &String| {
            path.strip_prefix(place.as_str()).is_some_and(|it| it.is_empty() || it.starts_with('/'))
        };
        self.0.iter().any(is_below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::MapHost;

    #[test]
    fn homes_of_other_machines_are_known() {
        let text = "30 1 0:40 / /home/net rw - nfs4 server:/home rw\n\
                    31 1 0:41 / /srv rw shared:1 - autofs systemd-1 rw\n\
                    32 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
        let places = RemotePlaces::read(&MapHost::new().file(MOUNTINFO_PATH, text));
        assert!(places.hold("/home/net/alice") && places.hold("/srv/x") && places.hold("/srv"));
        assert!(!places.hold("/home/network") && !places.hold("/home/alice"));
    }
}
