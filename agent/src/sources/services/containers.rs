//! Containers and images, from the files in which Docker and Podman keep them: no daemon is asked or woken.
//! Neither environment nor arguments of a container are kept.

use std::collections::BTreeMap;

use observation::ContentHash;
use observation::latest::{
    Absent, AccountKind, Cadence, ContainerImage, ContainerInstance, ContainerMount, Fact, Gap,
    Platform, PublishedPort, SourceId, Transport, UserName,
};
use serde_json::Value;

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source, named};

/// Docker's folder, if its configuration does not name another.
const DOCKER: &str = "/var/lib/docker";
const DOCKER_CONFIGURATION: &str = "/etc/docker/daemon.json";
/// Podman's folder of the system, and that below a home.
const PODMAN: &str = "/var/lib/containers/storage";
const PODMAN_OF_ACCOUNT: &str = ".local/share/containers/storage";
/// Where Podman keeps what runs.
const PODMAN_RUNNING: &str = "/run/containers/storage";
/// Programs that keep containers in databases.
const STORES: &[(&str, &str)] = &[
    ("containerd", "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db"),
    ("incus", "/var/lib/incus/database"),
    ("lxd", "/var/lib/lxd/database"),
    ("lxd", "/var/snap/lxd/common/lxd/database"),
];
/// Largest file of one container, of all containers of Podman or of one image.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Most containers and images of one runtime and account.
const CONTAINERS_MAX: usize = 2_000;
/// Most layers of one image; Docker itself takes 127.
const LAYERS_MAX: usize = 500;
/// Most ports and mounts of one container.
const PARTS_MAX: usize = 500;

/// Containers and images.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.containers"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let persons = Persons::read_or_none(context.host, context.names);
    let mut reader = Reader { host: context.host, persons: &persons, found: Found::default() };
    let mut is_here = reader.docker();
    is_here |= reader.podman(PODMAN, None);
    for entry in persons.entries().iter().filter(|it| persons.kind(it) == AccountKind::Person) {
        let folder = format!("{}/{PODMAN_OF_ACCOUNT}", entry.home.trim_end_matches('/'));
        is_here |= reader.podman(&folder, Some(persons.name(&entry.name)));
    }
    for (name, path) in STORES {
        if context.host.status(path).is_ok() {
            is_here = true;
            for field in ["container_image", "container_instance"] {
                let (why, what) = ("foreign_store".to_owned(), (*path).to_owned());
                reader.gap(field, Some(name), Absent::NotLookedAt { why, what });
            }
        }
    }
    if !is_here && reader.found.gaps.is_empty() {
        return Err(Absent::NotHere { looked_at: format!("{DOCKER}, {PODMAN}") });
    }
    Ok(reader.found)
}

struct Reader<'a> {
    host: &'a dyn Host,
    persons: &'a Persons<'a>,
    found: Found,
}

