//! The rules as tables. To allow something new, add a line here and say why in the commit.

/// Each crate may depend on these crates of the workspace and no others.
pub(crate) const CRATES: &[(&str, &[&str])] = &[
    ("shared/observation", &[]),
    ("shared/wording", &[]),
    ("shared/pki", &[]),
    ("shared/scan", &["observation"]),
    ("agent", &["observation", "pki", "scan", "wording"]),
    ("collector/inventory", &["observation", "wording"]),
    ("collector/store", &["inventory", "observation"]),
    // `kataster-agent` for collector/src/quick.rs alone: see WORD_HOMES.
    (
        "collector",
        &["inventory", "kataster-agent", "observation", "pki", "scan", "store", "wording"],
    ),
    (
        "tests",
        &[
            "inventory",
            "kataster",
            "kataster-agent",
            "observation",
            "pki",
            "scan",
            "store",
            "wording",
        ],
    ),
];

/// Libraries that must not be reachable from a crate, however deep.
pub(crate) const UNREACHABLE: &[(&str, &[&str], &str)] = &[
    ("collector/inventory", IO, "the core has no IO: time, ids and bytes are arguments"),
    ("shared/observation", IO, "the wire types have no IO"),
    ("shared/wording", IO, "the catalogue has no IO"),
    (
        "agent",
        &["axum", "calamine", "resvg", "rusqlite", "rust_xlsxwriter", "tokio-postgres"],
        "the agent stays small",
    ),
];

const IO: &[&str] =
    &["axum", "hyper", "mio", "reqwest", "rusqlite", "rustls", "tokio", "tokio-postgres"];

/// Libraries that only these crates may name.
pub(crate) const HOMES: &[(&str, &[&str], &str)] = &[
    ("pnet", &["shared/scan", "tests"], "packets are the scan engine's and the lab's wire"),
    ("pnet_packet", &["shared/scan"], "packets are the scan engine's"),
    ("rcgen", &["shared/pki", "shared/scan"], "only pki makes certificates (scan: for its tests)"),
    ("resvg", &["collector"], "pictures are drawn by the workbook"),
    ("rusqlite", &["collector/store", "tests"], "only the store knows SQL"),
    ("rust_xlsxwriter", &["collector"], "only the workbook knows XLSX"),
    ("sysinfo", &["agent"], "only the host door asks it"),
    ("trippy-core", &["shared/scan"], "paths are the scan engine's"),
];

/// Inside a crate a module may use only modules listed before it.
pub(crate) const LAYERS: &[(&str, &[&str])] = &[
    (
        "collector/inventory/src",
        &["register", "asset", "recognise", "reconcile", "assess", "export", "import"],
    ),
    (
        "agent/src",
        &[
            "config",
            "host",
            "clock",
            "disk",
            "names",
            "sources",
            "home",
            "data_dir",
            "report",
            "spool",
            "kept",
            "deliver",
            "enrol",
            "scan_job",
            "hearing",
            "schedule",
            "service",
            "update",
            "agent",
            "carry",
            "failure",
            "print",
            "status",
            "difference",
            "doctor",
            "command",
        ],
    ),
    (
        "shared/pki/src",
        &[
            "provider",
            "fingerprint",
            "address",
            "token",
            "peer",
            "agent_key",
            "server_identity",
            "authority",
            "identity",
            "signed_file",
            "server",
            "client",
            "failure",
            "handshakes",
        ],
    ),
    (
        "collector/src",
        &[
            "clock",
            "data_folder",
            "config",
            "active_runs",
            "credentials",
            "collector",
            "ingest",
            "api",
            "failure",
            "accounts",
            "backup",
            "workbook",
            "snapshot",
            "scans",
            "command",
            "control",
            "progress",
            "serve",
            "quick",
            "summary",
            "arguments",
            "application",
        ],
    ),
    ("shared/scan/src", &["packet", "probes", "plan", "engine", "privilege", "net"]),
];

