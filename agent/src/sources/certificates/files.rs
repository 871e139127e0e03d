//! Certificates in files: those that configurations of servers name, whether or not a listener shows them,
//! those that Let's Encrypt's client keeps, those that have a key beside them, and the anchors of trust that
//! an administrator added.

use std::collections::BTreeSet;

use observation::latest::{
    Absent, Cadence, CertificatePlace, Complaint, Fact, Gap, Platform, SourceId,
};
use scan::packet::certificate;

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::pem::first_of_pem;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source, named, tls_files};

/// Largest certificate file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Most certificate files.
const FILES_MAX: usize = 2_000;
/// Files with certificates alone: anchors of trust of Debian and Red Hat, and Cockpit's.
const CERTIFICATES: &[&str] = &[
    "/etc/cockpit/ws-certs.d/*.cert",
    "/etc/cockpit/ws-certs.d/*.crt",
    "/etc/pki/ca-trust/source/anchors/*",
    "/usr/local/share/ca-certificates/*.crt",
];
/// Let's Encrypt's client has one folder for each name.
const LETS_ENCRYPT: &str = "/etc/letsencrypt/live/*";
/// Keys, whose certificates stand in another folder under the same name.
const KEYS: &[(&str, &str)] =
    &[("/etc/ssl/private", "/etc/ssl/certs"), ("/etc/pki/tls/private", "/etc/pki/tls/certs")];
/// Configurations, with the words before the path of a certificate.
const NAMING: &[(&str, &[&str])] = &[
    ("/etc/haproxy/haproxy.cfg", &["crt"]),
    ("/etc/ldap/slapd.conf", &["TLSCertificateFile"]),
    ("/etc/ldap/slapd.d/cn=config.ldif", &["olcTLSCertificateFile:"]),
    ("/etc/openldap/slapd.conf", &["TLSCertificateFile"]),
    ("/etc/openldap/slapd.d/cn=config.ldif", &["olcTLSCertificateFile:"]),
    ("/etc/redis/redis.conf", &["tls-cert-file"]),
    ("/etc/vsftpd.conf", &["rsa_cert_file"]),
];
/// PostgreSQL has one folder for each version and cluster.
const CLUSTERS: &str = "/etc/postgresql/*";

/// Certificates in files.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("certificates.files"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let persons = Persons::read_or_none(context.host, context.names);
    let mut found = Found::default();
    let mut paths = BTreeSet::new();
    paths.extend(tls_files::read(context.host).into_iter().map(|it| it.path));
    named_by_others(context.host, &mut paths);
    paths.extend(CERTIFICATES.iter().flat_map(|it| named::files(context.host, it)));
    for folder in named::files(context.host, LETS_ENCRYPT) {
        paths.insert(format!("{folder}/cert.pem"));
    }
    if let Err(reason @ Absent::NotAllowed { .. }) = context.host.names("/etc/letsencrypt/live") {
        let (field, of) = ("certificate".to_owned(), Some("/etc/letsencrypt/live".to_owned()));
        found.gaps.push(Gap { field, of, reason });
    }
    beside_keys(context.host, &mut paths, &mut found);
    paths.retain(|it| it.starts_with('/'));
    if paths.len() > FILES_MAX {
        let problem = format!("{} files are left out: too many", paths.len() - FILES_MAX);
        found.complaints.push(Complaint { place: "certificates".to_owned(), problem });
    }
    for path in paths.into_iter().take(FILES_MAX) {
        add(context.host, &path, &persons, &mut found);
    }
    Ok(found)
}

fn named_by_others(host: &dyn Host, paths: &mut BTreeSet<String>) {
    for (path, words) in NAMING {
        let text = host.text(path).unwrap_or_default();
        for named in values(&text, words) {
            // HAProxy may name a folder of certificates.
            match host.status(&named) {
                Ok(status) if status.is_folder => {
                    paths.extend(named::files(host, &format!("{}/*", named.trim_end_matches('/'))));
                }
                _ => drop(paths.insert(named)),
            }
        }
    }
    for folder in named::files(host, CLUSTERS) {
        for cluster in named::files(host, &format!("{folder}/*")) {
            let text = host.text(&format!("{cluster}/postgresql.conf")).unwrap_or_default();
            paths.extend(values(&text, &["ssl_cert_file"]));
        }
    }
}

/// The absolute paths that stand behind words, on lines that are no comments.
fn values(text: &str, words: &[&str]) -> Vec<String> {
    let mut values = Vec::new();
    for line in text.lines().map(str::trim).filter(|it| !it.starts_with('#')) {
        let mut parts = line.split([' ', '\t', '=']).filter(|it| !it.is_empty());
        while let Some(part) = parts.next() {
            if words.contains(&part) {
                let value = parts.next().unwrap_or_default().trim_matches(['\'', '"']);
                values.extend(value.starts_with('/').then(|| value.to_owned()));
            }
        }
    }
    values
}