impl Reader<'_> {
    fn gap(&mut self, field: &str, of: Option<&str>, reason: Absent) {
        let of = of.map(str::to_owned);
        self.found.gaps.push(Gap { field: field.to_owned(), of, reason });
    }

    fn json(&mut self, path: &str, field: &str) -> Option<Value> {
        let shown = self.persons.path(path);
        match self.host.bytes(path, FILE_BYTES_MAX) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(value) => Some(value),
                Err(_) => {
                    self.found.complaints.push(named::complaint(&shown, "it is not JSON"));
                    None
                }
            },
            Err(Absent::NotHere { .. }) => None,
            Err(Absent::NotAllowed { needs, .. }) => {
                self.gap(field, None, Absent::NotAllowed { what: shown, needs });
                None
            }
            Err(_) => {
                self.found.complaints.push(named::complaint(&shown, "it cannot be read"));
                None
            }
        }
    }

    fn docker(&mut self) -> bool {
        let configuration = self.json(DOCKER_CONFIGURATION, "container_instance");
        let root = configuration.as_ref().and_then(|it| text(it, &["data-root"]));
        let root = root.filter(|it| it.starts_with('/')).unwrap_or_else(|| DOCKER.to_owned());
        let containers = format!("{root}/containers");
        let ids = match self.host.names(&containers) {
            Ok(ids) => ids,
            Err(Absent::NotHere { .. }) => return false,
            Err(reason) => {
                self.gap("container_instance", Some("docker"), reason);
                return true;
            }
        };
        for id in ids.into_iter().take(CONTAINERS_MAX) {
            let path = format!("{containers}/{id}");
            let of = self.json(&format!("{path}/config.v2.json"), "container_instance");
            let Some(of) = of else { continue };
            let host = self.json(&format!("{path}/hostconfig.json"), "container_instance");
            let container = docker_container(&of, &host.unwrap_or_default(), id, self.persons);
            self.found.facts.push(Fact::ContainerInstance(container));
        }
        self.docker_images(&root);
        true
    }

    /// Each driver of storage has a folder of its own.
    fn docker_images(&mut self, root: &str) {
        for driver in named::files(self.host, &format!("{root}/image/*")) {
            let list = self.json(&format!("{driver}/repositories.json"), "container_image");
            let tags = list.as_ref().map(docker_tags).unwrap_or_default();
            let contents = format!("{driver}/imagedb/content/sha256");
            let mut layers =
                LayerSizes { folder: format!("{driver}/layerdb/sha256"), known: BTreeMap::new() };
            for id in
                self.host.names(&contents).unwrap_or_default().into_iter().take(CONTAINERS_MAX)
            {
                let of = self.json(&format!("{contents}/{id}"), "container_image");
                let of = of.unwrap_or_default();
                let id = format!("sha256:{id}");
                self.found.facts.push(Fact::ContainerImage(ContainerImage {
                    runtime: "docker".to_owned(),
                    tags: tags.get(&id).cloned().unwrap_or_default(),
                    id,
                    created_at: text(&of, &["created"]).and_then(|it| it.parse().ok()),
                    size_bytes: layers.sum(self.host, &of),
                    platform: text(&of, &["os"])
                        .zip(text(&of, &["architecture"]))
                        .map(|(system, architecture)| format!("{system}/{architecture}")),
                    account: None,
                }));
            }
        }
    }

    fn podman(&mut self, folder: &str, account: Option<UserName>) -> bool {
        let mut is_here = false;
        for driver in ["overlay", "vfs", "btrfs"] {
            let path = format!("{folder}/{driver}-containers/containers.json");
            if let Some(list) = self.json(&path, "container_instance") {
                is_here = true;
                for it in list.as_array().into_iter().flatten().take(CONTAINERS_MAX) {
                    let Some(id) = text(it, &["id"]).filter(|it| is_id(it)) else { continue };
                    let base = format!("{folder}/{driver}-containers/{id}/userdata");
                    let of = self.json(&format!("{base}/config.json"), "container_instance");
                    let mut container =
                        podman_container(it, &of.unwrap_or_default(), id, self.persons);
                    container.account.clone_from(&account);
                    if account.is_none() {
                        container.is_running = self.is_running(driver, &container.id);
                    }
                    self.found.facts.push(Fact::ContainerInstance(container));
                }
            }
            let path = format!("{folder}/{driver}-images/images.json");
            if let Some(list) = self.json(&path, "container_image") {
                is_here = true;
                let path = format!("{folder}/{driver}-layers/layers.json");
                let layers = self.json(&path, "container_image").unwrap_or_default();
                let layers = podman_layers(&layers);
                let images = list.as_array().into_iter().flatten().take(CONTAINERS_MAX);
                let images = images.filter_map(|it| podman_image(it, &layers));
                let images: Vec<ContainerImage> = images.collect();
                self.found.facts.extend(images.into_iter().map(|mut it| {
                    it.account.clone_from(&account);
                    Fact::ContainerImage(it)
                }));
            }
        }
        is_here
    }

    /// What runs has a file with the number of its process.
    fn is_running(&self, driver: &str, id: &str) -> Option<bool> {
        let path = format!("{PODMAN_RUNNING}/{driver}-containers/{id}/userdata/pidfile");
        match self.host.status(&path) {
            Ok(_) => Some(true),
            Err(Absent::NotHere { .. }) => Some(false),
            Err(_) => None,
        }
    }
}

fn text(of: &Value, path: &[&str]) -> Option<String> {
    let value = path.iter().try_fold(of, |at, key| at.get(key))?;
    value.as_str().filter(|it| !it.is_empty()).map(str::to_owned)
}

fn truth(of: &Value, path: &[&str]) -> Option<bool> {
    path.iter().try_fold(of, |at, key| at.get(key))?.as_bool()
}

/// An id becomes a part of a path.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|it| it.is_ascii_hexdigit())
}

