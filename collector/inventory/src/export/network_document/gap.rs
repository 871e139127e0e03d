//! What should be known and is not.

use observation::latest::Absent;
use serde::Deserialize;
use serde::Serialize;

use super::DocumentFrame;
use super::owners::Owners;
use crate::asset::Asset;
use crate::asset::Contact;
use crate::asset::SourceStatus;

/// One thing that is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GapEntry {
    /// The name of the device; `null`: the run as a whole.
    pub device: Option<String>,
    /// What is missing: a probe (`scan.snmp`), a field, `contact`, or `run`.
    pub what: String,
    /// Why: `not_allowed`, `failed`, `timed_out`, `not_looked_at`, `seen_not_contacted`, or the code
    /// of a remark on the run (`no_raw_sockets`, `interrupted` …).
    pub reason: String,
    /// What the reason speaks of.
    pub detail: Option<String>,
}

/// Probes that ask every host by a datagram: silence there is no sign that something is missing.
const ASKED_EVERYWHERE: &[&str] = &["scan.dns", "scan.mdns", "scan.netbios", "scan.ssdp"];

pub(super) fn gaps(owners: &Owners<'_>, frame: &DocumentFrame) -> Vec<GapEntry> {
    let mut gaps: Vec<GapEntry> = frame
        .remarks
        .iter()
        .map(|it| GapEntry {
            device: None,
            what: "run".to_owned(),
            reason: it.code.clone(),
            detail: some(it.what.clone()),
        })
        .collect();
    for (index, asset) in owners.assets() {
        of_asset(&mut gaps, &owners.name(index), asset);
    }
    gaps.sort();
    gaps.dedup();
    gaps
}

fn of_asset(gaps: &mut Vec<GapEntry>, name: &str, asset: &Asset) {
    let mut push = |what: &str, reason: &str, detail: Option<String>| {
        gaps.push(GapEntry {
            device: Some(name.to_owned()),
            what: what.to_owned(),
            reason: reason.to_owned(),
            detail,
        });
    };
    if asset.contact == Contact::Seen {
        push("contact", "seen_not_contacted", None);
    }
    // What an agent could not read on its host is in the workbook.
    for source in asset.sources.iter().filter(|it| it.source.as_str().starts_with("scan.")) {
        let mut missing = |what: &str, absent: &Absent| {
            if let Some((reason, detail)) = reason(absent) {
                push(what, reason, some(detail));
            }
        };
        match &source.status {
            SourceStatus::Absent(absent) if is_mere_silence(source.source.as_str(), absent) => {}
            SourceStatus::Absent(absent) => missing(source.source.as_str(), absent),
            SourceStatus::Read { gaps, .. } => {
                gaps.iter().for_each(|it| missing(&it.field, &it.reason));
            }
        }
    }
}

fn is_mere_silence(source: &str, absent: &Absent) -> bool {
    let is_silence = match absent {
        Absent::TimedOut { .. } => true,
        Absent::NotHere { .. }
        | Absent::NotAllowed { .. }
        | Absent::Failed { .. }
        | Absent::NotLookedAt { .. } => false,
    };
    // A probe of a more thorough profile is the same probe.
    let probe = source.trim_end_matches("_normal").trim_end_matches("_deep");
    is_silence && ASKED_EVERYWHERE.contains(&probe)
}

/// The code and object of a reason; what is not there is no gap.
fn reason(absent: &Absent) -> Option<(&'static str, String)> {
    Some(match absent {
        Absent::NotHere { .. } => return None,
        Absent::NotAllowed { what, .. } => ("not_allowed", what.clone()),
        Absent::Failed { doing, cause } => ("failed", format!("{doing}: {cause}")),
        Absent::TimedOut { doing, .. } => ("timed_out", doing.clone()),
        Absent::NotLookedAt { why, what } => {
            ("not_looked_at", format!("{why} {what}").trim().to_owned())
        }
    })
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
