//! `server { … }` of nginx, with what it includes (nginx.org, "ngx_http_core_module").

use std::collections::BTreeMap;

use observation::latest::{WebListen, WebSite};

use super::{FIELD, PARTS_MAX, SITES_MAX, listen, site, target};
use crate::host::Host;
use crate::sources::blocks::{Comments, Statement, parse};
use crate::sources::{Found, named};

const CONFIGURATION: &str = "/etc/nginx/nginx.conf";
/// Folder of relative names.
const FOLDER: &str = "/etc/nginx";
/// Deepest chain of `include`, and most files.
const INCLUDES_DEPTH_MAX: usize = 8;
const FILES_MAX: usize = 1_000;
/// Statements that pass requests on.
const PASSES: &[&str] = &["fastcgi_pass", "grpc_pass", "proxy_pass", "scgi_pass", "uwsgi_pass"];

pub(super) fn read(host: &dyn Host, found: &mut Found) -> Vec<WebSite> {
    let mut reader = Reader { host, found, files: 0, sites: Vec::new(), groups: BTreeMap::new() };
    reader.file(CONFIGURATION, 0);
    let Reader { mut sites, groups, .. } = reader;
    for site in &mut sites {
        resolve(site, &groups);
    }
    sites
}

struct Reader<'a> {
    host: &'a dyn Host,
    found: &'a mut Found,
    files: usize,
    sites: Vec<WebSite>,
    /// `upstream name { server …; }`
    groups: BTreeMap<String, Vec<String>>,
}

impl Reader<'_> {
    fn file(&mut self, path: &str, depth: usize) {
        let statements = self.statements(path, depth);
        self.enter(&statements, path, depth);
    }

    fn statements(&mut self, path: &str, depth: usize) -> Vec<Statement> {
        if depth > INCLUDES_DEPTH_MAX || self.files == FILES_MAX {
            self.found.complaints.push(named::complaint(path, "too many files include each other"));
            return Vec::new();
        }
        let Some(text) = named::read(self.host, path, FIELD, self.found) else { return Vec::new() };
        self.files += 1;
        match parse(&text, Comments::Hash) {
            Ok(statements) => statements,
            Err(problem) => {
                self.found.complaints.push(named::complaint(path, problem));
                Vec::new()
            }
        }
    }

    fn included(&self, statement: &Statement) -> Vec<String> {
        let pattern = statement.word(1);
        let pattern = match pattern.starts_with('/') {
            true => pattern.to_owned(),
            false => format!("{FOLDER}/{pattern}"),
        };
        named::files(self.host, &pattern)
    }

    fn enter(&mut self, statements: &[Statement], path: &str, depth: usize) {
        for statement in statements {
            match statement.name() {
                "include" => {
                    for inner in self.included(statement) {
                        self.file(&inner, depth + 1);
                    }
                }
                "http" | "stream" => self.enter(&statement.block, path, depth),
                "upstream" => {
                    let servers = statement.all("server").map(|it| it.word(1).to_owned());
                    self.groups
                        .insert(statement.word(1).to_owned(), servers.take(PARTS_MAX).collect());
                }
                "server" if self.sites.len() < SITES_MAX => {
                    let mut site = site("nginx", path);
                    let mut has_tls = false;
                    self.server(&statement.block, depth, &mut site, &mut has_tls);
                    if site.listens.is_empty() {
                        site.listens.push(WebListen { address: None, port: 80 });
                    }
                    site.listens.sort();
                    site.listens.dedup();
                    site.offers_tls = Some(has_tls);
                    self.sites.push(site);
                }
                _ => {}
            }
        }
    }

    /// A server's own statements and those of its locations.
    fn server(
        &mut self,
        block: &[Statement],
        depth: usize,
        site: &mut WebSite,
        has_tls: &mut bool,
    ) {
        for statement in block {
            match statement.name() {
                "listen" => {
                    site.listens.extend(listen(statement.word(1), 80));
                    *has_tls |= statement.words.iter().any(|it| it == "ssl" || it == "quic");
                }
                "ssl" => *has_tls |= statement.word(1) == "on",
                "server_name" => {
                    let names = statement
                        .words
                        .iter()
                        .skip(1)
                        .filter(|it| !matches!(it.as_str(), "_" | ""));
                    site.names.extend(names.take(PARTS_MAX).cloned());
                }
                "ssl_certificate" => site.certificates.push(statement.word(1).to_owned()),
                "root" if site.root.is_none() => site.root = Some(statement.word(1).to_owned()),
                name if PASSES.contains(&name) => {
                    let target = target(statement.word(1));
                    if !site.targets.contains(&target) && site.targets.len() < PARTS_MAX {
                        site.targets.push(target);
                    }
                }
                "include" => {
                    for inner in self.included(statement) {
                        let statements = self.statements(&inner, depth + 1);
                        self.server(&statements, depth + 1, site, has_tls);
                    }
                }
                "location" | "if" | "limit_except" => {
                    self.server(&statement.block, depth, site, has_tls);
                }
                _ => {}
            }
        }
    }
}

