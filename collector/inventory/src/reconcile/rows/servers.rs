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
