//! The host's own name, and its domain where the machine itself states one.

use observation::latest::{Absent, Cadence, Fact, HostName, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// The host's own name.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("system.host_name"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const HOSTS_PATH: &str = "/etc/hosts";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let node = printable(&context.host.system_names()?.node);
    let (name, domain) = match node.split_once('.') {
        Some((name, domain)) => (name.to_owned(), Some(domain.to_owned())),
        None => (node.clone(), domain(context.host, &node)),
    };
    if name.is_empty() {
        return Err(Absent::NotHere { looked_at: "uname(2)".to_owned() });
    }
    let domain = domain.filter(|it| !it.is_empty());
    Ok(Found { facts: vec![Fact::HostName(HostName { name, domain })], ..Found::default() })
}

/// The full name that hosts(5) gives for the short one. A search list of the resolver is no
/// statement about this machine, and the name service is not asked.
fn domain(host: &dyn Host, name: &str) -> Option<String> {
    let text = host.text(HOSTS_PATH).ok()?;
    text.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_ascii_whitespace().skip(1);
        words.find_map(|word| {
            let (first, domain) = word.split_once('.')?;
            first.eq_ignore_ascii_case(name).then(|| printable(domain))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Reply, Request, SystemNames};
    use crate::sources::testing::{MapHost, with_context};

    fn check(node: &str, hosts: &str) -> Result<(String, Option<String>), Absent> {
        let names = SystemNames {
            system: "Linux".to_owned(),
            node: node.to_owned(),
            release: String::new(),
            version: String::new(),
            machine: String::new(),
        };
        let host = MapHost::new()
            .file(HOSTS_PATH, hosts)
            .file("/etc/resolv.conf", "search provider.example\n")
            .answer(Request::SystemNames, Ok(Reply::SystemNames(names)));
        let mut found = with_context(&host, observe)?;
        let Fact::HostName(name) = found.facts.remove(0) else { panic!("another fact") };
        Ok((name.name, name.domain))
    }

    #[test]
    fn the_domain_comes_from_the_name_or_from_the_hosts_file() {
        let own = |domain: &str| Ok(("alpha".to_owned(), Some(domain.to_owned())));
        assert_eq!(check("alpha.one.example", ""), own("one.example"));
        assert_eq!(check("alpha", "# x\n127.0.1.1 alpha.two.example alpha\n"), own("two.example"));
        assert_eq!(check("alpha", "127.0.1.1 alpha ALPHA.two.example # no\n"), own("two.example"));
    }

    #[test]
    fn a_machine_that_states_no_domain_has_none() {
        let none = Ok(("alpha".to_owned(), None));
        assert_eq!(
            check("alpha", "127.0.0.1 localhost.localdomain\n192.0.2.1 beta.x alpha\n"),
            none
        );
        assert_eq!(check("alpha", "# alpha.x\n#\n\n127.0.0.1\n"), none);
        assert_eq!(check("alpha.", ""), none);
    }

    #[test]
    fn a_machine_without_name_says_so() {
        assert!(matches!(check("", ""), Err(Absent::NotHere { .. })));
    }
}
