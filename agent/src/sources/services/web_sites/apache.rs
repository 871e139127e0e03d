//! `<VirtualHost …>` of Apache (httpd.apache.org, "Core Features").

use observation::latest::WebSite;

use super::{FIELD, PARTS_MAX, SITES_MAX, listen, site, target};
use crate::host::Host;
use crate::sources::{Found, named};

/// Where Debian and Red Hat keep sites.
const FILES: &[&str] = &[
    "/etc/apache2/apache2.conf",
    "/etc/apache2/conf-enabled/*.conf",
    "/etc/apache2/sites-enabled/*",
    "/etc/httpd/conf/httpd.conf",
    "/etc/httpd/conf.d/*.conf",
    "/etc/httpd/vhosts.d/*.conf",
];

pub(super) fn read(host: &dyn Host, found: &mut Found) -> Vec<WebSite> {
    let mut sites = Vec::new();
    for path in FILES.iter().flat_map(|it| named::files(host, it)) {
        if let Some(text) = named::read(host, &path, FIELD, found) {
            sites.extend(virtual_hosts(&text, &path));
        }
        sites.truncate(SITES_MAX);
    }
    sites
}

fn virtual_hosts(text: &str, place: &str) -> Vec<WebSite> {
    let text = text.replace("\\\n", " ");
    let mut sites = Vec::new();
    let mut open: Option<WebSite> = None;
    for line in text.lines().map(str::trim).filter(|it| !it.starts_with('#')) {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default().to_ascii_lowercase();
        let words: Vec<&str> = words.map(|it| it.trim_matches(['"', '\''])).collect();
        let first = words.first().copied().unwrap_or_default();
        match (&*name, &mut open) {
            ("<virtualhost", _) => {
                let mut it = site("apache", place);
                let places = words.iter().map(|it| it.trim_end_matches('>'));
                it.listens =
                    places.filter(|it| !it.is_empty()).filter_map(|it| listen(it, 80)).collect();
                it.offers_tls = Some(false);
                open = Some(it);
            }
            ("</virtualhost>", it) => sites.extend(it.take()),
            ("servername", Some(it)) => it.names.insert(0, server_name(first).to_owned()),
            ("serveralias", Some(it)) => {
                it.names.extend(words.iter().take(PARTS_MAX).map(|it| (*it).to_owned()));
            }
            ("documentroot", Some(it)) => it.root = Some(first.to_owned()),
            ("sslengine", Some(it)) => it.offers_tls = Some(first.eq_ignore_ascii_case("on")),
            ("sslcertificatefile", Some(it)) => it.certificates.push(first.to_owned()),
            ("proxypass" | "proxypassmatch", Some(it)) => {
                // In a location the path is that of the location.
                let to = words.iter().find(|it| it.contains("://")).map(|it| target(it));
                if let Some(to) = to.filter(|to| !it.targets.contains(to)) {
                    it.targets.push(to);
                }
            }
            _ => {}
        }
    }
    sites
}

/// `[scheme://]name[:port]`
fn server_name(text: &str) -> &str {
    let text = text.split_once("://").map_or(text, |it| it.1);
    text.split_once(':').map_or(text, |it| it.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Constructed after Debian's default-ssl.conf, with a proxy.
    const SITE: &str = "<IfModule mod_ssl.c>\n\t<VirtualHost _default_:443 [2001:db8::1]:443>\n\t\tServerAdmin webmaster@localhost\n\t\tServerName \"intra.example.test\"\n\t\tServerAlias www.intra.example.test \\\n  intra\n\
        \t\tDocumentRoot /var/www/html\n\t\t#   SSL Engine Switch:\n\t\tSSLEngine on\n\t\tSSLCertificateFile\t/etc/ssl/certs/ssl-cert-snakeoil.pem\n\t\tProxyPass /app http://u:CANARY@192.0.2.5:8080/app retry=0\n\
        \t\tProxyPass /none !\n\t\tRequestHeader set Authorization CANARY\n\t</VirtualHost>\n</IfModule>\n<VirtualHost *:80>\n</VirtualHost>\n<VirtualHost *:81>\n";

    #[test]
    fn sites_have_names_places_and_targets() {
        let sites = virtual_hosts(SITE, "p");
        let [secure, plain] = &*sites else { panic!("{sites:?}") };
        assert_eq!(secure.names, ["intra.example.test", "www.intra.example.test", "intra"]);
        assert_eq!((secure.listens.len(), secure.listens[0].port), (2, 443));
        assert_eq!(secure.offers_tls, Some(true));
        assert_eq!(secure.certificates, ["/etc/ssl/certs/ssl-cert-snakeoil.pem"]);
        assert_eq!(secure.targets, ["http://192.0.2.5:8080/app"]);
        assert_eq!((plain.listens[0].port, plain.offers_tls), (80, Some(false)));
        assert!(!format!("{sites:?}").contains("CANARY"));
    }

    /// Constructed from "Core Features" and "mod_proxy".
    #[test]
    fn each_directive_is_read_in_its_forms() {
        let it = |inside: &str| {
            let sites =
                virtual_hosts(&format!("<VirtualHost *:80>\n{inside}\n</VirtualHost>"), "p");
            let [it] = &*sites else { panic!("{sites:?}") };
            it.clone()
        };
        for (text, expected) in [
            ("ServerName a.test", "a.test"),
            ("servername \"a.test\"", "a.test"),
            ("ServerName a.test:8080", "a.test"),
            ("ServerName https://a.test:443", "a.test"),
        ] {
            assert_eq!(it(text).names, [expected], "{text}");
        }
        assert_eq!(it("ServerAlias b c\nServerName a").names, ["a", "b", "c"]);
        assert_eq!(it("# ServerName no").names, [""; 0]);
        for (text, expected) in [("On", true), ("on", true), ("off", false), ("optional", false)] {
            assert_eq!(it(&format!("SSLEngine {text}")).offers_tls, Some(expected), "{text}");
        }
        let proxies = "ProxyPass / http://h/\nProxyPass /a http://h/\nProxyPass /x !\nProxyPassMatch ^/(.*)$ ws://i/$1";
        assert_eq!(it(proxies).targets, ["http://h/", "ws://i/$1"]);
    }

    #[test]
    fn what_stands_outside_of_a_site_is_of_none() {
        assert_eq!(virtual_hosts("ServerName no\nDocumentRoot /no\n</VirtualHost>\n", "p"), []);
        // One that is not closed is none, and the next begins anew.
        let text =
            "<VirtualHost *:1>\nServerName no\n<VirtualHost *:2>\nServerName a\n</VirtualHost>\n";
        let sites = virtual_hosts(text, "p");
        assert_eq!(
            (sites.len(), sites[0].listens[0].port, &*sites[0].names),
            (1, 2, &["a".to_owned()][..])
        );
    }

    proptest! {
        #[test]
        fn hostile_files_never_panic(text in "(<VirtualHost |</VirtualHost>|ServerName|ProxyPass|://|[<>\\\\:* \n\"é]){0,40}") {
            let _ = virtual_hosts(&text, "p");
        }
    }
}
