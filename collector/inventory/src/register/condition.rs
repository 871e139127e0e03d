//! What rules and applications say about assets: conditions and what an application is recognised by.

use std::net::IpAddr;

use super::cidr::{Cidr, CidrError};
use super::pattern::Pattern;
use super::problem::Mistake;

/// What a condition can ask of an asset.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The label that people see.
    pub label: &'a str,
    /// The host's own name, if it is known.
    pub name: Option<&'a str>,
    /// Its addresses.
    pub addresses: &'a [IpAddr],
}

/// A condition on assets: all of its terms have to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Name(Pattern),
    Label(Pattern),
    Network(Cidr),
}

/// What an application is recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recogniser {
    /// A service of the init system, with or without `.service`.
    Service(Pattern),
    /// A port, on hosts of this name, label or address.
    Port {
        /// The port.
        port: u16,
        /// Name, label or address of the host; none: on any host.
        host: Option<Pattern>,
    },
    /// An installed package.
    Package(Pattern),
}

/// The words that begin a term of a condition.
const TERMS: &[&str] = &["name", "network", "label"];
/// The words that begin a recogniser.
const RECOGNISERS: &[&str] = &["service", "port", "package"];

impl Condition {
    /// Reads `name=PC-* network=10.20.20.0/24`.
    ///
    /// # Errors
    /// What is wrong with it and what would be right.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let terms: Vec<Term> = text.split_whitespace().map(term).collect::<Result<_, _>>()?;
        if terms.is_empty() {
            return Err(Mistake::new("register-problem-empty-condition", &[]));
        }
        Ok(Self { terms })
    }

    /// Whether an asset fits. What is not known of it does not fit.
    #[must_use]
    pub fn fits(&self, subject: &Subject<'_>) -> bool {
        self.terms.iter().all(|term| match term {
            Term::Name(pattern) => subject.name.is_some_and(|name| pattern.fits(name)),
            Term::Label(pattern) => pattern.fits(subject.label),
            Term::Network(network) => subject.addresses.iter().any(|it| network.contains(*it)),
        })
    }
}

fn term(text: &str) -> Result<Term, Mistake> {
    let (word, value) = text.split_once('=').unwrap_or((text, ""));
    if !TERMS.contains(&word) || value.is_empty() {
        return Err(Mistake::new("register-problem-condition", &[("term", text)]));
    }
    match word {
        "name" => Ok(Term::Name(Pattern::new(value))),
        "label" => Ok(Term::Label(Pattern::new(value))),
        _ => network(value).map(Term::Network),
    }
}

/// Reads a network, or says what is wrong with it.
pub(super) fn network(text: &str) -> Result<Cidr, Mistake> {
    text.parse().map_err(|error| match error {
        CidrError::Form => Mistake::new("register-problem-network", &[("text", text)]),
        CidrError::HostBits(meant) => Mistake::new("register-problem-host-bits", &[("text", text)])
            .meant(Some(&meant.to_string())),
    })
}

impl Recogniser {
    /// Reads `service:NAME`, `port:NUMBER@HOST` or `package:NAME*`.
    ///
    /// # Errors
    /// What is wrong with it and what would be right.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let mistake = || Mistake::new("register-problem-recogniser", &[("text", text)]);
        let (word, value) = text.split_once(':').ok_or_else(mistake)?;
        let value = value.trim();
        if !RECOGNISERS.contains(&word) || value.is_empty() {
            return Err(mistake());
        }
        match word {
            "service" => Ok(Self::Service(Pattern::new(value))),
            "package" => Ok(Self::Package(Pattern::new(value))),
            _ => {
                let (port, host) = match value.split_once('@') {
                    Some((port, host)) => (port, Some(host)),
                    None => (value, None),
                };
                let port: u16 = port.parse().ok().filter(|it| *it > 0).ok_or_else(mistake)?;
                if host == Some("") {
                    return Err(mistake());
                }
                Ok(Self::Port { port, host: host.map(Pattern::new) })
            }
        }
    }

    /// Whether this is such a service.
    #[must_use]
    pub fn fits_service(&self, service: &str) -> bool {
        match self {
            Self::Service(pattern) => {
                let bare = service.strip_suffix(".service").unwrap_or(service);
                pattern.fits(service) || pattern.fits(bare)
            }
            Self::Port { .. } | Self::Package(_) => false,
        }
    }

    /// Whether this is such a port on such a host.
    #[must_use]
    pub fn fits_port(&self, number: u16, subject: &Subject<'_>) -> bool {
        match self {
            Self::Port { port, host } => {
                *port == number && host.as_ref().is_none_or(|host| is_host(host, subject))
            }
            Self::Service(_) | Self::Package(_) => false,
        }
    }

    /// Whether this is such a package.
    #[must_use]
    pub fn fits_package(&self, package: &str) -> bool {
        match self {
            Self::Package(pattern) => pattern.fits(package),
            Self::Service(_) | Self::Port { .. } => false,
        }
    }
}

