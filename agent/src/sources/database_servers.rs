//! Servers of databases on this machine and their databases, from configuration and data folders. No server
//! is asked.

use std::collections::BTreeSet;

use observation::latest::Database;

use crate::host::{Ask, Host};
use crate::sources::server_settings::{Settings, truth};
use crate::sources::{Found, named};

/// Most databases of one server.
const DATABASES_MAX: usize = 5_000;
const FIELD: &str = "database";
/// Databases that MySQL and MariaDB make for themselves, and what is none.
const OWN_OF_MYSQL: &[&str] = &["lost+found", "mysql", "performance_schema", "sys"];
/// Databases that SQL Server makes for itself.
const OWN_OF_MSSQL: &[&str] = &["master", "model", "model_msdbdata", "msdbdata", "tempdb"];

/// All servers that are set up here, and their databases where folders or files bear their names.
pub(crate) fn read(host: &dyn Host, found: &mut Found) -> Vec<Database> {
    let mut databases = postgresql(host, found);
    databases.extend(mysql(host, found));
    databases.extend(redis(host, found));
    databases.extend(mongodb(host, found));
    databases.extend(oracle(host, found));
    databases.extend(mssql(host, found));
    databases.extend(openldap(host, found));
    databases.extend(search_engines(host, found));
    databases
}

fn instance(product: &str, instance: &str, place: &str) -> Database {
    Database {
        product: product.to_owned(),
        instance: instance.to_owned(),
        database: None,
        place: place.to_owned(),
        version: None,
        data_folder: None,
        listen_addresses: Vec::new(),
        port: None,
        offers_tls: None,
        requires_authentication: None,
    }
}

fn of_instance(it: &Database, name: &str, place: &str) -> Database {
    let mut database = instance(&it.product, &it.instance, place);
    database.database = Some(name.to_owned());
    database
}

fn list(value: &str) -> Vec<String> {
    let words = value.split([',', ' ', '[', ']', '"']).filter(|it| !it.is_empty());
    words.map(|it| it.trim_start_matches('-').to_owned()).collect()
}

/// Clusters as Debian keeps them, `/etc/postgresql/15/main`, and as Red Hat does, `/var/lib/pgsql/data`. The
/// names of databases stand in the server's own tables alone.
fn postgresql(host: &dyn Host, found: &mut Found) -> Vec<Database> {
    let mut clusters: Vec<(String, String)> = Vec::new();
    for version in named::files(host, "/etc/postgresql/*") {
        for folder in named::files(host, &format!("{version}/*")) {
            let name = format!("{}/{}", named::base_name(&version), named::base_name(&folder));
            clusters.push((name, folder));
        }
    }
    let others = named::files(host, "/var/lib/pgsql/*").into_iter().map(|it| format!("{it}/data"));
    for folder in std::iter::once("/var/lib/pgsql/data".to_owned()).chain(others) {
        clusters.push((folder.trim_start_matches("/var/lib/pgsql/").to_owned(), folder));
    }
    let mut databases = Vec::new();
    for (name, folder) in clusters {
        let path = format!("{folder}/postgresql.conf");
        let Some(text) = named::read(host, &path, FIELD, found) else { continue };
        let mut settings = Settings::words(&text);
        // What ALTER SYSTEM set comes last (postgresql.auto.conf).
        let data = settings.get("data_directory").unwrap_or(&folder).to_owned();
        if let Ok(text) = host.text(&format!("{data}/postgresql.auto.conf")) {
            settings.extend(Settings::words(&text));
        }
        let mut it = instance("postgresql", &name, &path);
        it.version = host.line(&format!("{data}/PG_VERSION"));
        it.data_folder = Some(data);
        it.port = Some(settings.get("port").and_then(|it| it.parse().ok()).unwrap_or(5432));
        it.listen_addresses = list(settings.get("listen_addresses").unwrap_or("localhost"));
        it.offers_tls = Some(settings.get("ssl").and_then(truth).unwrap_or(false));
        databases.push(it);
    }
    databases
}

