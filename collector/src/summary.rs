//! What `quick` found, in a few lines: files, assets, and what is missing and why.

use std::io::{self, Write};

use inventory::asset::{Asset, Contact};
use observation::latest::{Absent, Privilege};
use wording::Wording;

use crate::command::{clean, print_document, table};
use crate::quick::{Found, missing};

/// Reasons that are shown; the workbook holds all.
const REASONS_MAX: usize = 12;

/// Writes the summary.
///
/// # Errors
/// If `out` takes no more.
pub fn print(out: &mut dyn Write, found: &Found, wording: &Wording) -> io::Result<()> {
    let mut counts = table(wording, &["found", "count"]);
    for (key, count) in totals(&found.assets) {
        counts.add_row([wording.text(&format!("command-total-{key}")), count.to_string()]);
    }
    for asset in found.assets.iter().filter(|it| it.contact == Contact::Reported) {
        let name = asset.name.as_ref().map_or("–", |it| it.value.as_str());
        let system = asset.operating_system.as_ref().and_then(|it| it.value.pretty_name.as_deref());
        writeln!(out, "{} {} – {}", asset.label, clean(name), clean(system.unwrap_or("–")))?;
    }
    writeln!(out, "\n{counts}")?;
    // What scans could not see is told with the scan.
    for asset in found.assets.iter().filter(|it| it.contact == Contact::Reported) {
        gaps(out, asset, wording)?;
    }
    if let Some(scan) = &found.scan {
        writeln!(out)?;
        print_document(out, &scan.document, wording)?;
    }
    writeln!(out)?;
    found.written.iter().try_for_each(|it| writeln!(out, "{}", it.display()))
}

fn totals(assets: &[Asset]) -> [(&'static str, usize); 7] {
    let sum = |of: fn(&Asset) -> usize| assets.iter().map(of).sum();
    [
        ("assets", assets.len()),
        ("software", sum(|it| it.software.len())),
        ("services", sum(|it| it.services.len())),
        ("ports", sum(|it| it.ports.len())),
        ("partners", sum(|it| it.partners.len())),
        ("certificates", sum(|it| it.certificates.len())),
        ("accounts", sum(|it| it.accounts.len())),
    ]
}

fn gaps(out: &mut dyn Write, asset: &Asset, wording: &Wording) -> io::Result<()> {
    let all = missing(asset);
    // What a machine does not have is no gap in what we know of it.
    let open: Vec<_> = all.iter().filter(|it| !matches!(it.1, Absent::NotHere { .. })).collect();
    if open.is_empty() {
        return writeln!(out, "{}", wording.text("command-nothing-missing"));
    }
    let mut lines = table(wording, &["missing", "reason", "count"]);
    for (what, reason, count) in open.iter().take(REASONS_MAX) {
        lines.add_row([subject(what, wording), why(reason, wording), count.to_string()]);
    }
    writeln!(out, "{lines}")?;
    let needs_root = |it: &&&(String, Absent, usize)| {
        matches!(it.1, Absent::NotAllowed { needs: Privilege::Root, .. })
    };
    if open.iter().any(|it| needs_root(&it)) {
        writeln!(out, "{}", wording.text("command-more-as-root"))?;
    }
    Ok(())
}

/// A source or field in words.
fn subject(what: &str, wording: &Wording) -> String {
    let dashed = what.replace(['.', '_'], "-");
    let keys = [format!("absent-source-{dashed}"), format!("absent-field-{dashed}")];
    let known = keys.iter().find(|it| wording.has(it));
    known.map_or_else(|| what.to_owned(), |it| wording.text(it))
}

/// A reason in words, without the single object that it speaks of.
fn why(reason: &Absent, wording: &Wording) -> String {
    match reason {
        Absent::NotHere { .. } => wording.text("command-reason-not-here"),
        Absent::NotAllowed { needs, .. } => {
            let needs = wording.text(match needs {
                Privilege::Root => "absent-privilege-root",
                Privilege::Ptrace => "absent-privilege-ptrace",
                Privilege::ReadAll => "absent-privilege-read-all",
                Privilege::Group => "absent-privilege-group",
            });
            wording.text_with("command-reason-not-allowed", &[("needs", needs.into())])
        }
        Absent::Failed { .. } => wording.text("command-reason-failed"),
        Absent::TimedOut { .. } => wording.text("command-reason-timed-out"),
        Absent::NotLookedAt { why, .. } => {
            let key = format!("absent-not-looked-at-{}", why.replace('_', "-"));
            let why = if wording.has(&key) { wording.text(&key) } else { why.clone() };
            wording.text_with("command-reason-not-looked-at", &[("why", why.into())])
        }
    }
}
