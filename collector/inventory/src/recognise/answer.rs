//! What an answer over the network means: product, version, system, kind of device.
//!
//! All knowledge is in `data/recognise/*.toml`; each rule has its own examples, and a test reads them
//! all. A version comes from the answer itself or not at all.

mod rules;
mod windows;

use observation::latest::{ServiceAnswer, Statement};

use crate::asset::{AssetKind, OperatingSystemDescription};
use rules::rules_for;

/// How sure a rule is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It is usual for what answers so.
    Typical,
    /// The answer says it.
    #[default]
    Stated,
}

/// What an answer means. Each field is `None` where no rule knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recognition {
    /// The product that answers.
    pub product: Option<String>,
    /// Its version, in the words of the answer.
    pub version: Option<String>,
    /// The words that product and version rest on.
    pub said: Option<String>,
    /// The maker of the device.
    pub vendor: Option<String>,
    /// The model of the device.
    pub model: Option<String>,
    /// The level of its firmware.
    pub firmware: Option<String>,
    /// What the device is.
    pub kind: Option<AssetKind>,
    /// Its operating system.
    pub system: Option<OperatingSystemDescription>,
    /// How sure the least sure of the rules behind kind and system is.
    pub confidence: Confidence,
}

/// What this answer means.
///
/// Statements are read in the order of their kinds, rules in the order of the data; for each field
/// the first rule that knows it holds.
#[must_use]
pub fn recognise(answer: &ServiceAnswer) -> Recognition {
    let mut found = Recognition::default();
    for (statement, text) in &answer.statements {
        for rule in rules_for(answer.protocol, *statement) {
            if let Some(known) = rule.read(text) {
                // A field of its own for the version speaks of the product that another field names.
                let is_of_it = known.product.is_none() || known.product == found.product;
                if *statement == Statement::Version && found.version.is_none() && is_of_it {
                    found.version = known.version.clone().filter(|_| found.product.is_some());
                }
                found.learn(known, text);
            }
        }
        if *statement == Statement::Build {
            found.learn(windows::of_build(answer.protocol, text), text);
        }
    }
    found
}

impl Recognition {
    fn learn(&mut self, known: Self, text: &str) {
        if self.product.is_none() && known.product.is_some() {
            self.product = known.product;
            self.version = known.version;
            self.said = Some(text.to_owned());
        }
        if self.kind.is_none() && known.kind.is_some()
            || self.system.is_none() && known.system.is_some()
        {
            self.confidence = self.confidence.min(known.confidence);
        }
        self.vendor = self.vendor.take().or(known.vendor);
        self.model = self.model.take().or(known.model);
        self.firmware = self.firmware.take().or(known.firmware);
        self.kind = self.kind.or(known.kind);
        self.system = self.system.take().or(known.system);
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::{ServiceProtocol, Transport};

    use super::*;

    fn meaning(protocol: ServiceProtocol, said: &[(Statement, &str)]) -> (String, String) {
        let statements = said.iter().map(|(what, text)| (*what, (*text).to_owned())).collect();
        let (transport, port, is_encrypted) = (Transport::Tcp, 1, false);
        let found =
            recognise(&ServiceAnswer { transport, port, protocol, is_encrypted, statements });
        (found.product.unwrap_or_default(), found.version.unwrap_or_default())
    }

    fn check(protocol: ServiceProtocol, said: &[(Statement, &str)], product: &str, version: &str) {
        let expected = (product.to_owned(), version.to_owned());
        assert_eq!(meaning(protocol, said), expected, "{said:?}");
    }

    #[test]
    fn a_successor_of_redis_bears_its_own_version_and_never_that_of_redis() {
        let redis = |server, version, product, expected| {
            let said = [(Statement::Server, server), (Statement::Version, version)];
            check(ServiceProtocol::Redis, &said, product, expected);
        };
        redis("dragonfly", "df-v1.14.0", "Dragonfly", "1.14.0");
        redis("garnet", "1.0.44", "Microsoft Garnet", "1.0.44");
        redis("kvrocks", "2.8.0", "Apache Kvrocks", "2.8.0");
        redis("redict", "7.3.0", "Redict", "7.3.0");
        redis("valkey", "8.0.1", "Valkey", "8.0.1");
        redis("redis", "7.2.4", "Redis", "7.2.4");
        check(ServiceProtocol::Redis, &[(Statement::Version, "7.0.15")], "Redis", "7.0.15");
        check(ServiceProtocol::Redis, &[(Statement::Server, "futuredb")], "", "");
    }

    #[test]
    fn a_relative_of_postgresql_is_not_taken_for_it() {
        let trusting = |version| [(Statement::Authenticate, "none"), (Statement::Version, version)];
        let postgresql = ServiceProtocol::Postgresql;
        check(postgresql, &trusting("15.8 (Debian 15.8-0+deb12u1)"), "PostgreSQL", "15.8");
        check(postgresql, &trusting("11.2-YB-2.19.0.0-b0"), "YugabyteDB", "2.19.0.0-b0");
        check(postgresql, &trusting("13.0.0"), "", "");
    }

    #[test]
    fn the_version_of_an_imap_id_is_that_of_the_named_product() {
        let imap = ServiceProtocol::Imap;
        let banner = (Statement::Banner, "* OK [CAPABILITY IMAP4rev1] mail ready");
        let cyrus = [banner, (Statement::Server, "Cyrus IMAP"), (Statement::Version, "3.6.1")];
        check(imap, &cyrus, "Cyrus IMAP", "3.6.1");
        check(imap, &[banner, (Statement::Version, "3.6.1")], "", "");
    }
}