/// Each folder below the data folder is a database.
fn mysql(host: &dyn Host, found: &mut Found) -> Vec<Database> {
    const FILES: &[&str] = &[
        "/etc/my.cnf",
        "/etc/my.cnf.d/*.cnf",
        "/etc/mysql/my.cnf",
        "/etc/mysql/conf.d/*.cnf",
        "/etc/mysql/mysql.conf.d/*.cnf",
        "/etc/mysql/mariadb.conf.d/*.cnf",
    ];
    const SECTIONS: &[&str] = &["mysqld", "server", "mariadb", "mariadbd"];
    let mut settings = Settings::sections("");
    let mut place = None;
    for path in FILES.iter().flat_map(|it| named::files(host, it)) {
        let Some(text) = named::read(host, &path, FIELD, found) else { continue };
        let later = Settings::sections(&text);
        if place.is_none() || later.in_section(SECTIONS, "datadir").is_some() {
            place = Some(path);
        }
        settings.extend(later);
    }
    let get = |name: &str| settings.in_section(SECTIONS, name);
    let data = get("datadir").unwrap_or("/var/lib/mysql").trim_end_matches('/');
    // Clients alone have a configuration too.
    let (Some(place), Ok(_)) = (place, host.status(data)) else { return Vec::new() };
    let upgraded = ["mariadb_upgrade_info", "mysql_upgrade_info"];
    let version = upgraded.iter().find_map(|it| host.line(&format!("{data}/{it}")));
    let is_mariadb = version.as_deref().is_some_and(|it| it.contains("MariaDB"))
        || host.status("/etc/mysql/mariadb.cnf").is_ok()
        || host.status("/etc/my.cnf.d/mariadb-server.cnf").is_ok();
    let mut it = instance(if is_mariadb { "mariadb" } else { "mysql" }, "default", &place);
    it.version = version;
    it.data_folder = Some(data.to_owned());
    if get("skip_networking").is_none() {
        it.port = Some(get("port").and_then(|it| it.parse().ok()).unwrap_or(3306));
        it.listen_addresses = list(get("bind_address").unwrap_or("*"));
    }
    it.offers_tls = get("ssl_cert").map(|it| !it.is_empty());
    it.requires_authentication = Some(get("skip_grant_tables").is_none());
    let mut databases = Vec::new();
    match host.names(data) {
        Ok(names) => {
            for name in names.iter().filter(|it| !OWN_OF_MYSQL.contains(&it.as_str())) {
                let path = format!("{data}/{name}");
                let is_hidden = name.starts_with(['.', '#']);
                if !is_hidden && host.status(&path).is_ok_and(|it| it.is_folder) {
                    databases.push(of_instance(&it, name, &path));
                }
            }
        }
        Err(reason) => found.gaps.push(observation::latest::Gap {
            field: FIELD.to_owned(),
            of: Some(it.product.clone()),
            reason,
        }),
    }
    databases.truncate(DATABASES_MAX);
    databases.push(it);
    databases
}

fn redis(host: &dyn Host, found: &mut Found) -> Vec<Database> {
    const FILES: &[(&str, &str)] = &[
        ("redis", "/etc/redis/*.conf"),
        ("redis", "/etc/redis.conf"),
        ("valkey", "/etc/valkey/*.conf"),
    ];
    let mut databases = Vec::new();
    for (product, pattern) in FILES {
        for path in named::files(host, pattern).iter().filter(|it| !it.contains("sentinel")) {
            let Some(text) = named::read(host, path, FIELD, found) else { continue };
            let settings = Settings::words(&text);
            let name = named::base_name(path).trim_end_matches(".conf");
            let mut it = instance(product, name, path);
            let tls = settings.get("tls-port").and_then(|it| it.parse::<u16>().ok());
            let plain = settings.get("port").and_then(|it| it.parse().ok()).unwrap_or(6379);
            it.port = [Some(plain), tls].into_iter().flatten().find(|it| *it != 0);
            it.offers_tls = Some(tls.is_some_and(|it| it != 0));
            it.listen_addresses = list(settings.get("bind").unwrap_or("*"));
            it.data_folder =
                settings.get("dir").filter(|it| it.starts_with('/')).map(str::to_owned);
            let has_password = settings.get("requirepass").is_some_and(|it| !it.is_empty());
            let has_accounts = settings.get("aclfile").is_some() || settings.get("user").is_some();
            it.requires_authentication = Some(has_password || has_accounts);
            databases.push(it);
        }
    }
    databases
}