fn docker_container(
    of: &Value,
    host: &Value,
    id: String,
    persons: &Persons<'_>,
) -> ContainerInstance {
    let mounts = of.get("MountPoints").and_then(Value::as_object).into_iter().flatten();
    let mounts = mounts.take(PARTS_MAX).filter_map(|(target, it)| {
        let source = text(it, &["Name"]).or_else(|| text(it, &["Source"]))?;
        Some(ContainerMount {
            kind: text(it, &["Type"]),
            source: persons.path(&source),
            target: target.clone(),
            is_writable: truth(it, &["RW"]),
        })
    });
    let mut mounts: Vec<ContainerMount> = mounts.collect();
    mounts.sort();
    let ports = host.get("PortBindings").and_then(Value::as_object).into_iter().flatten();
    let ports = ports.take(PARTS_MAX).flat_map(|(port, places)| {
        places.as_array().into_iter().flatten().filter_map(|it| docker_port(port, it))
    });
    let mut published_ports: Vec<PublishedPort> = ports.collect();
    published_ports.sort();
    ContainerInstance {
        runtime: "docker".to_owned(),
        id,
        name: text(of, &["Name"]).map(|it| it.trim_start_matches('/').to_owned()),
        image: text(of, &["Config", "Image"]),
        image_id: text(of, &["Image"]),
        is_running: truth(of, &["State", "Running"]),
        is_privileged: truth(host, &["Privileged"]),
        network_mode: text(host, &["NetworkMode"]),
        published_ports,
        mounts,
        restart_policy: text(host, &["RestartPolicy", "Name"]),
        compose_project: text(of, &["Config", "Labels", "com.docker.compose.project"]),
        account: None,
        created_at: text(of, &["Created"]).and_then(|it| it.parse().ok()),
    }
}

/// `"80/tcp": [{"HostIp": "", "HostPort": "8080"}]`
fn docker_port(port: &str, place: &Value) -> Option<PublishedPort> {
    let (number, transport) = port.split_once('/').unwrap_or((port, "tcp"));
    let transport = match transport {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        _ => return None,
    };
    let address = text(place, &["HostIp"]).and_then(|it| it.parse().ok());
    Some(PublishedPort {
        transport,
        address: address.filter(|it: &std::net::IpAddr| !it.is_unspecified()),
        host_port: text(place, &["HostPort"]).and_then(|it| it.parse().ok()),
        container_port: number.parse().ok()?,
    })
}

/// Names by id: `{"Repositories": {"nginx": {"nginx:1.25": "sha256:…"}}}`.
fn docker_tags(list: &Value) -> BTreeMap<String, Vec<String>> {
    let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let repositories = list.get("Repositories").and_then(Value::as_object).into_iter().flatten();
    let names = repositories.filter_map(|it| it.1.as_object()).flatten();
    for (name, id) in names.take(CONTAINERS_MAX * 10) {
        // A name with a digest says again what the id says.
        if let Some(id) = id.as_str().filter(|_| !name.contains('@')) {
            tags.entry(id.to_owned()).or_default().push(name.clone());
        }
    }
    tags
}

/// `of` is the configuration for the program that runs it (OCI Runtime Specification, config.json).
fn podman_container(
    entry: &Value,
    of: &Value,
    id: String,
    persons: &Persons<'_>,
) -> ContainerInstance {
    let metadata = text(entry, &["metadata"]).unwrap_or_default();
    let metadata: Value = serde_json::from_str(&metadata).unwrap_or_default();
    let first = |key: &str| entry.get(key).and_then(|it| it.get(0)).and_then(Value::as_str);
    let name = first("names").map(str::to_owned).or_else(|| text(&metadata, &["name"]));
    let mounts = of.get("mounts").and_then(Value::as_array).into_iter().flatten();
    let mounts = mounts.take(PARTS_MAX).filter(|it| text(it, &["type"]).as_deref() == Some("bind"));
    let mounts = mounts.filter_map(|it| {
        let source = text(it, &["source"]).filter(|it| !is_own_of_podman(it))?;
        let options = it.get("options").and_then(Value::as_array);
        let is_writable = options.map(|it| !it.iter().any(|it| it == "ro"));
        Some(ContainerMount {
            kind: Some("bind".to_owned()),
            source: persons.path(&source),
            target: text(it, &["destination"])?,
            is_writable,
        })
    });
    let mut mounts: Vec<ContainerMount> = mounts.collect();
    mounts.sort();
    let privileged = text(of, &["annotations", "io.podman.annotations.privileged"]);
    ContainerInstance {
        runtime: "podman".to_owned(),
        id,
        name,
        image: text(&metadata, &["image-name"]),
        image_id: text(entry, &["image"]),
        is_running: None,
        is_privileged: privileged.map(|it| it.eq_ignore_ascii_case("true")),
        network_mode: None,
        published_ports: Vec::new(),
        mounts,
        restart_policy: None,
        compose_project: None,
        account: None,
        created_at: text(entry, &["created"]).and_then(|it| it.parse().ok()),
    }
}

