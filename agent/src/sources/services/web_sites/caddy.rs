//! Sites of a Caddyfile (caddyserver.com, "Caddyfile Concepts").

use observation::latest::{WebListen, WebSite};

use super::{FIELD, PARTS_MAX, site, target};
use crate::host::Host;
use crate::sources::{Found, named};

const FILES: &[&str] = &["/etc/caddy/Caddyfile", "/etc/caddy/conf.d/*", "/etc/caddy/sites/*"];

pub(super) fn read(host: &dyn Host, found: &mut Found) -> Vec<WebSite> {
    let mut sites = Vec::new();
    for path in FILES.iter().flat_map(|it| named::files(host, it)) {
        if let Some(text) = named::read(host, &path, FIELD, found) {
            sites.extend(caddyfile(&text, &path));
        }
    }
    sites
}

/// `address, address {` … `}`; a block without address holds options, one in parentheses a snippet. A file of one
/// site may leave the braces away.
fn caddyfile(text: &str, place: &str) -> Vec<WebSite> {
    let mut sites = Vec::new();
    let mut open: Option<WebSite> = None;
    let mut depth = 0_usize;
    // Addresses of a site whose block begins in a later line.
    let mut pending = String::new();
    let (mut has_blocks, mut is_bare) = (false, false);
    for line in text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#')) {
        let opens = line.ends_with('{') && (line == "{" || line.ends_with(" {"));
        if depth == 0 && line.ends_with(',') {
            pending.push_str(line);
            continue;
        }
        if depth == 0 && opens {
            let head = format!("{pending}{}", line.trim_end_matches('{').trim());
            pending.clear();
            has_blocks |= !head.is_empty() && !head.starts_with('(');
            open = (!head.is_empty() && !head.starts_with('(')).then(|| head_of(&head, place));
        } else if depth == 0 && line != "}" {
            // What stands outside of all blocks is the address of the only site.
            if has_blocks || line.starts_with("import ") {
                continue;
            }
            open = Some(head_of(&format!("{pending}{line}"), place));
            (depth, has_blocks, is_bare) = (1, true, true);
        } else if let Some(it) = &mut open {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.split_first() {
                Some((&"root", rest)) => {
                    let path = rest.iter().find(|it| it.starts_with('/') && !it.ends_with('*'));
                    it.root = path.map(|it| (*it).to_owned()).or(it.root.take());
                }
                Some((&("reverse_proxy" | "php_fastcgi"), rest)) => {
                    // A word that begins with `/`, `@` or `*` says which requests.
                    let to = rest.iter().filter(|it| !it.starts_with(['/', '@', '*', '{']));
                    it.targets.extend(to.take(PARTS_MAX).map(|it| target(it)));
                }
                Some((&"tls", rest)) => {
                    let path = rest.first().filter(|it| it.starts_with('/'));
                    it.certificates.extend(path.map(|it| (*it).to_owned()));
                }
                _ => {}
            }
        }
        if opens {
            depth += 1;
        } else if line == "}" {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                sites.extend(open.take());
            }
        }
    }
    // A block that is not closed is none; a site without braces ends with the file.
    sites.extend(open.filter(|_| depth == 1 && is_bare));
    sites
}

