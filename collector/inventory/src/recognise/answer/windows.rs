//! `data/recognise/windows.toml`: which system a Windows build is.

use std::sync::OnceLock;

use observation::latest::ServiceProtocol;
use serde::Deserialize;

use super::{Confidence, Recognition};
use crate::asset::{AssetKind, OperatingSystemDescription};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Builds {
    build: Vec<Build>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Build {
    /// `major.minor.build`, as NTLM gives it.
    number: String,
    /// The system; two of them where server and workplace share a build.
    name: String,
    #[serde(default)]
    kind: Option<AssetKind>,
    /// Protocols over which others than Windows state this number too: there it says nothing.
    #[serde(default)]
    not_said_by: Vec<ServiceProtocol>,
}

/// What a build that was stated over a protocol says. A build that is not listed is a Windows all the same, and its number stands.
pub(super) fn of_build(protocol: ServiceProtocol, text: &str) -> Recognition {
    let mut numbers = text.splitn(3, '.').map(|it| it.parse::<u32>());
    let (Some(Ok(major)), Some(Ok(minor)), Some(Ok(build))) =
        (numbers.next(), numbers.next(), numbers.next())
    else {
        return Recognition::default();
    };
    // Samba and others that are no Windows give no build.
    if build == 0 || major < 5 {
        return Recognition::default();
    }
    let known = builds().build.iter().find(|it| it.number == format!("{major}.{minor}.{build}"));
    if known.is_some_and(|it| it.not_said_by.contains(&protocol)) {
        return Recognition::default();
    }
    let system = OperatingSystemDescription {
        id: Some("windows".to_owned()),
        name: Some("Windows".to_owned()),
        version: Some(format!("{major}.{minor}.{build}")),
        pretty_name: Some(match known {
            Some(known) => format!("{} (Build {build})", known.name),
            None => format!("Windows (Build {build})"),
        }),
        ..OperatingSystemDescription::default()
    };
    Recognition {
        kind: known.and_then(|it| it.kind),
        system: Some(system),
        confidence: Confidence::Stated,
        ..Recognition::default()
    }
}

fn builds() -> &'static Builds {
    static DATA: OnceLock<Builds> = OnceLock::new();
    // The file is part of the program; a test reads it.
    DATA.get_or_init(|| {
        toml::from_str(include_str!("../../../data/recognise/windows.toml")).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_can_be_read_and_every_build_stands_once() {
        let data: Builds =
            toml::from_str(include_str!("../../../data/recognise/windows.toml")).unwrap();
        let mut numbers: Vec<&str> = data.build.iter().map(|it| it.number.as_str()).collect();
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count);
    }

    #[test]
    fn a_build_that_servers_and_workplaces_share_says_no_kind() {
        let pretty =
            |text| of_build(ServiceProtocol::Smb, text).system.and_then(|it| it.pretty_name);
        assert_eq!(pretty("10.0.20348").as_deref(), Some("Windows Server 2022 (Build 20348)"));
        assert_eq!(of_build(ServiceProtocol::Smb, "10.0.20348").kind, Some(AssetKind::Server));
        assert_eq!(of_build(ServiceProtocol::Smb, "10.0.19045").kind, Some(AssetKind::Client));
        assert_eq!(of_build(ServiceProtocol::Smb, "10.0.17763").kind, None);
        assert_eq!(pretty("10.0.99999").as_deref(), Some("Windows (Build 99999)"));
    }

    #[test]
    fn the_build_that_freerdp_states_everywhere_is_no_windows_over_rdp() {
        assert_eq!(of_build(ServiceProtocol::Rdp, "6.1.7601"), Recognition::default());
        assert!(of_build(ServiceProtocol::Smb, "6.1.7601").system.is_some());
        assert!(of_build(ServiceProtocol::Rdp, "6.1.7600").system.is_some());
        assert!(of_build(ServiceProtocol::Rdp, "10.0.20348").system.is_some());
    }

    #[test]
    fn what_gives_no_build_is_no_windows() {
        for text in ["6.1.0", "", "10.0", "10.0.x", "4.0.1381", "1.2.3"] {
            assert_eq!(of_build(ServiceProtocol::Smb, text), Recognition::default(), "{text}");
        }
    }
}