fn mongodb(host: &dyn Host, found: &mut Found) -> Vec<Database> {
    let mut databases = Vec::new();
    for path in ["/etc/mongod.conf", "/etc/mongodb.conf"] {
        let Some(text) = named::read(host, path, FIELD, found) else { continue };
        let settings = Settings::yaml(&text);
        let mut it = instance("mongodb", "default", path);
        it.port = settings.get("net.port").and_then(|it| it.parse().ok()).or(Some(27017));
        it.listen_addresses = list(settings.get("net.bindIp").unwrap_or("localhost"));
        it.data_folder = settings.get("storage.dbPath").map(str::to_owned);
        let mode = settings.get("net.tls.mode").or_else(|| settings.get("net.ssl.mode"));
        it.offers_tls = Some(mode.is_some_and(|it| it != "disabled"));
        it.requires_authentication =
            Some(settings.get("security.authorization").and_then(truth).unwrap_or(false));
        databases.push(it);
    }
    databases
}

/// `SID:home:Y`
fn oracle(host: &dyn Host, found: &mut Found) -> Vec<Database> {
    let mut databases = Vec::new();
    for path in ["/etc/oratab", "/var/opt/oracle/oratab"] {
        let text = named::read(host, path, FIELD, found).unwrap_or_default();
        let lines = text.lines().map(str::trim).filter(|it| !it.starts_with('#'));
        let names = lines.filter_map(|it| it.split_once(':')).map(|it| it.0);
        let names = names.filter(|it| !it.is_empty() && *it != "*").take(DATABASES_MAX);
        databases.extend(names.map(|it| instance("oracle", it, path)));
    }
    databases
}

/// Each primary data file bears the name of its database.
fn mssql(host: &dyn Host, found: &mut Found) -> Vec<Database> {
    let path = "/var/opt/mssql/mssql.conf";
    let is_here = host.status("/var/opt/mssql").is_ok();
    if !is_here {
        return Vec::new();
    }
    let text = named::read(host, path, FIELD, found).unwrap_or_default();
    let settings = Settings::sections(&text);
    let mut it = instance("mssql", "default", path);
    let port = settings.in_section(&["network"], "tcpport").and_then(|it| it.parse().ok());
    it.port = port.or(Some(1433));
    it.listen_addresses = list(settings.in_section(&["network"], "ipaddress").unwrap_or("*"));
    it.offers_tls = settings.in_section(&["network"], "tlscert").map(|_| true);
    let data = settings.in_section(&["filelocation"], "defaultdatadir");
    let data = data.unwrap_or("/var/opt/mssql/data").trim_end_matches('/').to_owned();
    let mut databases = Vec::new();
    for name in host.names(&data).unwrap_or_default().iter().take(DATABASES_MAX) {
        let base = name.strip_suffix(".mdf");
        if let Some(base) = base.filter(|it| !OWN_OF_MSSQL.contains(&&*it.to_ascii_lowercase())) {
            databases.push(of_instance(&it, base, &format!("{data}/{name}")));
        }
    }
    it.data_folder = Some(data);
    databases.push(it);
    databases
}

