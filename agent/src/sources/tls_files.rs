//! Which certificate files the configurations of common servers name, and for which listeners.
//!
//! Only the files in [`CONFIGURATIONS`] are read; what they include from elsewhere is not followed.

use std::net::{IpAddr, SocketAddr};

use crate::host::{Ask, Host};

/// Largest configuration file.
const CONFIGURATION_BYTES_MAX: u64 = 1024 * 1024;
/// Most files of one folder.
const FILES_MAX: usize = 200;

/// A certificate file with a listener that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// The certificate file.
    pub(crate) path: String,
    /// The address; none for every address.
    pub(crate) address: Option<IpAddr>,
    /// The port.
    pub(crate) port: u16,
}

impl Named {
    /// Whether it is for the listener of this address.
    pub(crate) fn is_for(&self, listener: SocketAddr) -> bool {
        self.port == listener.port() && self.address.is_none_or(|it| it == listener.ip())
    }
}

/// A place of configuration, `*` for the files of its folder, with what understands it.
type Configuration = (&'static str, fn(&str) -> Vec<Named>);

const CONFIGURATIONS: &[Configuration] = &[
    ("/etc/apache2/sites-enabled/*", apache),
    ("/etc/dovecot/conf.d/10-ssl.conf", dovecot),
    ("/etc/dovecot/dovecot.conf", dovecot),
    ("/etc/httpd/conf.d/*", apache),
    ("/etc/nginx/conf.d/*", nginx),
    ("/etc/nginx/nginx.conf", nginx),
    ("/etc/nginx/sites-enabled/*", nginx),
    ("/etc/postfix/main.cf", postfix),
];

/// Everything that the configurations name.
pub(crate) fn read(host: &dyn Host) -> Vec<Named> {
    let mut named = Vec::new();
    for (place, understand) in CONFIGURATIONS {
        for path in files(host, place) {
            let bytes = host.bytes(&path, CONFIGURATION_BYTES_MAX).unwrap_or_default();
            named.extend(understand(&String::from_utf8_lossy(&bytes)));
        }
    }
    named
}

fn files(host: &dyn Host, place: &str) -> Vec<String> {
    let Some(folder) = place.strip_suffix("/*") else { return vec![place.to_owned()] };
    let names = host.names(folder).unwrap_or_default();
    names.into_iter().take(FILES_MAX).map(|it| format!("{folder}/{it}")).collect()
}

/// `server { listen 192.0.2.7:443 ssl; ssl_certificate /path; }`
fn nginx(text: &str) -> Vec<Named> {
    let text: Vec<&str> =
        text.lines().map(|line| line.split('#').next().unwrap_or_default()).collect();
    let text = text.join("\n");
    let mut named = Vec::new();
    // From `server` to the end of its block; a block within it is no other server.
    for (start, _) in text.match_indices("server") {
        let Some(rest) = text.get(start + "server".len()..) else { continue };
        let Some(block) = rest.trim_start().strip_prefix('{') else { continue };
        let mut depth = 1_usize;
        let end = block.find(|it| {
            match it {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        });
        let block = block.get(..end.unwrap_or(block.len())).unwrap_or_default();
        named.extend(nginx_server(block));
    }
    named
}

fn nginx_server(block: &str) -> Vec<Named> {
    let statements = block.split([';', '{', '}']).map(|it| it.split_whitespace());
    let mut listens = Vec::new();
    let mut certificates = Vec::new();
    for mut words in statements {
        match (words.next(), words.next()) {
            (Some("listen"), Some(place)) if words.any(|it| it == "ssl" || it == "quic") => {
                listens.extend(listener(place));
            }
            (Some("ssl_certificate"), Some(path)) => certificates.push(path.trim_matches('"')),
            _ => {}
        }
    }
    let paths = certificates.iter().filter(|it| is_plain(it));
    paths
        .flat_map(|path| {
            listens.iter().map(|(address, port)| Named {
                path: (*path).to_owned(),
                address: *address,
                port: *port,
            })
        })
        .collect()
}

/// `<VirtualHost 192.0.2.7:443>` … `SSLCertificateFile /path` … `</VirtualHost>`
fn apache(text: &str) -> Vec<Named> {
    let mut named = Vec::new();
    let mut listens: Vec<(Option<IpAddr>, u16)> = Vec::new();
    for line in text.lines().map(str::trim) {
        let lower = line.to_ascii_lowercase();
        if let Some(places) = lower.strip_prefix("<virtualhost") {
            let places = places.trim_end_matches('>').split_whitespace();
            listens = places.filter_map(|it| listener(&it.replace("_default_", "*"))).collect();
        } else if lower.starts_with("</virtualhost") {
            listens.clear();
        } else if lower.starts_with("sslcertificatefile") {
            let path = line.split_whitespace().nth(1).unwrap_or_default().trim_matches('"');
            let found = listens.iter().filter(|_| is_plain(path));
            named.extend(found.map(|(address, port)| Named {
                path: path.to_owned(),
                address: *address,
                port: *port,
            }));
        }
    }
    named
}

/// `smtpd_tls_cert_file = /path`
fn postfix(text: &str) -> Vec<Named> {
    for_ports(text, "smtpd_tls_cert_file", &[25, 465, 587])
}

/// `ssl_cert = </path`, since version 2.4 `ssl_server_cert_file = /path`
fn dovecot(text: &str) -> Vec<Named> {
    let ports = &[110, 143, 993, 995];
    let mut named = for_ports(text, "ssl_cert", ports);
    named.extend(for_ports(text, "ssl_server_cert_file", ports));
    named
}

fn for_ports(text: &str, field: &str, ports: &[u16]) -> Vec<Named> {
    let values = text.lines().filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == field).then(|| value.trim().trim_start_matches('<').trim())
    });
    // The last one applies.
    let path = values.rev().find(|it| is_plain(it));
    let named =
        |path: &str, port: &u16| Named { path: path.to_owned(), address: None, port: *port };
    path.map(|path| ports.iter().map(|port| named(path, port)).collect()).unwrap_or_default()
}

