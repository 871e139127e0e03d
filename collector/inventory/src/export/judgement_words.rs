//! The words of judgements: what would raise the completeness of a host.

use observation::latest::{Privilege, SourceId};
use wording::Wording;

use crate::assess::{Remedy, Step};

/// Sources that are named of one step; more are counted.
const SOURCES_NAMED_MAX: usize = 3;

/// One thing that would raise the completeness, with what it would bring.
#[must_use]
pub fn step_text(wording: &Wording, step: &Step) -> String {
    let message = match step.remedy {
        Remedy::Right(_) => "assess-step-right",
        Remedy::Failure => "assess-step-failure",
        Remedy::Slowness => "assess-step-slowness",
        Remedy::Complaint => "assess-step-complaint",
    };
    let needs = match step.remedy {
        Remedy::Right(needs) => wording.text(privilege(needs)),
        Remedy::Failure | Remedy::Slowness | Remedy::Complaint => String::new(),
    };
    let arguments = [
        ("needs", needs.into()),
        ("sources", sources(wording, &step.sources).into()),
        ("gain", step.gain_percent.into()),
    ];
    wording.text_with(message, &arguments)
}

fn sources(wording: &Wording, sources: &[SourceId]) -> String {
    let named = sources.iter().take(SOURCES_NAMED_MAX);
    let mut texts: Vec<String> = named.map(|it| source(wording, it)).collect();
    if let Some(more) = sources.len().checked_sub(SOURCES_NAMED_MAX).filter(|it| *it > 0) {
        texts.push(wording.text_with("sheets-and-more", &[("count", more.into())]));
    }
    texts.join(", ")
}

fn source(wording: &Wording, source: &SourceId) -> String {
    let key = format!("absent-source-{}", source.as_str().replace(['.', '_'], "-"));
    if wording.has(&key) { wording.text(&key) } else { source.to_string() }
}

/// The message that names a right.
pub(super) const fn privilege(needs: Privilege) -> &'static str {
    match needs {
        Privilege::Root => "absent-privilege-root",
        Privilege::Ptrace => "absent-privilege-ptrace",
        Privilege::ReadAll => "absent-privilege-read-all",
        Privilege::Group => "absent-privilege-group",
    }
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;

    fn step(remedy: Remedy, sources: &[&'static str]) -> Step {
        let sources = sources.iter().map(|it| SourceId::from_static(it)).collect();
        Step { remedy, sources, gain_percent: 18 }
    }

    #[test]
    fn a_step_says_what_to_do_and_what_it_brings() {
        let text = |it: &Step| step_text(Language::English.wording(), it);
        let smbios = ["hardware.smbios", "accounts.accounts"];
        assert_eq!(
            text(&step(Remedy::Right(Privilege::Root), &smbios)),
            "run the reader with the rights of the administrator (root): +18 % (maker, model, serial \
             number and BIOS (SMBIOS), accounts)"
        );
        let many = ["a.b", "c.d", "e.f", "g.h", "i.j"];
        assert_eq!(
            text(&step(Remedy::Failure, &many)),
            "find out why it fails: a.b, c.d, e.f, and 2 more: +18 %"
        );
    }

    #[test]
    fn every_step_is_a_sentence_in_both_languages() {
        for language in [Language::German, Language::English] {
            for remedy in [
                Remedy::Right(Privilege::Root),
                Remedy::Right(Privilege::Ptrace),
                Remedy::Right(Privilege::ReadAll),
                Remedy::Right(Privilege::Group),
                Remedy::Failure,
                Remedy::Slowness,
                Remedy::Complaint,
            ] {
                let text = step_text(language.wording(), &step(remedy, &["system.kernel"]));
                assert!(text.contains("+18") && !text.contains('⟨'), "{text}");
            }
        }
    }
}
