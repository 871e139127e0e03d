//! Where a process belongs, as its control group tells (cgroups(7)): unit and container.

use observation::latest::Container;

/// Shortest id of a container in a control group's name.
const ID_DIGITS_MIN: usize = 32;

/// Where a process belongs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The unit of the host's own init system.
    pub(crate) unit: Option<String>,
    /// The container.
    pub(crate) container: Option<Container>,
}

/// Reads `/proc/<pid>/cgroup`, version 1 and 2.
#[must_use]
pub(crate) fn parse(text: &str) -> Place {
    let mut place = Place::default();
    for path in text.lines().filter_map(|line| line.splitn(3, ':').nth(2)) {
        place.unit = place.unit.or_else(|| unit(path));
        place.container = place.container.or_else(|| container(path));
    }
    place
}

/// The outermost unit: what is nested in it belongs to a container or to a user's own manager.
fn unit(path: &str) -> Option<String> {
    let name = path.split('/').find(|it| it.ends_with(".service") || it.ends_with(".scope"))?;
    // A login session is not a unit that anybody wrote, and its number differs from day to day.
    if name.starts_with("session-") || name.starts_with("run-") {
        return None;
    }
    // The instance is a person's number.
    if name.starts_with("user@") {
        return Some("user@.service".to_owned());
    }
    Some(name.to_owned())
}

fn container(path: &str) -> Option<Container> {
    let mut before = "";
    for part in path.split('/') {
        if let Some(found) = container_of_part(before, part) {
            return Some(found);
        }
        before = part;
    }
    None
}

fn container_of_part(before: &str, part: &str) -> Option<Container> {
    let found = |runtime: &str, id: &str| {
        Some(Container { runtime: runtime.to_owned(), id: id.to_owned() })
    };
    let scope = part.strip_suffix(".scope").unwrap_or(part);
    for (prefix, runtime) in [
        ("docker-", "docker"),
        ("libpod-", "podman"),
        ("crio-", "kubernetes"),
        ("cri-containerd-", "kubernetes"),
    ] {
        if let Some(id) = scope.strip_prefix(prefix).filter(|it| is_id(it)) {
            return found(runtime, id);
        }
    }
    if let Some(name) = part.strip_prefix("lxc.payload.") {
        return found("lxc", name);
    }
    if let Some(name) = part.strip_prefix("systemd-nspawn@") {
        return found("nspawn", name.strip_suffix(".service").unwrap_or(name));
    }
    match before {
        "docker" if is_id(part) => found("docker", part),
        "lxc" if !part.is_empty() => found("lxc", part),
        _ if before.starts_with("pod") && is_id(part) => found("kubernetes", part),
        _ => None,
    }
}

fn is_id(text: &str) -> bool {
    text.len() >= ID_DIGITS_MIN && text.bytes().all(|it| it.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn check(path: &str, unit: Option<&str>, container: Option<(&str, &str)>) {
        let place = parse(&format!("0::{path}\n"));
        assert_eq!(place.unit.as_deref(), unit, "{path}");
        let found = place.container.as_ref().map(|it| (it.runtime.as_str(), it.id.as_str()));
        assert_eq!(found, container, "{path}");
    }

    #[test]
    fn a_service_is_the_unit() {
        check("/system.slice/nginx.service", Some("nginx.service"), None);
        check(
            "/system.slice/system-getty.slice/getty@tty1.service",
            Some("getty@tty1.service"),
            None,
        );
        check("/", None, None);
        check("/tini/12", None, None);
    }

    #[test]
    fn sessions_and_user_managers_do_not_single_out_a_person() {
        check("/user.slice/user-1000.slice/session-3.scope", None, None);
        check(
            "/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service",
            Some("user@.service"),
            None,
        );
    }

    #[test]
    fn containers_are_told_by_their_runtimes_own_names() {
        let scope = format!("docker-{ID}.scope");
        check(&format!("/system.slice/{scope}"), Some(scope.as_str()), Some(("docker", ID)));
        check(&format!("/docker/{ID}"), None, Some(("docker", ID)));
        let pod = format!("/machine.slice/libpod-{ID}.scope/container");
        check(&pod, Some(&format!("libpod-{ID}.scope")), Some(("podman", ID)));
        check(&format!("/kubepods/burstable/pod12-34/{ID}"), None, Some(("kubernetes", ID)));
        check("/lxc.payload.web/init.scope", Some("init.scope"), Some(("lxc", "web")));
        check("/lxc/web/system.slice", None, Some(("lxc", "web")));
        check(
            "/machine.slice/systemd-nspawn@db.service/payload",
            Some("systemd-nspawn@db.service"),
            Some(("nspawn", "db")),
        );
    }

    #[test]
    fn a_monitor_of_a_container_is_not_in_it() {
        let path = format!("/machine.slice/libpod-conmon-{ID}.scope");
        check(&path, Some(&format!("libpod-conmon-{ID}.scope")), None);
    }

    #[test]
    fn the_first_version_of_control_groups_is_read_too() {
        let text =
            format!("12:pids:/docker/{ID}\n1:name=systemd:/system.slice/docker.service\n0::/\n");
        let place = parse(&text);
        assert_eq!(place.unit.as_deref(), Some("docker.service"));
        assert_eq!(place.container.map(|it| it.id).as_deref(), Some(ID));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(text in "\\PC{0,200}") {
            let _ = parse(&text);
        }
    }
}
