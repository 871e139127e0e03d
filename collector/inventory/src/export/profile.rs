//! Which sheets a workbook has, by the framework that it is handed over for.

use serde::{Deserialize, Serialize};

use super::sheet::Sheet;
use super::sheets::in_order;

/// For whom a workbook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// BSI IT-Grundschutz: all sheets.
    Grundschutz,
    /// ISO/IEC 27001: without the building blocks of Grundschutz and the questions of DIN SPEC 27076.
    Iso27001,
    /// VdS 10000: as for ISO/IEC 27001, and without the groups of Grundschutz.
    Vds10000,
    /// What a management reads: without what lists single ports, packages, settings and scans.
    Kompakt,
}

/// Sheets of Grundschutz and of a self-assessment.
const OF_GRUNDSCHUTZ: &[&str] = &["modelling", "questions"];
/// Sheets whose rows are for those who run the systems.
const OF_DETAIL: &[&str] = &[
    "accounts",
    "agents",
    "cables",
    "certificates",
    "configuration",
    "connections",
    "coverage",
    "details",
    "firmware",
    "modelling",
    "questions",
    "scans",
    "services",
    "software_per_system",
];

impl Profile {
    /// All profiles.
    pub const ALL: &'static [Self] =
        &[Self::Grundschutz, Self::Iso27001, Self::Vds10000, Self::Kompakt];

    /// Its name, as people type it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Grundschutz => "grundschutz",
            Self::Iso27001 => "iso27001",
            Self::Vds10000 => "vds10000",
            Self::Kompakt => "kompakt",
        }
    }

    /// Whether a workbook of this profile has a sheet.
    #[must_use]
    pub fn has(self, sheet: &Sheet) -> bool {
        match self {
            Self::Grundschutz => true,
            Self::Iso27001 => !OF_GRUNDSCHUTZ.contains(&sheet.key),
            Self::Vds10000 => !OF_GRUNDSCHUTZ.contains(&sheet.key) && sheet.key != "groups",
            Self::Kompakt => !OF_DETAIL.contains(&sheet.key),
        }
    }
}

/// The sheets of a workbook in order; without a profile all.
#[must_use]
pub fn sheets_of(profile: Option<Profile>) -> Vec<&'static Sheet> {
    in_order().into_iter().filter(|it| profile.is_none_or(|profile| profile.has(it))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::SHEETS;

    #[test]
    fn a_profile_leaves_out_sheets_that_exist_and_keeps_what_formulas_look_into() {
        let all = sheets_of(None).len();
        assert_eq!(sheets_of(Some(Profile::Grundschutz)).len(), all);
        for key in OF_GRUNDSCHUTZ.iter().chain(OF_DETAIL) {
            assert!(SHEETS.iter().any(|it| it.key == *key), "{key}");
        }
        for profile in Profile::ALL {
            let sheets = sheets_of(Some(*profile));
            for key in ["cover", "systems", "risks", "risk_matrix", "data_quality"] {
                assert!(sheets.iter().any(|it| it.key == key), "{profile:?} {key}");
            }
        }
        assert_eq!(sheets_of(Some(Profile::Kompakt)).len(), all - OF_DETAIL.len());
    }

    #[test]
    fn names_are_those_of_the_wire() {
        for profile in Profile::ALL {
            let json = serde_json::to_string(profile).unwrap();
            assert_eq!(json, format!("\"{}\"", profile.code()));
        }
    }
}