/// An absolute path without variables.
fn is_plain(path: &str) -> bool {
    path.starts_with('/') && !path.contains('$')
}

/// `443`, `*:443`, `192.0.2.7:443`, `[2001:db8::1]:443`
fn listener(text: &str) -> Option<(Option<IpAddr>, u16)> {
    if let Ok(port) = text.parse() {
        return Some((None, port));
    }
    let (address, port) = text.rsplit_once(':')?;
    let port = port.parse().ok()?;
    if address == "*" {
        return Some((None, port));
    }
    let address: IpAddr = address.trim_matches(['[', ']']).parse().ok()?;
    Some((Some(address).filter(|it| !it.is_unspecified()), port))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    fn named(path: &str, address: Option<&str>, port: u16) -> Named {
        Named { path: path.to_owned(), address: address.map(|it| it.parse().unwrap()), port }
    }

    #[test]
    fn nginx_names_a_file_per_server() {
        let text = "http {\n  upstream u { server 192.0.2.1:80; }\n\
            server { listen 80; location / { proxy_pass http://u; } }\n\
            server {\n listen 192.0.2.7:443 ssl http2;\n listen [2001:db8::7]:443 ssl;\n\
              location /x { deny all; }\n # ssl_certificate /not/this;\n\
              ssl_certificate /etc/ssl/a.pem;\n ssl_certificate_key /etc/ssl/a.key; }\n\
            server { listen *:8443 ssl; ssl_certificate \"/etc/ssl/b.pem\"; }\n\
            server { listen 9443 ssl; ssl_certificate $name.pem; }\n}\n";
        let expected = [
            named("/etc/ssl/a.pem", Some("192.0.2.7"), 443),
            named("/etc/ssl/a.pem", Some("2001:db8::7"), 443),
            named("/etc/ssl/b.pem", None, 8443),
        ];
        assert_eq!(nginx(text), expected);
    }

    #[test]
    fn apache_names_a_file_per_virtual_host() {
        let text = "SSLCertificateFile /outside.pem\n<VirtualHost 192.0.2.7:443 _default_:8443>\n\
            SSLCertificateFile /etc/ssl/a.pem\nSSLCertificateKeyFile /etc/ssl/a.key\n</VirtualHost>\n";
        let expected =
            [named("/etc/ssl/a.pem", Some("192.0.2.7"), 443), named("/etc/ssl/a.pem", None, 8443)];
        assert_eq!(apache(text), expected);
    }

    #[test]
    fn mail_servers_name_one_file_for_their_ports() {
        let text = "smtpd_tls_cert_file=/a.pem\nsmtpd_tls_cert_file = /b.pem\n";
        assert_eq!(postfix(text)[0], named("/b.pem", None, 25));
        assert_eq!(dovecot("ssl_cert = </etc/d.pem\n")[2], named("/etc/d.pem", None, 993));
        assert_eq!(dovecot("ssl_server_cert_file = /e.pem\n")[0].path, "/e.pem");
    }

    #[test]
    fn a_file_is_for_its_listener_alone() {
        let file = named("/a.pem", Some("192.0.2.7"), 443);
        assert!(file.is_for("192.0.2.7:443".parse().unwrap()));
        assert!(!file.is_for("192.0.2.8:443".parse().unwrap()));
        assert!(!file.is_for("192.0.2.7:444".parse().unwrap()));
        assert!(named("/a.pem", None, 443).is_for("192.0.2.8:443".parse().unwrap()));
    }

    #[test]
    fn files_of_a_folder_are_read() {
        let host = MapHost::new().file(
            "/etc/nginx/sites-enabled/a",
            "server { listen 443 ssl; ssl_certificate /a.pem; }",
        );
        assert_eq!(read(&host), [named("/a.pem", None, 443)]);
    }

    proptest! {
        #[test]
        fn hostile_configurations_never_panic(
            text in "((server|listen|ssl|ssl_certificate|<VirtualHost|SSLCertificateFile|[{};:<>*=]|\\PC{0,3})[ \n]?){0,20}"
        ) {
            for (_, understand) in CONFIGURATIONS {
                let _ = understand(&text);
            }
        }
    }
}