fn is_host(host: &Pattern, subject: &Subject<'_>) -> bool {
    subject.name.is_some_and(|name| host.fits(name))
        || host.fits(subject.label)
        || subject.addresses.iter().any(|address| host.fits(&address.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wording::Language;

    use super::*;

    fn office_computer(addresses: &[IpAddr]) -> Subject<'_> {
        Subject { label: "S-7K2QD", name: Some("PC-BUE-01"), addresses }
    }

    fn check(condition: &str, fits: bool) {
        let addresses = ["10.20.20.11".parse().unwrap(), "fd00::11".parse().unwrap()];
        let condition_read = Condition::parse(condition).unwrap();
        assert_eq!(condition_read.fits(&office_computer(&addresses)), fits, "{condition}");
    }

    #[test]
    fn all_terms_of_a_condition_have_to_hold() {
        check("name=pc-*", true);
        check("name=SRV-*", false);
        check("network=10.20.20.0/24", true);
        check("network=fd00::/64", true);
        check("network=10.20.30.0/24", false);
        check("label=S-7K2QD", true);
        check("name=PC-*  network=10.20.20.0/24", true);
        check("name=PC-* network=10.20.30.0/24", false);
    }

    #[test]
    fn an_unknown_name_fits_no_pattern() {
        let nameless = Subject { label: "S-00001", name: None, addresses: &[] };
        assert!(!Condition::parse("name=*").unwrap().fits(&nameless));
        assert!(!Condition::parse("network=0.0.0.0/0").unwrap().fits(&nameless));
        assert!(Condition::parse("label=*").unwrap().fits(&nameless));
    }

    fn check_refused(condition: &str, says: &str) {
        let message = Condition::parse(condition).unwrap_err().text(Language::English.wording());
        assert!(message.contains(says), "{message}");
    }

    #[test]
    fn a_broken_condition_says_what_is_wrong() {
        check_refused("  ", "is empty");
        for text in ["name", "name=", "colour=red", "=x", "name:x"] {
            check_refused(text, "name=");
        }
        check_refused("network=10.0.0.1/8", "10.0.0.0/8");
        check_refused("network=office", "10.20.20.0/24");
    }

    #[test]
    fn an_application_is_recognised_by_service_port_or_package() {
        let addresses = ["192.0.2.10".parse().unwrap()];
        let subject = Subject { label: "S-AAAAA", name: Some("erp01"), addresses: &addresses };
        let service = Recogniser::parse("service:ErpServer").unwrap();
        assert!(service.fits_service("erpserver.service"));
        assert!(!service.fits_service("erpserver-backup.service"));
        assert!(!service.fits_package("erpserver"));
        for (text, fits) in [
            ("port:1433@ERP01", true),
            ("port:1433@S-AAAAA", true),
            ("port:1433@192.0.2.10", true),
            ("port:1433", true),
            ("port:1434@ERP01", false),
            ("port:1433@ERP02", false),
        ] {
            assert_eq!(Recogniser::parse(text).unwrap().fits_port(1433, &subject), fits, "{text}");
        }
        let package = Recogniser::parse("package:erp-client*").unwrap();
        assert!(package.fits_package("erp-client-common"));
        assert!(!package.fits_package("liberp-client"));
        assert!(!package.fits_service("erp-client"));
    }

    #[test]
    fn a_broken_recogniser_says_what_is_wrong() {
        for text in
            ["", "erp", "port:", "port:0", "port:70000", "port:80@", "dienst:x", "service: "]
        {
            let message = Recogniser::parse(text).unwrap_err().text(Language::English.wording());
            assert!(message.contains("service:NAME"), "{message}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(text: String) {
            let _ = Condition::parse(&text);
            let _ = Recogniser::parse(&text);
        }
    }
}
