//! Rows of what a server does: guests, containers, shares, databases, web sites, tasks and products.
//! Whether something runs just now is left out: that changes without anybody changing the machine's set-up.

use std::fmt::Display;

use observation::latest::{
    ContainerImage, ContainerInstance, ContainerMount, Database, ProductTrace, PublishedPort,
    RemoteMount, ScheduledTask, Share, TraceKind, VirtualMachine, WebListen, WebSite,
};

use super::{Row, one_of, text, truth};
use crate::reconcile::wire;

pub(super) fn virtual_machine(it: &VirtualMachine) -> Row {
    let named = it.id.as_ref().or(it.name.as_ref()).unwrap_or(&it.place);
    let fields = vec![
        ("name", it.name.clone()),
        ("kind", it.kind.clone()),
        ("uuid", text(it.uuid)),
        ("starts_with_host", truth(it.starts_with_host)),
        ("memory_bytes", text(it.memory_bytes)),
        ("processors", text(it.processors)),
        ("macs", joined(&it.macs)),
        ("disks", joined(&it.disks)),
        ("operating_system", it.operating_system.clone()),
    ];
    one_of("virtual_machine", format!("{} {named}", it.keeper), fields)
}

pub(super) fn container_instance(it: &ContainerInstance) -> Row {
    let named = it.name.as_ref().unwrap_or(&it.id);
    let fields = vec![
        ("image", it.image.clone()),
        ("image_id", it.image_id.clone()),
        ("is_privileged", truth(it.is_privileged)),
        ("network_mode", it.network_mode.clone()),
        ("published_ports", joined_by(&it.published_ports, published)),
        ("mounts", joined_by(&it.mounts, mounted)),
        ("restart_policy", it.restart_policy.clone()),
        ("compose_project", it.compose_project.clone()),
        ("account", it.account.as_ref().map(wire::user_name)),
    ];
    one_of("container_instance", format!("{} {named}", it.runtime), fields)
}

fn published(it: &PublishedPort) -> String {
    let host = it.host_port.map(|it| it.to_string()).unwrap_or_default();
    let address = it.address.map(|it| it.to_string()).unwrap_or_default();
    format!("{}/{address}:{host}>{}", wire::transport(it.transport), it.container_port)
}

fn mounted(it: &ContainerMount) -> String {
    let right = match it.is_writable {
        Some(true) => ":rw",
        Some(false) => ":ro",
        None => "",
    };
    format!("{}:{}{right}", it.source, it.target)
}

pub(super) fn container_image(it: &ContainerImage) -> Row {
    let fields = vec![
        ("tags", joined(&it.tags)),
        ("created_at", text(it.created_at)),
        ("size_bytes", text(it.size_bytes)),
        ("platform", it.platform.clone()),
        ("account", it.account.as_ref().map(wire::user_name)),
    ];
    one_of("container_image", format!("{} {}", it.runtime, it.id), fields)
}

pub(super) fn share(it: &Share) -> Row {
    let fields = vec![
        ("path", it.path.clone()),
        ("allows_guests", truth(it.allows_guests)),
        ("is_read_only", truth(it.is_read_only)),
        ("clients", joined(&it.clients)),
        ("users", joined_by(&it.users, wire::user_name)),
        ("groups", joined_by(&it.groups, wire::user_name)),
    ];
    one_of("share", format!("{} {}", it.protocol, it.name), fields)
}

pub(super) fn remote_mount(it: &RemoteMount) -> Row {
    let fields = vec![
        ("kind", Some(it.kind.clone())),
        ("server", it.server.clone()),
        ("share", Some(it.share.clone())),
        ("configured_in", Some(it.configured_in.clone())),
        ("options", joined(&it.options)),
    ];
    one_of("remote_mount", it.mounted_at.clone(), fields)
}

pub(super) fn database(it: &Database) -> Row {
    let name = it.database.as_ref().map(|it| format!("/{it}")).unwrap_or_default();
    let fields = vec![
        ("version", it.version.clone()),
        ("data_folder", it.data_folder.clone()),
        ("listen_addresses", joined(&it.listen_addresses)),
        ("port", text(it.port)),
        ("offers_tls", truth(it.offers_tls)),
        ("requires_authentication", truth(it.requires_authentication)),
    ];
    one_of("database", format!("{} {}{name}", it.product, it.instance), fields)
}

pub(super) fn web_site(it: &WebSite) -> Row {
    let listens = joined_by(&it.listens, listen);
    let named = it.names.first().cloned().or_else(|| listens.clone()).unwrap_or_default();
    let fields = vec![
        ("configured_in", Some(it.configured_in.clone())),
        ("names", joined(&it.names)),
        ("listens", listens),
        ("offers_tls", truth(it.offers_tls)),
        ("certificates", joined(&it.certificates)),
        ("root", it.root.clone()),
        ("targets", joined(&it.targets)),
    ];
    one_of("web_site", format!("{} {named}", it.server), fields)
}

