//! Frontends of HAProxy with the servers behind them (HAProxy Configuration Manual).

use std::collections::BTreeMap;

use observation::latest::WebSite;

use super::{FIELD, PARTS_MAX, SITES_MAX, listen, site};
use crate::host::Host;
use crate::sources::{Found, named};

const CONFIGURATION: &str = "/etc/haproxy/haproxy.cfg";
const ADDED: &str = "/etc/haproxy/conf.d/*.cfg";

pub(super) fn read(host: &dyn Host, found: &mut Found) -> Vec<WebSite> {
    let mut sections = Vec::new();
    for path in std::iter::once(CONFIGURATION.to_owned()).chain(named::files(host, ADDED)) {
        if let Some(text) = named::read(host, &path, FIELD, found) {
            enter(&text, &path, &mut sections);
        }
    }
    let servers: BTreeMap<String, Vec<String>> =
        sections.iter().map(|it| (it.name.clone(), it.servers.clone())).collect();
    let fronts = sections.into_iter().filter(|it| it.is_front && !it.site.listens.is_empty());
    fronts
        .take(SITES_MAX)
        .map(|mut it| {
            it.site.targets.extend(it.servers);
            let behind = it.backends.iter().filter_map(|it| servers.get(it)).flatten();
            it.site.targets.extend(behind.take(PARTS_MAX).cloned());
            it.site.targets.sort();
            it.site.targets.dedup();
            it.site
        })
        .collect()
}

struct Section {
    name: String,
    /// Whether requests come in there. Peers bind to a place too, to speak with one another.
    is_front: bool,
    site: WebSite,
    backends: Vec<String>,
    servers: Vec<String>,
}

fn enter(text: &str, place: &str, sections: &mut Vec<Section>) {
    for line in text.lines().map(|it| it.split('#').next().unwrap_or_default()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let word = |index: usize| words.get(index).copied().unwrap_or_default();
        match word(0) {
            "frontend" | "listen" | "backend" | "global" | "defaults" | "peers" | "resolvers"
            | "userlist" => {
                let mut site = site("haproxy", place);
                site.offers_tls = Some(false);
                let (name, is_front) =
                    (word(1).to_owned(), matches!(word(0), "frontend" | "listen"));
                let (backends, servers) = (Vec::new(), Vec::new());
                sections.push(Section { name, is_front, site, backends, servers });
            }
            keyword => {
                let Some(section) = sections.last_mut() else { continue };
                match keyword {
                    "bind" => {
                        let places = word(1).split(',').map(|it| it.trim_start_matches("ipv4@"));
                        section.site.listens.extend(places.filter_map(|it| listen(it, 80)));
                        if words.contains(&"ssl") {
                            section.site.offers_tls = Some(true);
                        }
                        let at = words.iter().position(|it| *it == "crt");
                        let path = at.map(|it| word(it + 1)).filter(|it| it.starts_with('/'));
                        section.site.certificates.extend(path.map(str::to_owned));
                    }
                    "default_backend" | "use_backend" => section.backends.push(word(1).to_owned()),
                    "server" if section.servers.len() < PARTS_MAX => {
                        section.servers.push(word(2).to_owned());
                    }
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    /// Constructed after HAProxy's manual.
    const TEXT: &str = "global\n\tlog /dev/log local0\nuserlist a\n\tuser x insecure-password CANARY\ndefaults\n\tmode http\nfrontend web\n\tbind *:80\n\tbind 192.0.2.1:443 ssl crt /etc/ssl/site.pem # c\n\
        \tuse_backend api if { path_beg /api }\n\tdefault_backend app\nbackend app\n\tserver a1 192.0.2.5:8000 check\n\tserver a2 192.0.2.6:8000 check\nbackend api\n\tserver b1 api.example.test:9000\nlisten db\n\tbind :5432\n\tserver d 192.0.2.7:5432\n";

    #[test]
    fn frontends_lead_to_servers() {
        let host = MapHost::new().file(CONFIGURATION, TEXT);
        let sites = read(&host, &mut Found::default());
        let [web, db] = &*sites else { panic!("{sites:?}") };
        assert_eq!((web.listens.len(), web.offers_tls), (2, Some(true)));
        assert_eq!(web.targets, ["192.0.2.5:8000", "192.0.2.6:8000", "api.example.test:9000"]);
        assert_eq!(web.certificates, ["/etc/ssl/site.pem"]);
        assert_eq!((db.listens[0].port, db.targets.len()), (5432, 1));
        assert!(!format!("{sites:?}").contains("CANARY"));
    }

    /// Constructed from "bind" and "peers" of the manual.
    #[test]
    fn frontends_are_bound_in_each_form_and_peers_are_none() {
        let sites =
            |text: &str| read(&MapHost::new().file(CONFIGURATION, text), &mut Found::default());
        for (bind, expected) in [
            (":80", vec![(None, 80)]),
            ("*:80,*:81", vec![(None, 80), (None, 81)]),
            ("ipv4@192.0.2.1:80", vec![(Some("192.0.2.1"), 80)]),
            ("[2001:db8::1]:443 v4v6 ssl crt /a.pem", vec![(Some("2001:db8::1"), 443)]),
            ("/run/haproxy.sock", vec![]),
            ("fd@3", vec![]),
        ] {
            let found = sites(&format!("frontend a\n bind {bind}\n"));
            let listens = found.iter().flat_map(|it| &it.listens);
            let listens: Vec<_> =
                listens.map(|it| (it.address.map(|it| it.to_string()), it.port)).collect();
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(address, port)| (address.map(str::to_owned), port))
                .collect();
            assert_eq!(listens, expected, "{bind}");
        }
        assert_eq!(sites("peers p\n bind :10000 ssl crt /p.pem\n server a 192.0.2.9:10000\n"), []);
        assert_eq!(sites("bind :80\nserver a b\n"), [], "before any section");
        assert_eq!(sites("backend a\n bind :80\n"), []);
    }

    #[test]
    fn a_backend_that_names_nobody_or_itself_adds_nothing() {
        let text = "frontend a\n bind :80\n default_backend none\n use_backend a if x\nlisten b\n bind :81 # server no no\n";
        let sites = read(&MapHost::new().file(CONFIGURATION, text), &mut Found::default());
        assert_eq!(sites.iter().map(|it| it.targets.len()).collect::<Vec<_>>(), [0, 0]);
        let host = MapHost::new()
            .file(CONFIGURATION, "frontend a\n bind :80\n default_backend b\n")
            .file("/etc/haproxy/conf.d/b.cfg", "backend b\n server s h:1\n");
        assert_eq!(read(&host, &mut Found::default())[0].targets, ["h:1"]);
    }

    proptest! {
        #[test]
        fn hostile_files_never_panic(text in "(frontend|bind|server|crt|[:* \n,#é]){0,40}") {
            let _ = read(&MapHost::new().file(CONFIGURATION, text), &mut Found::default());
        }
    }
}
