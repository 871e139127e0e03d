//! What a service is kept from (systemd.exec(5), systemd.resource-control(5)).

use serde::{Deserialize, Serialize};

/// The settings with which systemd confines a service, as its unit and the additions to it state them. A
/// field that is none is not stated, and the default of systemd holds. Where the setting is more than yes or
/// no it is text as it stands there; what stands in several lines is a list of those lines, because a later
/// line can take away from an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceHardening {
    /// The unit (`nginx.service`).
    pub service: String,
    /// `DynamicUser`: the account is made for the time that the service runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_dynamic_user: Option<bool>,
    /// `NoNewPrivileges`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_new_privileges: Option<bool>,
    /// `ProtectSystem`: yes or no, `full`, `strict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect_system: Option<String>,
    /// `ProtectHome`: yes or no, `read-only`, `tmpfs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect_home: Option<String>,
    /// `ProtectProc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect_proc: Option<String>,
    /// `ProtectClock`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect_clock: Option<bool>,
    /// `ProtectControlGroups`: yes or no, `private`, `strict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect_control_groups: Option<String>,
    /// `ProtectHostname`: yes or no, `private`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect_host_name: Option<String>,
    /// `ProtectKernelLogs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect_kernel_logs: Option<bool>,
    /// `ProtectKernelModules`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect_kernel_modules: Option<bool>,
    /// `ProtectKernelTunables`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect_kernel_tunables: Option<bool>,
    /// `PrivateTmp`: yes or no, `disconnected`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_tmp: Option<String>,
    /// `PrivateDevices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_devices: Option<bool>,
    /// `PrivateNetwork`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_network: Option<bool>,
    /// `PrivateUsers`: yes or no, `self`, `identity`, `full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_users: Option<String>,
    /// `CapabilityBoundingSet`, line by line; an empty list: no capability at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability_bounding_set: Option<Vec<String>>,
    /// `AmbientCapabilities`, line by line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ambient_capabilities: Option<Vec<String>>,
    /// `RestrictAddressFamilies`, line by line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restrict_address_families: Option<Vec<String>>,
    /// `RestrictNamespaces`, line by line: yes or no, or kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restrict_namespaces: Option<Vec<String>>,
    /// `RestrictRealtime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restrict_realtime: Option<bool>,
    /// `RestrictSUIDSGID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restrict_suid_sgid: Option<bool>,
    /// `LockPersonality`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_personality: Option<bool>,
    /// `MemoryDenyWriteExecute`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_deny_write_execute: Option<bool>,
    /// `SystemCallFilter`, line by line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_call_filter: Option<Vec<String>>,
    /// `SystemCallArchitectures`, line by line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_call_architectures: Option<Vec<String>>,
    /// `DevicePolicy`: `auto`, `closed`, `strict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_policy: Option<String>,
    /// `IPAddressDeny`, line by line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address_deny: Option<Vec<String>>,
    /// `UMask`, octal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_mode_mask: Option<String>,
}
