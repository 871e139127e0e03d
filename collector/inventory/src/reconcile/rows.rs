//! A fact as a row: what it speaks of, and what it says that is worth telling when it changes.
//!
//! Counters, link states and whatever else moves by itself are left out, and volatile facts have no
//! row at all.

mod access;
mod clock;
mod component;
mod configuration;
mod dhcp_lease;
mod directory;
mod extension;
mod firewall;
mod licence;
mod link_neighbour;
mod management_interface;
mod network_namespace;
mod profiles;
mod scans;
mod servers;
mod service_hardening;
mod software;
mod storage;
mod sudo;

use observation::latest::{
    Account, BaseBoard, Certificate, CertificatePlace, Chassis, Disk, Fact, FileSystem, Firmware,
    Group, HostName, InitSystem, InstallationId, Kernel, Listener, Memory, MemoryModule,
    NetworkInterface, OperatingSystem, Processor, Resolver, Route, Service, SystemProduct,
    VirtualisationHint,
};

use super::wire;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    /// The kind of fact, as on the wire.
    pub(super) kind: &'static str,
    /// Which one of several; none where a host has one.
    pub(super) object: Option<String>,
    /// Name and text of each field; the name is empty where the object has one field only.
    pub(super) fields: Vec<(&'static str, Option<String>)>,
}

impl Row {
    /// All that the row says, in one line; none where it says nothing but that it is there.
    pub(super) fn summary(&self) -> Option<String> {
        let said = self.fields.iter().filter_map(|(name, text)| {
            let text = text.as_deref()?;
            Some(if name.is_empty() { text.to_owned() } else { format!("{name} {text}") })
        });
        let said: Vec<String> = said.collect();
        (!said.is_empty()).then(|| said.join(", "))
    }
}

/// The row of a fact; none for volatile ones.
#[expect(
    clippy::too_many_lines,
    reason = "one line for each kind of fact, so that none is forgotten"
)]
pub(super) fn row(fact: &Fact) -> Option<Row> {
    Some(match fact {
        Fact::Account(it) => account(it),
        Fact::AuthorizedKey(it) => access::authorized_key(it),
        Fact::BaseBoard(it) => base_board(it),
        Fact::Battery(it) => component::battery(it),
        Fact::Certificate(it) => certificate(it),
        Fact::Chassis(it) => chassis(it),
        Fact::ClockSynchronisation(it) => clock::synchronisation(it),
        Fact::CoolingDevice(it) => component::cooling_device(it),
        Fact::Device(it) => component::device(it),
        Fact::ContainerImage(it) => servers::container_image(it),
        Fact::ContainerInstance(it) => servers::container_instance(it),
        Fact::Database(it) => servers::database(it),
        Fact::DhcpLease(it) => dhcp_lease::dhcp_lease(it),
        Fact::Disk(it) => disk(it),
        Fact::Executable(it) => software::executable(it),
        Fact::DiskHealth(it) => storage::disk_health(it),
        Fact::ExpansionSlot(it) => component::expansion_slot(it),
        Fact::Extension(it) => extension::extension(it),
        Fact::DomainMembership(it) => access::membership(it),
        Fact::FileSystem(it) => file_system(it),
        Fact::FirewallState(it) => firewall::firewall_state(it),
        Fact::Firmware(it) => firmware(it),
        Fact::Group(it) => group(it),
        Fact::HostName(it) => host_name(it),
        Fact::InitSystem(it) => init_system(it),
        Fact::InstallationId(it) => installation(it),
        Fact::InstalledPackage(it) => software::package(it),
        Fact::Kernel(it) => kernel(it),
        Fact::Licence(it) => licence::licence(it),
        Fact::LinkNeighbour(it) => link_neighbour::link_neighbour(it),
        Fact::Listener(it) => listener(it),
        Fact::ManagementController(it) => component::management_controller(it),
        Fact::ManagementInterface(it) => management_interface::row(it),
        Fact::Memory(it) => memory(it),
        Fact::MemoryArray(it) => component::memory_array(it),
        Fact::MemoryController(it) => component::memory_controller(it),
        Fact::MemoryModule(it) => memory_module(it),
        Fact::MissingUpdate(it) => software::missing_update(it),
        Fact::Monitor(it) => component::monitor(it),
        Fact::NamedMachine(it) => directory::named_machine(it),
        Fact::NetworkInterface(it) => interface(it),
        Fact::NetworkNamespace(it) => network_namespace::network_namespace(it),
        Fact::OnboardDevice(it) => component::onboard_device(it),
        Fact::OperatingSystem(it) => operating_system(it),
        Fact::PortConnector(it) => component::port_connector(it),
        Fact::PowerSupply(it) => component::power_supply(it),
        Fact::Printer(it) => profiles::printer(it),
        Fact::Processor(it) => processor(it),
        Fact::RebootPending(it) => software::reboot_pending(it),
        Fact::ProcessorCache(it) => component::processor_cache(it),
        Fact::ProcessorSocket(it) => component::processor_socket(it),
        Fact::ProcessorVulnerability(it) => component::processor_vulnerability(it),
        Fact::ProductTrace(it) => servers::product_trace(it),
        Fact::RemoteMount(it) => servers::remote_mount(it),
        Fact::Resolver(it) => resolver(it),
        Fact::Route(it) => route(it),
        Fact::ScheduledTask(it) => servers::scheduled_task(it),
        Fact::Service(it) => service(it),
        Fact::ServiceHardening(it) => service_hardening::row(it),
        Fact::Setting(it) => configuration::setting(it),
        Fact::StoragePool(it) => storage::storage_pool(it),
        Fact::StorageVolume(it) => storage::storage_volume(it),
        Fact::SudoRule(it) => sudo::rule(it),
        Fact::Share(it) => servers::share(it),
        Fact::SystemProduct(it) => system_product(it),
        Fact::UpdateState(it) => software::update_state(it),
        Fact::TrustedPlatformModule(it) => component::trusted_platform_module(it),
        Fact::VirtualMachine(it) => servers::virtual_machine(it),
        Fact::VirtualisationHint(it) => hint(it),
        Fact::VoltageProbe(it) => component::voltage_probe(it),
        Fact::VolumeEncryption(it) => storage::volume_encryption(it),
        Fact::VpnProfile(it) => profiles::vpn(it),
        Fact::WirelessNetwork(it) => profiles::wireless(it),
        Fact::WebSite(it) => servers::web_site(it),
        Fact::AddressSeen(it) => scans::address_seen(it)?,
        Fact::OpenPort(it) => scans::open_port(it),
        Fact::PhysicalEntity(it) => scans::entity(it),
        Fact::ReverseName(it) => scans::reverse_name(it),
        Fact::ServiceAnswer(it) => scans::answer(it),
        Fact::SshHostKey(it) => scans::host_key(it),
        Fact::TlsVersions(it) => scans::tls_versions(it),
        // Announcements come and go with the programs of users, and ways with the weather.
        Fact::AnnouncedService(_)
        | Fact::NetworkPath(_)
        | Fact::BatteryWear(_)
        | Fact::Boot(_)
        | Fact::ClockError(_)
        | Fact::DiskWear(_)
        | Fact::MemoryErrors(_)
        | Fact::Connection(_)
        | Fact::DatabaseSize(_)
        | Fact::FreeSpace(_)
        | Fact::LastLogin(_)
        | Fact::Neighbour(_)
        | Fact::ProductRun(_) => {
            return None;
        }
    })
}

