//! The page about the agent's sources, `deploy/docs/agent-sources.md`: what each reads and which right it
//! needs, written from the code: `KATASTER_WRITE=1 cargo test -p kataster-agent --test sources_page`.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "reads our own files")]

use std::fmt::Write;
use std::path::Path;

use kataster_agent::host::grants::{Owner, SERVICES, Shows, grants};
use kataster_agent::sources::{self, Source};
use observation::latest::{Cadence, Platform};

const HEAD: &str = "# What the agent reads\n\n\
Written from the code by `KATASTER_WRITE=1 cargo test -p kataster-agent --test sources_page`; a test keeps it up to date.\n\n\
The agent's main process has no rights of its own. What a source needs beyond what every account may read \
is answered by `kataster-agent reader` (see `deploy/systemd`), and by nothing but the two tables at the end. \
Without the reader every source still works; what it could not read is a stated absence in its section.\n\n\
*Steady* sections take part in the host hash; *volatile* ones move by themselves and do not.\n\n\
## Sources\n\n| source | reads | runs on | sections | right |\n|---|---|---|---|---|\n";

const GRANTED: &str = "\n## Paths that the reader reads\n\n\
`*` stands for any text within one name, `#` for a number, `**` for everything below, `~` for the home folder of \
a local account. Links are followed only out of folders that root alone may write.\n\n\
| path | what is shown | whose file it must be | for |\n|---|---|---|---|\n";

const SERVED: &str =
    "\n## Requests that the reader answers\n\n| request | right | for |\n|---|---|---|\n";

#[test]
fn the_page_about_the_sources_says_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/docs/agent-sources.md");
    let written = page();
    if std::env::var_os("KATASTER_WRITE").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let shown = std::fs::read_to_string(&path).unwrap();
    let remedy = "out of date: KATASTER_WRITE=1 cargo test -p kataster-agent --test sources_page";
    assert!(shown == written, "{remedy}");
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for source in sources::all() {
        let platforms: Vec<&str> = source.platforms.iter().map(|it| platform(*it)).collect();
        let cadence = match source.cadence {
            Cadence::Steady => "steady",
            Cadence::Volatile => "volatile",
        };
        let cells = [
            format!("`{}`", source.id),
            summary(source),
            platforms.join(", "),
            cadence.to_owned(),
            rights(source.id.as_str()),
        ];
        writeln!(page, "| {} |", cells.join(" | ")).unwrap();
    }
    page.push_str(GRANTED);
    for grant in grants() {
        let shows: Vec<&str> = grant.shows.iter().map(|it| shows(*it)).collect();
        let owner = match grant.owner {
            Owner::Root => "root, writable by nobody else",
            Owner::Home => "the account of the home folder",
            Owner::Service => "anybody, with no second name from elsewhere",
            Owner::Any => "anybody",
        };
        let (shows, sources) = (shows.join(", "), listed(grant.sources));
        writeln!(page, "| `{}` | {shows} | {owner} | {sources} |", grant.pattern).unwrap();
    }
    page.push_str(SERVED);
    for service in SERVICES {
        let sources = listed(service.sources);
        writeln!(page, "| `{}` | {} | {sources} |", service.request, service.right).unwrap();
    }
    page
}

/// The first paragraph of what the source's file says about itself.
fn summary(source: &Source) -> String {
    let path = format!("../agent/src/sources/{}.rs", source.id.as_str().replace('.', "/"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().map_while(|it| it.strip_prefix("//!")).map(str::trim);
    let paragraph: Vec<&str> = lines.take_while(|it| !it.is_empty()).collect();
    let summary = paragraph.join(" ").replace('|', "\\|");
    assert!(!summary.is_empty(), "{} does not say what it reads", path.display());
    summary
}

/// Which right a source needs, and through which grant or request.
fn rights(id: &str) -> String {
    let paths = grants().filter(|it| it.sources.contains(&id)).map(|it| it.pattern);
    let requests = SERVICES.iter().filter(|it| it.sources.contains(&id)).map(|it| it.request);
    let found: Vec<String> = paths.chain(requests).map(|it| format!("`{it}`")).collect();
    if found.is_empty() { "none".to_owned() } else { format!("reader: {}", found.join(", ")) }
}

fn listed(sources: &[&str]) -> String {
    sources.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}

const fn platform(platform: Platform) -> &'static str {
    match platform {
        Platform::Linux => "Linux",
        Platform::MacOs => "macOS",
        Platform::Windows => "Windows",
    }
}

const fn shows(shows: Shows) -> &'static str {
    match shows {
        Shows::Certificates => "certificates alone",
        Shows::Computers => "computers of the domain, nothing of persons and passwords",
        Shows::Containers => "containers without environment, arguments and labels",
        Shows::Content => "content",
        Shows::Names => "names",
        Shows::Preferences => "what it says of extensions",
        Shows::Programs => "parts and hash of programs",
        Shows::Settings => "settings without passwords and keys",
        Shows::Status => "kind, size, owner, time",
        Shows::Target => "where the link leads",
        Shows::Tree => "marked entries below",
    }
}