fn head_of(head: &str, place: &str) -> WebSite {
    let mut site = site("caddy", place);
    let mut has_tls = false;
    for address in head.split([',', ' ']).filter(|it| !it.is_empty()).take(PARTS_MAX) {
        let is_plain = address.starts_with("http://");
        let rest = address.split_once("://").map_or(address, |it| it.1);
        let host = rest.split('/').next().unwrap_or_default();
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, port.parse().ok()),
            _ => (host, None),
        };
        // With a name Caddy speaks TLS of itself.
        let is_secure = !is_plain && !name.is_empty() && port != Some(80);
        has_tls |= is_secure;
        let port = port.unwrap_or(if is_secure { 443 } else { 80 });
        site.listens.push(WebListen { address: None, port });
        if !name.is_empty() {
            site.names.push(name.to_owned());
        }
    }
    site.listens.sort();
    site.listens.dedup();
    site.offers_tls = Some(has_tls);
    site
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Constructed after Debian's Caddyfile and Caddy's manual.
    const FILE: &str = "{\n\temail CANARY@example.test\n}\n(common) {\n\tencode gzip\n}\n# c\n:80 {\n\troot * /usr/share/caddy\n\tfile_server\n}\n\
        shop.example.test, http://old.example.test {\n\ttls /etc/ssl/a.pem /etc/ssl/a.key\n\treverse_proxy /api/* 192.0.2.5:8000 app2:8000 {\n\t\theader_up Authorization CANARY\n\t}\n}\n";

    #[test]
    fn sites_have_names_and_targets() {
        let sites = caddyfile(FILE, "p");
        let [plain, shop] = &*sites else { panic!("{sites:?}") };
        assert_eq!(
            (plain.root.as_deref(), plain.offers_tls),
            (Some("/usr/share/caddy"), Some(false))
        );
        assert_eq!(shop.names, ["shop.example.test", "old.example.test"]);
        assert_eq!(shop.listens.iter().map(|it| it.port).collect::<Vec<_>>(), [80, 443]);
        assert_eq!(shop.targets, ["192.0.2.5:8000", "app2:8000"]);
        assert_eq!(shop.certificates, ["/etc/ssl/a.pem"]);
        assert!(!format!("{sites:?}").contains("CANARY"));
    }

    /// Constructed from "Caddyfile Concepts", "Structure" and "Addresses".
    #[test]
    fn addresses_say_names_ports_and_tls() {
        for (head, names, ports, has_tls) in [
            ("a.test", &["a.test"][..], &[443][..], true),
            ("http://a.test", &["a.test"], &[80], false),
            ("https://a.test:8443", &["a.test"], &[8443], true),
            ("a.test:80", &["a.test"], &[80], false),
            (":8080", &[], &[8080], false),
            ("a.test, b.test:8443", &["a.test", "b.test"], &[443, 8443], true),
            ("a.test,b.test", &["a.test", "b.test"], &[443], true),
            ("[2001:db8::1]", &["[2001:db8::1]"], &[443], true),
            ("*.a.test", &["*.a.test"], &[443], true),
            ("a.test/path", &["a.test"], &[443], true),
        ] {
            let sites = caddyfile(&format!("{head} {{\n}}\n"), "p");
            let [it] = &*sites else { panic!("{head}: {sites:?}") };
            let found: Vec<u16> = it.listens.iter().map(|it| it.port).collect();
            assert_eq!(
                (&*it.names, &*found),
                (&*names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(), ports),
                "{head}"
            );
            assert_eq!(it.offers_tls, Some(has_tls), "{head}");
        }
    }

    #[test]
    fn the_only_site_of_a_file_needs_no_braces() {
        let sites = caddyfile(
            "{\n\temail x\n}\na.test\n\nreverse_proxy h:1 {\n\tlb x\n}\nroot * /srv\n",
            "p",
        );
        let [it] = &*sites else { panic!("{sites:?}") };
        assert_eq!(
            (&*it.names[0], &*it.targets[0], it.root.as_deref()),
            ("a.test", "h:1", Some("/srv"))
        );
        let sites = caddyfile("import sites/*\nb.test,\nc.test {\n\tfile_server\n}\nstray\n", "p");
        assert_eq!(
            (sites.len(), &*sites[0].names),
            (1, &["b.test".to_owned(), "c.test".to_owned()][..])
        );
        assert_eq!(caddyfile("a.test {\n", "p"), [], "a block that is not closed");
        assert_eq!(caddyfile("}\n}\n", "p"), []);
    }

    proptest! {
        #[test]
        fn hostile_files_never_panic(text in "(root|tls|reverse_proxy|://|[{}:*/, \né\\]]){0,40}") {
            let _ = caddyfile(&text, "p");
        }
    }
}