fn account(it: &Account) -> Row {
    let fields = vec![
        ("can_log_in", truth(it.can_log_in)),
        ("is_administrator", truth(it.is_administrator)),
        ("password", it.password.map(|it| wire::password(it).to_owned())),
        ("is_expired", truth(it.is_expired)),
        ("password_never_expires", truth(it.password_never_expires)),
    ];
    one_of("account", wire::user_name(&it.name), fields)
}

fn base_board(it: &BaseBoard) -> Row {
    let fields = vec![
        ("manufacturer", it.manufacturer.clone()),
        ("product", it.product.clone()),
        ("serial", it.serial.clone()),
    ];
    only("base_board", fields)
}

fn certificate(it: &Certificate) -> Row {
    let place = match &it.place {
        CertificatePlace::Served { address, port, tls_version: _ } => {
            format!("tcp/{}", std::net::SocketAddr::new(*address, *port))
        }
        CertificatePlace::File { path, listener: _ } => path.clone(),
    };
    let fields = vec![
        ("subject", Some(it.subject.clone())),
        ("issuer", Some(it.issuer.clone())),
        ("not_after", text(it.not_after)),
        ("fingerprint", Some(it.fingerprint.to_string())),
    ];
    one_of("certificate", place, fields)
}

fn chassis(it: &Chassis) -> Row {
    let fields = vec![
        ("kind_number", text(it.kind_number)),
        ("serial", it.serial.clone()),
        ("asset_tag", it.asset_tag.clone()),
    ];
    only("chassis", fields)
}

fn disk(it: &Disk) -> Row {
    let fields = vec![
        ("model", it.model.clone()),
        ("serial", it.serial.clone()),
        ("firmware", it.firmware.clone()),
        ("size_bytes", text(it.size_bytes)),
    ];
    one_of("disk", it.name.clone(), fields)
}

fn file_system(it: &FileSystem) -> Row {
    let fields = vec![
        ("device", Some(it.device.clone())),
        ("kind", Some(it.kind.clone())),
        ("size_bytes", text(it.size_bytes)),
        ("is_read_only", truth(it.is_read_only)),
    ];
    one_of("file_system", it.mounted_at.clone(), fields)
}

fn firmware(it: &Firmware) -> Row {
    let component = wire::firmware_component(it.component);
    let object = match &it.device {
        Some(device) => format!("{component} {device}"),
        None => component.to_owned(),
    };
    let fields = vec![
        ("version", it.version.clone()),
        ("revision", it.revision.clone()),
        ("released_on", text(it.released_on)),
    ];
    one_of("firmware", object, fields)
}

