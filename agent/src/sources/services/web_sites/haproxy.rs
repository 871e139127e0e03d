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
    let fronts = sections.into_iter().filter(|it| !it.site.listens.is_empty());
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
                let name = word(1).to_owned();
                sections.push(Section { name, site, backends: Vec::new(), servers: Vec::new() });
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

    proptest! {
        #[test]
        fn hostile_files_never_panic(text in "(frontend|bind|server|crt|[:* \n,#é]){0,40}") {
            let _ = read(&MapHost::new().file(CONFIGURATION, text), &mut Found::default());
        }
    }
}