/// Files that Podman itself puts into each container: resolv.conf, hosts and others.
fn is_own_of_podman(source: &str) -> bool {
    source.contains("-containers/") && source.contains("/userdata/")
}

/// The sizes of the layers that Docker keeps, each in a file of its own under the number of its chain (OCI
/// Image Specification, config.md, "Layer ChainID").
struct LayerSizes {
    folder: String,
    /// Many images stand on the same layers.
    known: BTreeMap<String, Option<u64>>,
}

impl LayerSizes {
    /// The layers of an image together; none where the size of one of them is not known.
    fn sum(&mut self, host: &dyn Host, image: &Value) -> Option<u64> {
        let layers = image.get("rootfs")?.get("diff_ids")?.as_array()?;
        let (mut sum, mut chain) = (0_u64, String::new());
        for layer in layers.iter().take(LAYERS_MAX + 1) {
            let layer = layer.as_str()?;
            chain = match &*chain {
                "" => layer.to_owned(),
                below => {
                    format!("sha256:{}", ContentHash::of(format!("{below} {layer}").as_bytes()))
                }
            };
            sum = sum.checked_add(self.size(host, &chain)?)?;
        }
        (layers.len() <= LAYERS_MAX).then_some(sum)
    }

    fn size(&mut self, host: &dyn Host, chain: &str) -> Option<u64> {
        if let Some(known) = self.known.get(chain) {
            return *known;
        }
        let id = chain.strip_prefix("sha256:").filter(|it| is_id(it))?;
        let size = host.line(&format!("{}/{id}/size", self.folder)).and_then(|it| it.parse().ok());
        self.known.insert(chain.to_owned(), size);
        size
    }
}

/// What a layer of Podman stands on, and its size when unpacked.
type PodmanLayer<'a> = (Option<&'a str>, Option<u64>);
type PodmanLayers<'a> = BTreeMap<&'a str, PodmanLayer<'a>>;

/// `[{"id": …, "parent": …, "diff-size": …}]`
fn podman_layers(list: &Value) -> PodmanLayers<'_> {
    let layers = list.as_array().into_iter().flatten().take(CONTAINERS_MAX * 10);
    layers.filter_map(podman_layer).collect()
}

fn podman_layer(layer: &Value) -> Option<(&str, PodmanLayer<'_>)> {
    let parent = layer.get("parent").and_then(Value::as_str).filter(|it| !it.is_empty());
    Some((layer.get("id")?.as_str()?, (parent, layer.get("diff-size").and_then(Value::as_u64))))
}

/// A layer and all that it stands on; none where the size of one of them is not known.
fn podman_size(top: &str, layers: &PodmanLayers<'_>) -> Option<u64> {
    let (mut sum, mut next) = (0_u64, Some(top));
    for _ in 0..=LAYERS_MAX {
        let Some(layer) = next else { return Some(sum) };
        let (parent, size) = layers.get(layer)?;
        sum = sum.checked_add((*size)?)?;
        next = *parent;
    }
    None
}