fn listen(it: &WebListen) -> String {
    match it.address {
        Some(address) => std::net::SocketAddr::new(address, it.port).to_string(),
        None => format!("*:{}", it.port),
    }
}

pub(super) fn scheduled_task(it: &ScheduledTask) -> Row {
    let fields = vec![
        ("configured_in", Some(it.configured_in.clone())),
        ("schedule", joined(&it.schedule)),
        ("is_enabled", truth(it.is_enabled)),
        ("account", it.account.as_ref().map(wire::user_name)),
        ("starts", it.starts.clone()),
    ];
    one_of("scheduled_task", format!("{} {}", it.scheduler, it.name), fields)
}

pub(super) fn product_trace(it: &ProductTrace) -> Row {
    let kind = match it.kind {
        TraceKind::MalwareProtection => "malware_protection",
        TraceKind::Backup => "backup",
        TraceKind::Monitoring => "monitoring",
        TraceKind::RemoteSupport => "remote_support",
        TraceKind::Management => "management",
    };
    let fields = vec![
        ("kind", Some(kind.to_owned())),
        ("place", Some(it.place.clone())),
        ("version", it.version.clone()),
        ("servers", joined(&it.servers)),
    ];
    one_of("product_trace", it.trace.clone(), fields)
}

fn joined<T: Display>(values: &[T]) -> Option<String> {
    joined_by(values, |it| it.to_string())
}

fn joined_by<T>(values: &[T], write: impl Fn(&T) -> String) -> Option<String> {
    let mut texts: Vec<String> = values.iter().map(write).collect();
    texts.sort();
    (!texts.is_empty()).then(|| texts.join(", "))
}

#[cfg(test)]
mod tests {
    use observation::latest::{Transport, UserName};

    use super::*;

    fn share() -> Share {
        Share {
            protocol: "smb".to_owned(),
            name: "team".to_owned(),
            path: Some("/srv/team".to_owned()),
            configured_in: "/etc/samba/smb.conf".to_owned(),
            allows_guests: Some(false),
            is_read_only: None,
            clients: Vec::new(),
            users: vec![UserName::Pseudonym("p-1".to_owned())],
            groups: vec![UserName::Clear("staff".to_owned())],
        }
    }

    #[test]
    fn what_is_not_known_has_no_text() {
        let row = super::share(&share());
        assert_eq!((row.kind, row.object.as_deref()), ("share", Some("smb team")));
        let text = |name: &str| row.fields.iter().find(|it| it.0 == name).unwrap().1.clone();
        assert_eq!(text("allows_guests").as_deref(), Some("no"));
        assert_eq!((text("is_read_only"), text("clients")), (None, None));
        assert_eq!(text("groups").as_deref(), Some("staff"));
    }

    #[test]
    fn a_guest_that_is_switched_off_is_no_change_of_the_host() {
        let mut guest = VirtualMachine {
            keeper: "proxmox".to_owned(),
            place: "/etc/pve/nodes/a/qemu-server/100.conf".to_owned(),
            kind: Some("qemu".to_owned()),
            name: Some("web01".to_owned()),
            id: Some("100".to_owned()),
            uuid: None,
            is_running: Some(true),
            starts_with_host: Some(true),
            memory_bytes: Some(1),
            processors: Some(1),
            macs: Vec::new(),
            disks: Vec::new(),
            operating_system: None,
        };
        let before = virtual_machine(&guest);
        guest.is_running = Some(false);
        assert_eq!(virtual_machine(&guest), before);
        guest.memory_bytes = Some(2);
        assert_ne!(virtual_machine(&guest), before);
        assert_eq!(before.object.as_deref(), Some("proxmox 100"));
    }

    #[test]
    fn ports_and_mounts_are_one_text_each() {
        let port = PublishedPort {
            transport: Transport::Tcp,
            address: None,
            host_port: Some(8080),
            container_port: 80,
        };
        assert_eq!(published(&port), "tcp/:8080>80");
        let mount = ContainerMount {
            kind: None,
            source: "/srv".to_owned(),
            target: "/data".to_owned(),
            is_writable: Some(false),
        };
        assert_eq!(mounted(&mount), "/srv:/data:ro");
        let at = WebListen { address: "2001:db8::1".parse().ok(), port: 443 };
        assert_eq!(listen(&at), "[2001:db8::1]:443");
    }
}