fn group(it: &Group) -> Row {
    let mut members: Vec<String> = it.members.iter().map(wire::user_name).collect();
    members.sort();
    let members = (!members.is_empty()).then(|| members.join(", "));
    let fields =
        vec![("gives_administration", truth(Some(it.gives_administration))), ("members", members)];
    one_of("group", wire::user_name(&it.name), fields)
}

fn host_name(it: &HostName) -> Row {
    only("host_name", vec![("name", Some(it.name.clone())), ("domain", it.domain.clone())])
}

fn init_system(it: &InitSystem) -> Row {
    only("init_system", vec![("name", Some(it.name.clone())), ("version", it.version.clone())])
}

fn installation(it: &InstallationId) -> Row {
    one_of("installation_id", it.kind.clone(), vec![("", Some(it.hash.to_string()))])
}

fn kernel(it: &Kernel) -> Row {
    let fields = vec![
        ("name", Some(it.name.clone())),
        ("release", Some(it.release.clone())),
        ("architecture", Some(it.architecture.clone())),
    ];
    only("kernel", fields)
}

fn listener(it: &Listener) -> Row {
    let address = std::net::SocketAddr::new(it.address, it.port);
    let fields = vec![
        ("process", it.process.clone()),
        ("account", it.account.as_ref().map(wire::user_name)),
        ("unit", it.unit.clone()),
        ("package", it.package.as_ref().map(|it| it.name.clone())),
        ("container", it.container.as_ref().map(|it| format!("{}:{}", it.runtime, it.id))),
    ];
    one_of("listener", format!("{}/{address}", wire::transport(it.transport)), fields)
}

fn memory(it: &Memory) -> Row {
    only("memory", vec![("total_bytes", Some(it.total_bytes.to_string()))])
}

fn memory_module(it: &MemoryModule) -> Row {
    let slot = [it.slot.as_deref(), it.bank.as_deref()];
    let slot: Vec<&str> = slot.into_iter().flatten().collect();
    let fields = vec![
        ("size_bytes", text(it.size_bytes)),
        ("part_number", it.part_number.clone()),
        ("serial", it.serial.clone()),
    ];
    one_of("memory_module", slot.join(" "), fields)
}

fn interface(it: &NetworkInterface) -> Row {
    let mut addresses: Vec<String> =
        it.addresses.iter().map(|it| format!("{}/{}", it.address, it.prefix_length)).collect();
    addresses.sort();
    let fields = vec![
        ("kind", Some(wire::interface_kind(it.kind).to_owned())),
        ("mac", it.mac.clone()),
        ("vlan_id", text(it.vlan_id)),
        ("parent", it.parent.clone()),
        ("addresses", (!addresses.is_empty()).then(|| addresses.join(", "))),
    ];
    one_of("network_interface", it.name.clone(), fields)
}

fn operating_system(it: &OperatingSystem) -> Row {
    let fields = vec![
        ("name", it.name.clone()),
        ("version", it.version.clone()),
        ("version_detail", it.version_detail.clone()),
        ("edition", it.edition.clone()),
    ];
    only("operating_system", fields)
}

fn processor(it: &Processor) -> Row {
    let fields = vec![
        ("sockets", text(it.sockets)),
        ("cores", text(it.cores)),
        ("threads", text(it.threads)),
        ("microcode", it.microcode.clone()),
    ];
    one_of("processor", it.model.clone().unwrap_or_default(), fields)
}

fn resolver(it: &Resolver) -> Row {
    let fields = vec![("configured_in", Some(it.configured_in.clone()))];
    one_of("resolver", it.address.to_string(), fields)
}

fn route(it: &Route) -> Row {
    let fields = vec![("gateway", text(it.gateway)), ("interface", it.interface.clone())];
    one_of("route", format!("{}/{}", it.destination, it.prefix_length), fields)
}

fn service(it: &Service) -> Row {
    let fields = vec![
        ("start_mode", it.start_mode.map(|it| wire::start_mode(it).to_owned())),
        ("account", it.account.as_ref().map(wire::user_name)),
        ("executable", it.executable.clone()),
    ];
    one_of("service", it.name.clone(), fields)
}

fn system_product(it: &SystemProduct) -> Row {
    let fields = vec![
        ("manufacturer", it.manufacturer.clone()),
        ("product", it.product.clone()),
        ("serial", it.serial.clone()),
        ("uuid", text(it.uuid)),
    ];
    only("system_product", fields)
}

fn hint(it: &VirtualisationHint) -> Row {
    one_of("virtualisation_hint", it.origin.clone(), vec![("", Some(it.text.clone()))])
}

fn one_of(kind: &'static str, object: String, fields: Vec<(&'static str, Option<String>)>) -> Row {
    Row { kind, object: Some(object), fields }
}

fn only(kind: &'static str, fields: Vec<(&'static str, Option<String>)>) -> Row {
    Row { kind, object: None, fields }
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|it| it.to_string())
}

fn truth(value: Option<bool>) -> Option<String> {
    value.map(|it| if it { "yes" } else { "no" }.to_owned())
}