fn podman_image(entry: &Value, layers: &PodmanLayers<'_>) -> Option<ContainerImage> {
    let names = entry.get("names").and_then(Value::as_array).into_iter().flatten();
    let tags = names.filter_map(Value::as_str).filter(|it| !it.contains('@')).map(str::to_owned);
    Some(ContainerImage {
        runtime: "podman".to_owned(),
        id: format!("sha256:{}", text(entry, &["id"])?),
        tags: tags.take(PARTS_MAX).collect(),
        created_at: text(entry, &["created"]).and_then(|it| it.parse().ok()),
        size_bytes: text(entry, &["layer"]).and_then(|it| podman_size(&it, layers)),
        platform: None,
        account: None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    const PASSWD: &str =
        "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/bash\n";
    /// Constructed after what Docker 24 writes, shortened.
    const CONFIG: &str = r#"{"StreamConfig":{},"State":{"Running":true,"Pid":7},"ID":"aa","Created":"2026-01-02T03:04:05.123456789Z",
        "Path":"/docker-entrypoint.sh","Args":["CANARY-ARGUMENT"],"Config":{"Hostname":"aa","Env":["TOKEN=CANARY"],"Image":"nginx:1.25",
        "Labels":{"com.docker.compose.project":"shop"}},"Image":"sha256:bb","Name":"/shop-web-1",
        "MountPoints":{"/data":{"Source":"/home/alice/data","Destination":"/data","RW":true,"Name":"","Type":"bind"},
        "/cache":{"Source":"/var/lib/docker/volumes/c/_data","RW":false,"Name":"c","Type":"volume"}}}"#;
    const HOST_CONFIG: &str = r#"{"NetworkMode":"shop_default","PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}],
        "53/udp":[{"HostIp":"192.0.2.1","HostPort":"53"}],"1/sctp":[{}]},"RestartPolicy":{"Name":"unless-stopped","MaximumRetryCount":0},"Privileged":false}"#;
    const REPOSITORIES: &str =
        r#"{"Repositories":{"nginx":{"nginx:1.25":"sha256:bb","nginx@sha256:cc":"sha256:bb"}}}"#;
    const IMAGE: &str = r#"{"architecture":"amd64","config":{"Env":["A=CANARY"]},"created":"2025-12-01T00:00:00Z","os":"linux"}"#;
    /// Constructed after what Podman 4.3 writes.
    const PODMAN_CONTAINERS: &str = r#"[{"id":"dd","names":["db"],"image":"ee","layer":"x","metadata":"{\"image-name\":\"docker.io/library/postgres:16\",\"name\":\"db\"}","created":"2026-02-03T04:05:06Z"},
        {"id":"../../etc","names":["planted"]}]"#;
    const PODMAN_SPEC: &str = r#"{"process":{"args":["CANARY"],"env":["P=CANARY"]},"annotations":{"io.podman.annotations.privileged":"TRUE"},
        "mounts":[{"destination":"/proc","type":"proc","source":"proc"},{"destination":"/data","type":"bind","source":"/srv/db","options":["rbind","rw"]},
        {"destination":"/etc/hosts","type":"bind","source":"/run/containers/storage/overlay-containers/dd/userdata/hosts"}]}"#;
    const PODMAN_IMAGES: &str = r#"[{"id":"ee","names":["docker.io/library/postgres:16","a@sha256:b"],"created":"2026-01-01T00:00:00Z"}]"#;

    fn found(host: &MapHost) -> Found {
        let found = with_context(host, observe).unwrap();
        let text = format!("{found:?}");
        assert!(!text.contains("CANARY") && !text.contains("alice"), "{text}");
        found
    }

    #[test]
    fn containers_and_images_of_docker() {
        let host = MapHost::new()
            .file("/etc/passwd", PASSWD)
            .file("/var/lib/docker/containers/aa/config.v2.json", CONFIG)
            .file("/var/lib/docker/containers/aa/hostconfig.json", HOST_CONFIG)
            .file("/var/lib/docker/image/overlay2/repositories.json", REPOSITORIES)
            .file("/var/lib/docker/image/overlay2/imagedb/content/sha256/bb", IMAGE);
        let found = found(&host);
        let [Fact::ContainerInstance(it), Fact::ContainerImage(image)] = &*found.facts else {
            panic!("{found:?}");
        };
        assert_eq!(
            (it.name.as_deref(), it.image.as_deref()),
            (Some("shop-web-1"), Some("nginx:1.25"))
        );
        assert_eq!((it.is_running, it.is_privileged), (Some(true), Some(false)));
        assert_eq!(it.compose_project.as_deref(), Some("shop"));
        assert_eq!(it.published_ports.len(), 2);
        assert_eq!(
            (it.published_ports[0].host_port, it.published_ports[0].container_port),
            (Some(8080), 80)
        );
        assert_eq!(it.mounts.len(), 2);
        assert_eq!((&*it.mounts[1].source, it.mounts[1].is_writable), ("c", Some(false)));
        assert_eq!(image.tags, ["nginx:1.25"]);
        assert_eq!(image.platform.as_deref(), Some("linux/amd64"));
    }

    #[test]
    fn containers_and_images_of_podman_and_of_accounts() {
        let home = "/home/alice/.local/share/containers/storage";
        let host = MapHost::new()
            .file("/etc/passwd", PASSWD)
            .file(&format!("{PODMAN}/overlay-containers/containers.json"), PODMAN_CONTAINERS)
            .file(&format!("{PODMAN}/overlay-containers/dd/userdata/config.json"), PODMAN_SPEC)
            .file(&format!("{PODMAN_RUNNING}/overlay-containers/dd/userdata/pidfile"), "7")
            .file(&format!("{home}/overlay-images/images.json"), PODMAN_IMAGES)
            .file(&format!("{home}/overlay-containers/containers.json"), "{");
        let found = found(&host);
        let [Fact::ContainerInstance(it), Fact::ContainerImage(image)] = &*found.facts else {
            panic!("{found:?}");
        };
        assert_eq!(it.image.as_deref(), Some("docker.io/library/postgres:16"));
        assert_eq!((it.is_running, it.is_privileged), (Some(true), Some(true)));
        assert_eq!(it.mounts.len(), 1);
        assert!(matches!(image.account, Some(UserName::Pseudonym(_))));
        assert_eq!(image.tags.len(), 1);
        assert_eq!(found.complaints.len(), 1);
    }

    /// Two layers as Docker 24 keeps them; the chain of the second is computed as the OCI Image Specification
    /// has it: `printf 'sha256:1111… sha256:2222…' | sha256sum`.
    #[test]
    fn an_image_of_docker_is_as_large_as_its_layers() {
        let (one, two) = ("1".repeat(64), "2".repeat(64));
        let image = format!(
            r#"{{"rootfs":{{"type":"layers","diff_ids":["sha256:{one}","sha256:{two}"]}}}}"#
        );
        let chain = "9932074217c35353d2e03a3f5a86549f7c67bfeb0ba53e23d69f4d4c8f7958f5";
        let layers = "/var/lib/docker/image/overlay2/layerdb/sha256";
        let host = MapHost::new()
            .folder("/var/lib/docker/containers")
            .file("/var/lib/docker/image/overlay2/imagedb/content/sha256/bb", &image)
            .file("/var/lib/docker/image/overlay2/imagedb/content/sha256/cc", "{}")
            .file(&format!("{layers}/{one}/size"), "74759018");
        let sizes = |host: &MapHost| -> Vec<Option<u64>> {
            let images = found(host).facts.into_iter().map(|it| {
                let Fact::ContainerImage(it) = it else { panic!("{it:?}") };
                it.size_bytes
            });
            images.collect()
        };
        // Half of a size is none, and an image without layers has none.
        assert_eq!(sizes(&host), [None, None]);
        let host = host.file(&format!("{layers}/{chain}/size"), "1000");
        assert_eq!(sizes(&host), [Some(74_760_018), None]);
        let host = host.file(&format!("{layers}/{chain}/size"), "-1");
        assert_eq!(sizes(&host), [None, None]);
    }

    #[test]
    fn an_image_of_podman_is_as_large_as_what_its_layer_stands_on() {
        let size = |layers: &str, top: &str| {
            let layers: Value = serde_json::from_str(layers).unwrap();
            podman_size(top, &podman_layers(&layers))
        };
        // Constructed after `layers.json` of Podman 4.3.
        let layers = r#"[{"id":"a","diff-size":80557568,"compressed-size":30},
            {"id":"b","parent":"a","diff-size":12},{"id":"c","parent":"b"},{"id":"d","parent":"gone","diff-size":1},
            {"id":"e","parent":"f","diff-size":1},{"id":"f","parent":"e","diff-size":1},{"parent":"a"},7]"#;
        assert_eq!(size(layers, "a"), Some(80_557_568));
        assert_eq!(size(layers, "b"), Some(80_557_580));
        for unknown in ["c", "d", "x"] {
            assert_eq!(size(layers, unknown), None, "{unknown}");
        }
        assert_eq!(size(layers, "e"), None, "a circle has no end");
        let host = MapHost::new()
            .file("/etc/passwd", PASSWD)
            .file(&format!("{PODMAN}/overlay-images/images.json"), r#"[{"id":"ee","layer":"b"}]"#)
            .file(&format!("{PODMAN}/overlay-layers/layers.json"), layers);
        let Fact::ContainerImage(it) = found(&host).facts.remove(0) else { panic!("no image") };
        assert_eq!(it.size_bytes, Some(80_557_580));
    }

    #[test]
    fn databases_are_said_and_nothing_is_not_here() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
        for (name, path) in STORES {
            let gaps = found(&MapHost::new().file(path, "")).gaps;
            let fields: Vec<_> = gaps.iter().map(|it| (&*it.field, it.of.as_deref())).collect();
            let expected = ["container_image", "container_instance"].map(|it| (it, Some(*name)));
            assert_eq!(fields, expected);
            let is_said = |it: &Gap| matches!(&it.reason, Absent::NotLookedAt { why, what } if why == "foreign_store" && what == path);
            assert!(gaps.iter().all(is_said), "{gaps:?}");
        }
        let host = MapHost::unprivileged().forbid("/var/lib/docker");
        assert_eq!(found(&host).gaps.len(), 1);
    }

    #[test]
    fn ports_are_published_in_each_form() {
        let port = |port: &str, place: &str| {
            let it = docker_port(port, &serde_json::from_str(place).unwrap())?;
            let address = it.address.map_or_else(String::new, |it| it.to_string());
            Some((it.transport, address, it.host_port, it.container_port))
        };
        let anywhere = String::new();
        for (text, place, expected) in [
            ("80/tcp", "{}", Some((Transport::Tcp, anywhere.clone(), None, 80))),
            (
                "80",
                r#"{"HostPort":"8080"}"#,
                Some((Transport::Tcp, anywhere.clone(), Some(8080), 80)),
            ),
            (
                "53/udp",
                r#"{"HostIp":"0.0.0.0"}"#,
                Some((Transport::Udp, anywhere.clone(), None, 53)),
            ),
            ("53/udp", r#"{"HostIp":"::"}"#, Some((Transport::Udp, anywhere.clone(), None, 53))),
            ("1/tcp", r#"{"HostIp":"::1"}"#, Some((Transport::Tcp, "::1".to_owned(), None, 1))),
            ("1/tcp", r#"{"HostPort":"70000"}"#, Some((Transport::Tcp, anywhere.clone(), None, 1))),
            ("1/tcp", r#"{"HostPort":8080}"#, Some((Transport::Tcp, anywhere, None, 1))),
            ("1/sctp", "{}", None),
            ("x/tcp", "{}", None),
            ("65536/tcp", "{}", None),
            ("", "{}", None),
        ] {
            assert_eq!(port(text, place), expected, "{text} {place}");
        }
    }

    /// A file that was written by something else, or by nobody who meant well.
    #[test]
    fn values_of_other_kinds_than_expected_are_not_known() {
        let odd = r#"{"Name":7,"Image":null,"Config":[],"State":{"Running":"yes"},"MountPoints":[1],"Created":"soon"}"#;
        let host = MapHost::new()
            .file("/var/lib/docker/containers/aa/config.v2.json", odd)
            .file(
                "/var/lib/docker/containers/aa/hostconfig.json",
                r#"{"PortBindings":7,"Privileged":1}"#,
            )
            .file("/var/lib/docker/containers/bb/config.v2.json", "7")
            .file("/var/lib/docker/containers/cc/config.v2.json", "{");
        let found = found(&host);
        let [Fact::ContainerInstance(it), Fact::ContainerInstance(bare)] = &*found.facts else {
            panic!("{found:?}");
        };
        assert_eq!((&*it.id, &*bare.id, found.complaints.len()), ("aa", "bb", 1));
        assert_eq!((&it.name, &it.image, &it.image_id), (&None, &None, &None));
        assert_eq!((it.is_running, it.is_privileged, it.created_at), (None, None, None));
        assert!(it.mounts.is_empty() && it.published_ports.is_empty());
    }

    #[test]
    fn docker_may_keep_its_containers_elsewhere() {
        let at = |root: &str, folder: &str| {
            let host = MapHost::new()
                .file(DOCKER_CONFIGURATION, format!("{{\"data-root\": {root}}}"))
                .file(&format!("{folder}/containers/aa/config.v2.json"), CONFIG);
            with_context(&host, observe).map(|it| it.facts.len())
        };
        assert_eq!(at("\"/srv/docker\"", "/srv/docker"), Ok(1));
        // A path that is none, or no text: the usual place counts.
        assert_eq!(at("\"srv\"", DOCKER), Ok(1));
        assert_eq!(at("7", DOCKER), Ok(1));
        assert!(at("\"/srv/docker\"", DOCKER).is_err());
    }

    /// The number of a layer becomes a part of a path.
    #[test]
    fn layers_that_lead_elsewhere_have_no_size() {
        let size = |layers: &str| {
            let image =
                serde_json::from_str(&format!(r#"{{"rootfs":{{"diff_ids":{layers}}}}}"#)).unwrap();
            let host = MapHost::new().file("/l/ab/size", "5\n").file("/l/../x/size", "7");
            let mut sizes = LayerSizes { folder: "/l".to_owned(), known: BTreeMap::new() };
            sizes.sum(&host, &image)
        };
        assert_eq!(size(r#"["sha256:ab"]"#), Some(5));
        assert_eq!(size("[]"), Some(0));
        for layers in
            [r#"["sha256:../x"]"#, r#"["ab"]"#, r#"["sha512:ab"]"#, "[7]", "{}", r#"["sha256:"]"#]
        {
            assert_eq!(size(layers), None, "{layers}");
        }
        let many = serde_json::to_string(&vec!["sha256:ab"; LAYERS_MAX + 1]).unwrap();
        assert_eq!(size(&many), None);
    }

    #[test]
    fn names_of_images_are_those_without_a_digest() {
        let tags = |text: &str| docker_tags(&serde_json::from_str(text).unwrap());
        let found = tags(
            r#"{"Repositories":{"a":{"a:1":"sha256:x","a:2":"sha256:x","a@sha256:y":"sha256:x"},"b":{"b:1":"sha256:z"}}}"#,
        );
        assert_eq!(found["sha256:x"], ["a:1", "a:2"]);
        assert_eq!(found["sha256:z"], ["b:1"]);
        for text in [
            "{}",
            "7",
            r#"{"Repositories":7}"#,
            r#"{"Repositories":{"a":7}}"#,
            r#"{"Repositories":{"a":{"a:1":7}}}"#,
        ] {
            assert!(tags(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_podman_does_not_say_is_not_known() {
        let persons_host = MapHost::new().file("/etc/passwd", PASSWD);
        let it = |entry: &str, of: &str| {
            let (entry, of) =
                (serde_json::from_str(entry).unwrap(), serde_json::from_str(of).unwrap());
            with_context(&persons_host, |context| {
                let persons = Persons::read_or_none(context.host, context.names);
                podman_container(&entry, &of, "dd".to_owned(), &persons)
            })
        };
        let bare = it("{}", "{}");
        assert_eq!(
            (bare.name, bare.image, bare.is_privileged, bare.is_running),
            (None, None, None, None)
        );
        assert_eq!(it(r#"{"metadata":"{\"name\":\"a\"}"}"#, "{}").name.as_deref(), Some("a"));
        assert_eq!(
            it(r#"{"names":["b"],"metadata":"{\"name\":\"a\"}"}"#, "{}").name.as_deref(),
            Some("b")
        );
        assert_eq!(it(r#"{"names":[],"metadata":"{broken"}"#, "{}").name, None);
        let mounts = it("{}", r#"{"mounts":[{"type":"bind","source":"/home/alice/x","destination":"/x","options":["ro"]},
            {"type":"bind","source":"/a","destination":"/a"},{"type":"tmpfs","source":"t","destination":"/t"},{"type":"bind","source":"/b"}]}"#).mounts;
        let said: Vec<_> = mounts.iter().map(|it| (&*it.target, it.is_writable)).collect();
        assert_eq!(said, [("/a", None), ("/x", Some(false))]);
        assert!(!format!("{mounts:?}").contains("alice"));
    }

    proptest! {
        /// Docker keeps mounts and ports in maps of no order: the facts of an idle machine must not change with it.
        #[test]
        fn the_order_within_a_file_changes_nothing(
            names in proptest::collection::btree_set("[a-z]{1,6}", 1..6),
            turn in 0_usize..6,
        ) {
            let mut names: Vec<String> = names.into_iter().collect();
            let read = |names: &[String]| {
                let mounts = names.iter().map(|it| format!(r#""/{it}":{{"Source":"/srv/{it}","Type":"bind"}}"#));
                let ports = names.iter().map(|it| format!(r#""{}/tcp":[{{}},{{"HostPort":"{}"}}]"#, it.len(), it.len() + 1));
                let (mounts, ports): (Vec<String>, Vec<String>) = (mounts.collect(), ports.collect());
                let host = MapHost::new()
                    .file("/var/lib/docker/containers/aa/config.v2.json", format!(r#"{{"MountPoints":{{{}}}}}"#, mounts.join(",")))
                    .file("/var/lib/docker/containers/aa/hostconfig.json", format!(r#"{{"PortBindings":{{{}}}}}"#, ports.join(",")));
                with_context(&host, observe).unwrap()
            };
            let first = read(&names);
            let turn = turn % names.len();
            names.rotate_left(turn);
            prop_assert_eq!(read(&names), first);
        }

        #[test]
        fn hostile_values_never_panic(text in "(\"MountPoints\":|\"Name\":|\"PortBindings\":|[{}\\[\\],\"a1/]){0,30}") {
            let text = format!("{{{text}}}");
            let host = MapHost::new()
                .file("/var/lib/docker/containers/aa/config.v2.json", &text)
                .file("/var/lib/docker/containers/aa/hostconfig.json", &text)
                .file(&format!("{PODMAN}/overlay-containers/containers.json"), format!("[{text}]"));
            let _ = with_context(&host, observe);
        }
    }
}