/// `olcSuffix: dc=example,dc=test` in the files of its configuration, `suffix "…"` in slapd.conf.
fn openldap(host: &dyn Host, found: &mut Found) -> Vec<Database> {
    const FOLDERS: &[&str] = &[
        "/etc/ldap/slapd.d/cn=config/*.ldif",
        "/etc/openldap/slapd.d/cn=config/*.ldif",
        "/etc/ldap/slapd.conf",
        "/etc/openldap/slapd.conf",
    ];
    let mut databases = Vec::new();
    let mut seen = BTreeSet::new();
    for path in FOLDERS.iter().flat_map(|it| named::files(host, it)) {
        let is_database = path.ends_with("slapd.conf") || path.contains("olcDatabase=");
        if !is_database {
            continue;
        }
        let Some(text) = named::read(host, &path, FIELD, found) else { continue };
        // A line that begins with a blank goes on with the one before.
        let text = text.replace("\n ", "");
        let value = |names: &[&str]| {
            let lines = text.lines().map(str::trim);
            let fitting = lines.filter_map(|line| {
                let (name, value) = line.split_once([' ', '\t'])?;
                names.contains(&name.trim_end_matches(':')).then(|| value.trim().trim_matches('"'))
            });
            fitting.map(str::to_owned).next()
        };
        let Some(suffix) = value(&["olcSuffix", "suffix"]).filter(|it| seen.insert(it.clone()))
        else {
            continue;
        };
        let mut it = instance("openldap", "slapd", &path);
        it.database = Some(suffix);
        it.data_folder = value(&["olcDbDirectory", "directory"]);
        databases.push(it);
    }
    databases
}