fn beside_keys(host: &dyn Host, paths: &mut BTreeSet<String>, found: &mut Found) {
    for (keys, certificates) in KEYS {
        match host.names(keys) {
            Ok(names) => {
                for name in names.iter().filter_map(|it| it.strip_suffix(".key")) {
                    let beside = ["pem", "crt"].map(|it| format!("{certificates}/{name}.{it}"));
                    paths.extend(beside.into_iter().filter(|it| host.status(it).is_ok()));
                }
            }
            Err(reason @ Absent::NotAllowed { .. }) => {
                let (field, of) = ("certificate".to_owned(), Some((*keys).to_owned()));
                found.gaps.push(Gap { field, of, reason });
            }
            Err(_) => {}
        }
    }
}

fn add(host: &dyn Host, path: &str, persons: &Persons<'_>, found: &mut Found) {
    let shown = persons.path(path);
    let bytes = match host.bytes(path, FILE_BYTES_MAX) {
        Ok(bytes) => bytes,
        // That a configuration names a file that is gone is worth knowing.
        Err(Absent::NotHere { .. }) => {
            let problem = "the certificate file is not there".to_owned();
            found.complaints.push(Complaint { place: shown, problem });
            return;
        }
        Err(Absent::NotAllowed { needs, .. }) => {
            let reason = Absent::NotAllowed { what: shown.clone(), needs };
            found.gaps.push(Gap { field: "certificate".to_owned(), of: Some(shown), reason });
            return;
        }
        Err(_) => {
            let problem = "the certificate file cannot be read".to_owned();
            found.complaints.push(Complaint { place: shown, problem });
            return;
        }
    };
    // DER begins with a sequence.
    let (first, count) = match bytes.first() {
        Some(0x30) => (Some(bytes), 1),
        _ => first_of_pem(&String::from_utf8_lossy(&bytes)),
    };
    let place = CertificatePlace::File { path: shown.clone(), listener: None };
    let length = u32::try_from(count).unwrap_or(u32::MAX);
    match certificate::read(&first.unwrap_or_default(), place, length) {
        Ok(certificate) => found.facts.push(Fact::Certificate(certificate)),
        Err(error) => found
            .complaints
            .push(Complaint { place: shown, problem: format!("certificate: {error}") }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed for these tests with openssl: CN=example.org, EC P-256, self-signed.
    const PEM: &str = include_str!("served.pem");

    fn paths(host: &MapHost) -> (Vec<String>, Found) {
        let found = with_context(host, observe).unwrap();
        let paths = found.facts.iter().map(|it| {
            let Fact::Certificate(certificate) = it else { panic!("{it:?}") };
            let CertificatePlace::File { path, listener: None } = &certificate.place else {
                panic!("{it:?}");
            };
            path.clone()
        });
        (paths.collect(), found.clone())
    }

    #[test]
    fn files_that_nobody_serves_are_found() {
        let host = MapHost::new()
            .file(
                "/etc/nginx/nginx.conf",
                "http { server { listen 443 ssl; ssl_certificate /srv/a.pem; } }",
            )
            .file("/srv/a.pem", PEM)
            .file(
                "/etc/haproxy/haproxy.cfg",
                "frontend a\n bind :443 ssl crt /etc/haproxy/certs/\n",
            )
            .file("/etc/haproxy/certs/b.pem", format!("-----BEGIN PRIVATE KEY-----\nCANARY\n{PEM}"))
            .file("/etc/letsencrypt/live/example.org/cert.pem", PEM)
            .file("/etc/ssl/private/c.key", "CANARY")
            .file("/etc/ssl/certs/c.pem", PEM)
            .file(
                "/etc/postgresql/15/main/postgresql.conf",
                "ssl_cert_file = '/srv/gone.pem'\n#ssl_cert_file = '/no'\n",
            )
            .file("/usr/local/share/ca-certificates/own.crt", PEM);
        let (paths, found) = paths(&host);
        let expected = [
            "/etc/haproxy/certs/b.pem",
            "/etc/letsencrypt/live/example.org/cert.pem",
            "/etc/ssl/certs/c.pem",
            "/srv/a.pem",
            "/usr/local/share/ca-certificates/own.crt",
        ];
        assert_eq!(paths, expected);
        assert_eq!(found.complaints.len(), 1, "{found:?}");
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn a_certificate_in_bytes_is_read_too() {
        let der = first_of_pem(PEM).0.unwrap();
        let host = MapHost::new().file("/etc/pki/ca-trust/source/anchors/a.der", der);
        assert_eq!(paths(&host).0.len(), 1);
        let host = MapHost::new().file("/etc/pki/ca-trust/source/anchors/a", "junk");
        assert_eq!(paths(&host).1.complaints.len(), 1);
    }

    #[test]
    fn closed_folders_are_gaps_and_persons_are_not_named() {
        let host = MapHost::unprivileged()
            .forbid("/etc/ssl/private")
            .forbid("/etc/letsencrypt/live")
            .file("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n")
            .file("/etc/vsftpd.conf", "rsa_cert_file=/home/alice/a.pem\n");
        let (_, found) = paths(&host);
        assert_eq!(found.gaps.len(), 2, "{found:?}");
        assert!(!format!("{found:?}").contains("alice"));
    }

    proptest! {
        #[test]
        fn hostile_texts_never_panic(text in "(crt|/a|[= \t\n'\"#é]){0,30}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = values(&text, &["crt"]);
            let _ = with_context(&MapHost::new().file("/usr/local/share/ca-certificates/a.crt", bytes), observe);
        }
    }
}
