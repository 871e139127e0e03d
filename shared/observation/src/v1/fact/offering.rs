//! What a server offers: shares, databases, web sites; and the shares of others that it uses.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::account::UserName;

/// A folder that this host offers on the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// `nfs`, `smb`.
    pub protocol: String,
    /// The name under which it is offered; for NFS its path.
    pub name: String,
    /// The folder on this host; none for a printer or where variables stand for it.
    pub path: Option<String>,
    /// The file that defines it.
    pub configured_in: String,
    /// Whether it may be used without a password.
    pub allows_guests: Option<bool>,
    /// Whether it may only be read.
    pub is_read_only: Option<bool>,
    /// Hosts that may use it (addresses, networks, names, `*`), each with its options in parentheses.
    pub clients: Vec<String>,
    /// Accounts that may use it; empty where none are named.
    pub users: Vec<UserName>,
    /// Groups that may use it; empty where none are named.
    pub groups: Vec<UserName>,
}

/// A share of another machine that this host mounts or would mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteMount {
    /// Where on this host.
    pub mounted_at: String,
    /// Kind of file system (`nfs4`, `cifs`).
    pub kind: String,
    /// The other machine: name or address; none where the kind states none.
    pub server: Option<String>,
    /// The share, path or volume there.
    pub share: String,
    /// Where it was read: `/proc/self/mountinfo`, `/etc/fstab`, a map of the automounter.
    pub configured_in: String,
    /// Whether it was mounted when looked at.
    pub is_mounted: Option<bool>,
    /// Options that matter (`vers=…`, `sec=…`, `ro`, `soft`, `seal`, `sign` …), sorted; never credentials.
    pub options: Vec<String>,
}

/// A server of databases on this host, or one database of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// The product: `postgresql`, `mysql`, `mariadb`, `mongodb`, `redis`, `oracle`, `mssql`, `openldap`,
    /// `elasticsearch`, `opensearch`.
    pub product: String,
    /// The instance: name of a cluster, SID, configuration.
    pub instance: String,
    /// The database in it; none where the fact speaks of the instance.
    pub database: Option<String>,
    /// The file or folder that it was read from.
    pub place: String,
    /// Version of the data or the program as a file states it.
    pub version: Option<String>,
    /// The folder that holds the data.
    pub data_folder: Option<String>,
    /// Addresses and names that it listens on, as configured.
    pub listen_addresses: Vec<String>,
    /// Port, as configured.
    pub port: Option<u16>,
    /// Whether it offers TLS, as configured.
    pub offers_tls: Option<bool>,
    /// Whether it asks for a password or certificate, as configured.
    pub requires_authentication: Option<bool>,
}

/// How much room a database takes. Moves by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseSize {
    /// The product, as in [`Database`].
    pub product: String,
    /// The instance, as in [`Database`].
    pub instance: String,
    /// The database, as in [`Database`].
    pub database: Option<String>,
    /// Sum of the files that stand directly in the folder of the database.
    pub size_bytes: u64,
}

/// A web site or a way through a proxy, as a web server's configuration defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSite {
    /// `nginx`, `apache`, `caddy`, `haproxy`.
    pub server: String,
    /// The file that defines it.
    pub configured_in: String,
    /// Names that it answers to.
    pub names: Vec<String>,
    /// Where it listens, as configured.
    pub listens: Vec<WebListen>,
    /// Whether it offers TLS.
    pub offers_tls: Option<bool>,
    /// The certificate files.
    pub certificates: Vec<String>,
    /// The folder that it serves.
    pub root: Option<String>,
    /// Where it passes requests on to, without credentials and without what follows a `?`.
    pub targets: Vec<String>,
}

/// Where a web site listens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WebListen {
    /// The address; none for every address.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
}