/// A folder of plugins: one file each, registered in the folder's `mod.rs`.
pub(crate) struct Plugins {
    /// The folder.
    pub(crate) folder: &'static str,
    /// The constant that each file offers.
    pub(crate) item: &'static str,
    /// What stands before the file's name in the plugin's id, with a dot; none: no id is checked.
    pub(crate) prefix: Option<&'static str>,
}

const fn sources(folder: &'static str, domain: &'static str) -> Plugins {
    Plugins { folder, item: "SOURCE", prefix: Some(domain) }
}

/// All folders of plugins.
pub(crate) const PLUGINS: &[Plugins] = &[
    sources("agent/src/sources/accounts", "accounts"),
    sources("agent/src/sources/certificates", "certificates"),
    sources("agent/src/sources/configuration", "configuration"),
    sources("agent/src/sources/directory", "directory"),
    sources("agent/src/sources/firmware", "firmware"),
    sources("agent/src/sources/hardware", "hardware"),
    sources("agent/src/sources/licences", "licences"),
    sources("agent/src/sources/network", "network"),
    sources("agent/src/sources/protection", "protection"),
    sources("agent/src/sources/services", "services"),
    sources("agent/src/sources/software", "software"),
    sources("agent/src/sources/storage", "storage"),
    sources("agent/src/sources/system", "system"),
    sources("agent/src/sources/updates", "updates"),
    Plugins { folder: "collector/inventory/src/export/sheets", item: "SHEET", prefix: None },
    Plugins { folder: "shared/scan/src/probes", item: "PROBE", prefix: Some("scan") },
];

/// Folder, exempt folders or files below it, word, reason. Comments do not count.
pub(crate) const FORBIDDEN: &[(&str, &[&str], &str, &str)] = &[
    (
        "agent/src",
        &["agent/src/host", "agent/src/service"],
        "cfg(target_os",
        "platform code lives in agent/src/host",
    ),
    ("agent/src/sources", &[], "std::process", "sources reach the machine through Host"),
    ("agent/src/sources", &[], "std::fs", "sources reach the machine through Host"),
    ("agent/src/sources", &[], "std::net::Tcp", "sources reach the network through Host"),
    ("agent/src/sources", &[], "std::env", "no environment value is ever read by a source"),
    ("collector/inventory/src", &[], "Timestamp::now", "the core takes time as an argument"),
    ("collector/inventory/src", &[], "SystemTime", "the core takes time as an argument"),
    ("collector/inventory/src", &[], "Uuid::now_v7", "the core takes ids as arguments"),
    ("collector/inventory/src", &[], "std::fs", "the core has no IO"),
    ("collector/inventory/src", &[], "std::net::Tcp", "the core has no IO"),
    ("collector/inventory/src", &[], "async fn", "the core has no async"),
    ("shared/observation/src", &[], "std::fs", "the wire types have no IO"),
    ("shared/observation/src", &[], "Timestamp::now", "the wire types have no clock"),
];

/// Words that may appear only below these folders or in these files.
pub(crate) const WORD_HOMES: &[(&str, &[&str], &str)] = &[
    ("ClientConfig::builder", TLS, "only pki builds TLS configuration"),
    ("ServerConfig::builder", TLS, "only pki builds TLS configuration"),
    (
        "kataster_agent",
        &["agent/src", "agent/tests", "collector/src/quick.rs", "tests"],
        "the collector uses the agent in quick.rs alone",
    ),
    ("rusqlite::", &["collector/store", "tests"], "only the store knows SQL"),
    ("rust_xlsxwriter::", &["collector/src/workbook"], "only the workbook knows XLSX"),
    ("sysinfo::", &["agent/src/host"], "only the host door asks sysinfo"),
    (
        "unsafe ",
        &["agent/src/host", "agent/src/service", "shared/scan/src/net"],
        "unsafe only where the operating system begins",
    ),
];

/// `tls_hello.rs`: its test holds its own questions beside a real server.
const TLS: &[&str] =
    &["shared/pki", "shared/scan/src/net/tls.rs", "shared/scan/src/packet/tls_hello.rs"];

/// Longest file, its tests not counted.
pub(crate) const FILE_LINES_MAX: usize = 800;
