//! Words of the wire as texts, one place for each closed list.

use observation::latest::{
    AccountKind, Binding, FirewallKind, FirmwareComponent, InterfaceKind, LinkProtocol,
    MachineList, OwnerPackage, PackageManager, PasswordState, SeenBy, ServiceProtocol,
    SettingOrigin, StartMode, StoragePoolKind, Transport, UserName,
};

pub(super) const fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    }
}

pub(super) const fn binding(binding: Binding) -> &'static str {
    match binding {
        Binding::Loopback => "loopback",
        Binding::Address => "address",
        Binding::All => "all",
    }
}

pub(super) const fn package_manager(manager: PackageManager) -> &'static str {
    match manager {
        PackageManager::Dpkg => "dpkg",
        PackageManager::Rpm => "rpm",
        PackageManager::Apk => "apk",
        PackageManager::Pacman => "pacman",
        PackageManager::Portage => "portage",
        PackageManager::Snap => "snap",
        PackageManager::Flatpak => "flatpak",
        PackageManager::AppImage => "app_image",
        PackageManager::Nix => "nix",
        PackageManager::Python => "python",
        PackageManager::Npm => "npm",
        PackageManager::RubyGem => "ruby_gem",
        PackageManager::Cargo => "cargo",
        PackageManager::Go => "go",
        PackageManager::Maven => "maven",
        PackageManager::Nuget => "nuget",
        PackageManager::Composer => "composer",
        PackageManager::BrowserExtension => "browser_extension",
        PackageManager::IdeExtension => "ide_extension",
    }
}

pub(super) const fn storage_pool_kind(kind: StoragePoolKind) -> &'static str {
    match kind {
        StoragePoolKind::Md => "md",
        StoragePoolKind::Lvm => "lvm",
        StoragePoolKind::Zfs => "zfs",
        StoragePoolKind::Btrfs => "btrfs",
        StoragePoolKind::Bcache => "bcache",
        StoragePoolKind::Multipath => "multipath",
    }
}

pub(super) const fn machine_list(list: MachineList) -> &'static str {
    match list {
        MachineList::DhcpLease => "dhcp_lease",
        MachineList::DhcpReservation => "dhcp_reservation",
        MachineList::DnsZone => "dns_zone",
        MachineList::Guest => "guest",
        MachineList::Directory => "directory",
        MachineList::Backup => "backup",
        MachineList::Monitoring => "monitoring",
    }
}

pub(super) const fn setting_origin(origin: SettingOrigin) -> &'static str {
    match origin {
        SettingOrigin::Configured => "configured",
        SettingOrigin::Running => "running",
        SettingOrigin::Default => "default",
    }
}

pub(super) const fn link_protocol(protocol: LinkProtocol) -> &'static str {
    match protocol {
        LinkProtocol::Lldp => "lldp",
        LinkProtocol::Cdp => "cdp",
    }
}

pub(super) const fn interface_kind(kind: InterfaceKind) -> &'static str {
    match kind {
        InterfaceKind::Loopback => "loopback",
        InterfaceKind::Ethernet => "ethernet",
        InterfaceKind::Wireless => "wireless",
        InterfaceKind::Bridge => "bridge",
        InterfaceKind::Bond => "bond",
        InterfaceKind::Vlan => "vlan",
        InterfaceKind::Tunnel => "tunnel",
        InterfaceKind::Virtual => "virtual",
        InterfaceKind::Other => "other",
    }
}

pub(super) const fn start_mode(mode: StartMode) -> &'static str {
    match mode {
        StartMode::Automatic => "automatic",
        StartMode::Manual => "manual",
        StartMode::Disabled => "disabled",
    }
}

pub(super) const fn account_kind(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Root => "root",
        AccountKind::System => "system",
        AccountKind::Person => "person",
    }
}

pub(super) const fn firewall(kind: FirewallKind) -> &'static str {
    match kind {
        FirewallKind::Firewalld => "firewalld",
        FirewallKind::IptablesLegacy => "iptables_legacy",
        FirewallKind::Nftables => "nftables",
        FirewallKind::Ufw => "ufw",
    }
}

pub(super) const fn password(state: PasswordState) -> &'static str {
    match state {
        PasswordState::Set => "set",
        PasswordState::Locked => "locked",
        PasswordState::Empty => "empty",
    }
}

pub(super) const fn firmware_component(component: FirmwareComponent) -> &'static str {
    match component {
        FirmwareComponent::Bios => "bios",
        FirmwareComponent::EmbeddedController => "embedded_controller",
        FirmwareComponent::Disk => "disk",
        FirmwareComponent::Dock => "dock",
        FirmwareComponent::Graphics => "graphics",
        FirmwareComponent::Microcode => "microcode",
        FirmwareComponent::NetworkAdapter => "network_adapter",
        FirmwareComponent::ManagementController => "management_controller",
        FirmwareComponent::ManagementEngine => "management_engine",
        FirmwareComponent::MemoryModule => "memory_module",
        FirmwareComponent::Modem => "modem",
        FirmwareComponent::StorageController => "storage_controller",
        FirmwareComponent::SystemFirmware => "system_firmware",
        FirmwareComponent::Thunderbolt => "thunderbolt",
        FirmwareComponent::Tpm => "tpm",
        FirmwareComponent::UefiDbx => "uefi_dbx",
        FirmwareComponent::Other => "other",
    }
}

pub(super) fn user_name(name: &UserName) -> String {
    match name {
        UserName::Clear(name) | UserName::Pseudonym(name) => name.clone(),
    }
}

pub(super) fn owner_package(package: &OwnerPackage) -> String {
    let OwnerPackage { manager: _, name, version } = package;
    format!("{name} {version}")
}

pub(super) const fn seen_by(means: SeenBy) -> &'static str {
    match means {
        SeenBy::Arp => "arp",
        SeenBy::Ndp => "ndp",
        SeenBy::IcmpEcho => "icmp_echo",
        SeenBy::MulticastEcho => "multicast_echo",
        SeenBy::Tcp => "tcp",
        SeenBy::Udp => "udp",
        SeenBy::NeighbourTable => "neighbour_table",
        SeenBy::Path => "path",
    }
}

pub(super) const fn service_protocol(protocol: ServiceProtocol) -> &'static str {
    match protocol {
        ServiceProtocol::Dns => "dns",
        ServiceProtocol::Ftp => "ftp",
        ServiceProtocol::Http => "http",
        ServiceProtocol::Imap => "imap",
        ServiceProtocol::Ipp => "ipp",
        ServiceProtocol::Mdns => "mdns",
        ServiceProtocol::Modbus => "modbus",
        ServiceProtocol::Mysql => "mysql",
        ServiceProtocol::Netbios => "netbios",
        ServiceProtocol::Pop3 => "pop3",
        ServiceProtocol::Postgresql => "postgresql",
        ServiceProtocol::Rdp => "rdp",
        ServiceProtocol::Redis => "redis",
        ServiceProtocol::Smb => "smb",
        ServiceProtocol::Smtp => "smtp",
        ServiceProtocol::Snmp => "snmp",
        ServiceProtocol::Ssdp => "ssdp",
        ServiceProtocol::Ssh => "ssh",
        ServiceProtocol::Telnet => "telnet",
        ServiceProtocol::Tls => "tls",
        ServiceProtocol::Unknown => "unknown",
    }
}
