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
                if *statement == Statement::Version && found.version.is_none() {
                    found.version = known.version.clone().filter(|_| found.product.is_some());
                }
                found.learn(known, text);
            }
        }
        if *statement == Statement::Build {
            found.learn(windows::of_build(text), text);
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