fn search_engines(host: &dyn Host, found: &mut Found) -> Vec<Database> {
    const FILES: &[(&str, &str)] = &[
        ("elasticsearch", "/etc/elasticsearch/elasticsearch.yml"),
        ("opensearch", "/etc/opensearch/opensearch.yml"),
    ];
    let mut databases = Vec::new();
    for (product, path) in FILES {
        let Some(text) = named::read(host, path, FIELD, found) else { continue };
        let settings = Settings::yaml(&text);
        let mut it = instance(product, settings.get("cluster.name").unwrap_or("default"), path);
        it.data_folder = settings.get("path.data").map(str::to_owned);
        it.listen_addresses = list(settings.get("network.host").unwrap_or("localhost"));
        it.port = settings.get("http.port").and_then(|it| it.parse().ok()).or(Some(9200));
        it.requires_authentication = settings.get("xpack.security.enabled").and_then(truth);
        it.offers_tls = settings.get("xpack.security.http.ssl.enabled").and_then(truth);
        databases.push(it);
    }
    databases
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    fn all(host: &MapHost) -> Vec<Database> {
        let mut found = Found::default();
        let databases = read(host, &mut found);
        assert!(!format!("{databases:?}{found:?}").contains("CANARY"));
        databases
    }

    /// Constructed after the file that Debian's postgresql-15 writes.
    #[test]
    fn clusters_of_postgresql() {
        let host = MapHost::new()
            .file("/etc/postgresql/15/main/postgresql.conf", "data_directory = '/var/lib/postgresql/15/main'\t\t# use data in another directory\n#listen_addresses = 'localhost'\t\t# what IP address(es)\nport = 5433\t\t\t\t# (change requires restart)\nssl = on\n")
            .file("/var/lib/postgresql/15/main/PG_VERSION", "15\n")
            .file("/var/lib/postgresql/15/main/postgresql.auto.conf", "listen_addresses = '*'\n");
        let [it] = &*all(&host) else { panic!() };
        assert_eq!(
            (&*it.instance, it.version.as_deref(), it.port),
            ("15/main", Some("15"), Some(5433))
        );
        assert_eq!(
            (it.offers_tls, it.listen_addresses.as_slice()),
            (Some(true), ["*".to_owned()].as_slice())
        );
    }

    #[test]
    fn databases_of_mysql_are_folders() {
        let host = MapHost::new()
            .file(
                "/etc/mysql/my.cnf",
                "[client-server]\nsocket=/run/x\n!includedir /etc/mysql/conf.d/\n",
            )
            .file(
                "/etc/mysql/mariadb.conf.d/50-server.cnf",
                "[mysqld]\nbind-address = 127.0.0.1\n[client]\npassword=CANARY\n",
            )
            .file("/var/lib/mysql/mysql_upgrade_info", "10.11.6-MariaDB\n")
            .folder("/var/lib/mysql/shop")
            .folder("/var/lib/mysql/mysql")
            .folder("/var/lib/mysql/#rocksdb");
        let databases = all(&host);
        assert_eq!(databases.len(), 2, "{databases:?}");
        assert_eq!(databases[0].database.as_deref(), Some("shop"));
        assert_eq!(
            (&*databases[1].product, databases[1].version.as_deref()),
            ("mariadb", Some("10.11.6-MariaDB"))
        );
        assert!(all(&MapHost::new().file("/etc/mysql/my.cnf", "[client]\n")).is_empty());
    }

    #[test]
    fn others_state_ports_and_whether_they_ask_for_a_password() {
        let host = MapHost::new()
            .file("/etc/redis/redis.conf", "bind 127.0.0.1 -::1\nport 0\ntls-port 6380\nrequirepass CANARY\ndir /var/lib/redis\n")
            .file("/etc/mongod.conf", "net:\n  port: 27018\n  bindIp: 127.0.0.1,192.0.2.1\nstorage:\n  dbPath: /var/lib/mongodb\n")
            .file("/etc/oratab", "# c\nORCL:/u01/app/oracle/product/19.0.0/dbhome_1:Y\n*:/x:N\n")
            .file("/var/opt/mssql/mssql.conf", "[network]\ntcpport = 1434\n[sqlagent]\nenabled = true\n")
            .file("/var/opt/mssql/data/Shop.mdf", "")
            .file("/var/opt/mssql/data/master.mdf", "")
            .file("/etc/ldap/slapd.d/cn=config/olcDatabase={1}mdb.ldif", "dn: olcDatabase={1}mdb\nolcDbDirectory: /var/lib/ldap\nolcSuffix: dc=example,\n dc=test\nolcRootPW:: CANARY\n")
            .file("/etc/elasticsearch/elasticsearch.yml", "cluster.name: logs\nnetwork.host: [\"192.0.2.4\"]\nxpack.security.enabled: false\n");
        let databases = all(&host);
        let of =
            |product: &str| databases.iter().filter(|it| it.product == product).collect::<Vec<_>>();
        let redis = of("redis")[0];
        assert_eq!(
            (redis.port, redis.offers_tls, redis.requires_authentication),
            (Some(6380), Some(true), Some(true))
        );
        assert_eq!(of("mongodb")[0].requires_authentication, Some(false));
        assert_eq!(of("mongodb")[0].listen_addresses.len(), 2);
        assert_eq!(of("oracle")[0].instance, "ORCL");
        assert_eq!(of("mssql").len(), 2);
        assert_eq!(of("mssql")[0].database.as_deref(), Some("Shop"));
        assert_eq!(of("openldap")[0].database.as_deref(), Some("dc=example,dc=test"));
        let search = of("elasticsearch")[0];
        assert_eq!(
            (&*search.instance, search.port, search.requires_authentication),
            ("logs", Some(9200), Some(false))
        );
        assert_eq!(search.listen_addresses, ["192.0.2.4"]);
    }

    proptest! {
        #[test]
        fn hostile_files_never_panic(text in "(port|datadir|bind|\\[mysqld\\]|olcSuffix:|[=:#'\" \n/9é-]){0,40}") {
            let host = MapHost::new()
                .file("/etc/postgresql/1/m/postgresql.conf", &text)
                .file("/etc/my.cnf", &text)
                .file("/etc/redis.conf", &text)
                .file("/etc/mongod.conf", &text)
                .file("/etc/oratab", &text)
                .file("/var/opt/mssql/mssql.conf", &text)
                .file("/etc/ldap/slapd.conf", &text);
            let _ = read(&host, &mut Found::default());
        }
    }
}