/// A group of servers is named like a host; its servers are where requests go.
fn resolve(site: &mut WebSite, groups: &BTreeMap<String, Vec<String>>) {
    let targets = std::mem::take(&mut site.targets);
    for target in targets {
        let host = target.split_once("://").map_or(&*target, |it| it.1);
        let host = host.split('/').next().unwrap_or_default();
        match groups.get(host) {
            Some(servers) => site.targets.extend(servers.iter().cloned()),
            None => site.targets.push(target),
        }
    }
    site.targets.sort();
    site.targets.dedup();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    /// Debian's nginx.conf and its site, shortened, with a constructed proxy.
    const MAIN: &str = "user www-data;\nevents {\n\tworker_connections 768;\n}\nhttp {\n\t# Basic Settings\n\tinclude /etc/nginx/mime.types;\n\tinclude sites-enabled/*;\n\
        \tupstream app { server 192.0.2.5:8000 weight=2; server app2:8000; }\n}\n";
    const DEFAULT: &str = "server {\n\tlisten 80 default_server;\n\tlisten [::]:80 default_server;\n\troot /var/www/html;\n\tserver_name _;\n\tlocation / {\n\t\ttry_files $uri $uri/ =404;\n\t}\n}\n";
    const PROXY: &str = "server { listen 192.0.2.1:443 ssl; server_name shop.example.test www.shop.example.test; include snippets/tls.conf;\n\
        location / { proxy_pass http://app/; proxy_set_header Authorization \"CANARY\"; }\n location ~ \\.php$ { fastcgi_pass unix:/run/php.sock; } location /x { proxy_pass http://u:CANARY@h/$request_uri?key=CANARY; } }\n";

    fn sites(host: &MapHost) -> (Vec<WebSite>, Found) {
        let mut found = Found::default();
        let sites = read(host, &mut found);
        assert!(!format!("{sites:?}{found:?}").contains("CANARY"));
        (sites, found)
    }

    #[test]
    fn servers_are_found_in_included_files() {
        let host = MapHost::new()
            .file(CONFIGURATION, MAIN)
            .file("/etc/nginx/mime.types", "types { text/html html; }")
            .file("/etc/nginx/sites-enabled/default", DEFAULT)
            .file("/etc/nginx/sites-enabled/shop", PROXY)
            .file(
                "/etc/nginx/snippets/tls.conf",
                "ssl_certificate /etc/ssl/shop.pem;\nssl_certificate_key /etc/ssl/shop.key;\n",
            );
        let (sites, found) = sites(&host);
        assert_eq!(sites.len(), 2, "{found:?}");
        assert_eq!((sites[0].listens.len(), sites[0].offers_tls), (1, Some(false)));
        assert_eq!(sites[0].root.as_deref(), Some("/var/www/html"));
        let shop = &sites[1];
        assert_eq!(shop.names.len(), 2);
        assert_eq!((shop.listens[0].port, shop.offers_tls), (443, Some(true)));
        assert_eq!(shop.certificates, ["/etc/ssl/shop.pem"]);
        assert_eq!(
            shop.targets,
            ["192.0.2.5:8000", "app2:8000", "http://h/$request_uri", "unix:/run/php.sock"]
        );
        assert_eq!(shop.configured_in, "/etc/nginx/sites-enabled/shop");
    }

    #[test]
    fn circles_and_broken_files_are_said() {
        let host = MapHost::new().file(CONFIGURATION, "include nginx.conf;");
        assert_eq!(sites(&host).1.complaints.len(), 1);
        let host = MapHost::new().file(CONFIGURATION, "http { server {");
        assert_eq!(sites(&host).1.complaints.len(), 1);
        assert!(sites(&MapHost::new()).0.is_empty());
    }

    /// Constructed from ngx_http_core_module, ngx_http_ssl_module and ngx_http_upstream_module.
    #[test]
    fn servers_are_read_in_each_form() {
        let it = |inside: &str| {
            let text = format!(
                "http {{ upstream up {{ server a:1; server b:2; }} server {{ {inside} }} }}"
            );
            let (sites, found) = sites(&MapHost::new().file(CONFIGURATION, text));
            assert_eq!(found, Found::default());
            sites.into_iter().next().unwrap()
        };
        let bare = it("");
        assert_eq!(
            (bare.listens.len(), bare.listens[0].port, bare.offers_tls),
            (1, 80, Some(false))
        );
        for (text, expected) in [
            ("listen 443 ssl;", true),
            ("listen 443 quic;", true),
            ("listen 443; ssl on;", true),
            ("listen 443 default_server;", false),
            ("ssl off;", false),
        ] {
            assert_eq!(it(text).offers_tls, Some(expected), "{text}");
        }
        assert_eq!(it("server_name _ \"\" a.test;").names, ["a.test"]);
        assert_eq!(it("root /a; location / { root /b; }").root.as_deref(), Some("/a"));
        assert_eq!(it("location / { root /b; }").root.as_deref(), Some("/b"));
        for pass in PASSES {
            let nested = format!("location / {{ if ($x) {{ {pass} h:1; }} }}");
            assert_eq!(it(&nested).targets, ["h:1"], "{pass}");
        }
        assert_eq!(
            it("location / { proxy_pass http://up/x; proxy_pass http://up/x; }").targets,
            ["a:1", "b:2"]
        );
        assert_eq!(
            it("listen unix:/run/x; listen 81;")
                .listens
                .iter()
                .map(|it| it.port)
                .collect::<Vec<_>>(),
            [81]
        );
    }

    #[test]
    fn a_closed_file_is_a_gap_and_many_files_end() {
        let host = MapHost::unprivileged()
            .file(CONFIGURATION, "http { include sites-enabled/*; }")
            .file("/etc/nginx/sites-enabled/a", "server { }")
            .file("/etc/nginx/sites-enabled/b", "server { }")
            .forbid("/etc/nginx/sites-enabled/a");
        let (sites_found, found) = sites(&host);
        assert_eq!((sites_found.len(), found.gaps.len()), (1, 1));
        let includes = "include many/*;".repeat(40);
        let mut host = MapHost::new().file(CONFIGURATION, format!("http {{ {includes} }}"));
        for number in 0..50 {
            host = host.file(&format!("/etc/nginx/many/{number}"), "server { }");
        }
        let (sites, found) = sites(&host);
        assert!(sites.len() < FILES_MAX && !found.complaints.is_empty());
    }

    proptest! {
        #[test]
        fn hostile_files_never_panic(text in "(http|server|listen|include nginx.conf|proxy_pass|upstream|[{};:/\" $é]){0,40}") {
            let _ = read(&MapHost::new().file(CONFIGURATION, text), &mut Found::default());
        }
    }
}
