//! What goes when there is too much: what moves by itself before what is steady, older before newer.

use std::collections::BTreeSet;

use observation::latest::{Cadence, ReportNumber};

use super::{Entry, Spool};

/// Most reports with steady sections: a host that changes every hour fills a month.
const STEADY_MAX: usize = 800;
/// Most reports of what moves by itself alone. A month at a quarter of an hour has 2,880; the newest
/// quarter stays as it is, from the rest every second one goes where they lie closest.
pub(super) const VOLATILE_MAX: usize = 1200;
/// Volatile reports that are kept when there is no space: the newest state is in them.
const VOLATILE_MIN: usize = 8;

impl Spool {
    /// Keeps the spool within its bounds: what moves by itself goes before what is steady.
    pub(super) fn fit(&mut self) {
        let is_full = |it: &Self| it.bytes > it.bytes_max;
        let mut volatile = self.volatile();
        let before = volatile.len();
        while volatile.len() > VOLATILE_MAX || (is_full(self) && volatile.len() > VOLATILE_MIN) {
            let older = volatile.len() / 4 * 3;
            for number in thinned(volatile.get(..older).unwrap_or_default()) {
                self.drop_entry(number);
            }
            volatile = self.volatile();
        }
        if volatile.len() < before {
            let dropped = before - volatile.len();
            self.complain(format!(
                "the spool is full: {dropped} older reports of what moves by itself were dropped"
            ));
        }
        let has_too_many = |it: &Self| it.entries.len() > STEADY_MAX + VOLATILE_MAX;
        let steady = self.entries.len() - volatile.len();
        if is_full(self) || steady > STEADY_MAX {
            self.collapse();
        }
        while (is_full(self) || has_too_many(self)) && self.entries.len() > 1 {
            let Some(number) = self.entries.keys().next().copied() else { break };
            self.complain("the spool is full: the oldest report was dropped".to_owned());
            self.drop_entry(number);
        }
    }

    /// Reports of what moves by itself alone, oldest first.
    pub(super) fn volatile(&self) -> Vec<ReportNumber> {
        let is_volatile =
            |it: &&Entry| it.sections.iter().all(|head| head.cadence == Cadence::Volatile);
        self.entries.values().filter(is_volatile).map(|it| it.number).collect()
    }

    /// Leaves each source only its newest section.
    fn collapse(&mut self) {
        let mut seen = BTreeSet::new();
        let numbers: Vec<ReportNumber> = self.entries.keys().rev().copied().collect();
        for number in numbers {
            let Some(entry) = self.entries.get_mut(&number) else { continue };
            let before = std::mem::take(&mut entry.sections);
            let (kept, gone): (Vec<_>, Vec<_>) =
                before.into_iter().partition(|it| seen.insert(it.source.clone()));
            entry.sections = kept;
            let entry = entry.clone();
            let has_changed = !gone.is_empty();
            self.release(gone.into_iter().map(|it| it.hash));
            if entry.sections.is_empty() {
                self.drop_entry(number);
            } else if has_changed {
                let entry = Entry { host_hash: None, ..entry };
                self.entries.insert(number, entry.clone());
                if let Err(error) = self.keep_entry(&entry) {
                    self.complain(format!("a report could not be rewritten: {error}"));
                }
            }
        }
        self.complain("the spool is full: older states were dropped".to_owned());
    }
}

/// Which of these go so that the rest lies further apart: every second one where they lie closest. The
/// oldest stays, so that the time is spanned.
pub(super) fn thinned(numbers: &[ReportNumber]) -> Vec<ReportNumber> {
    let gap = |from: ReportNumber, to: ReportNumber| match from.epoch == to.epoch {
        true => to.sequence.saturating_sub(from.sequence),
        false => u64::MAX,
    };
    let pairs = numbers.iter().zip(numbers.iter().skip(1));
    let closest = pairs.map(|(from, to)| gap(*from, *to)).min().unwrap_or(u64::MAX);
    let Some(mut kept) = numbers.first().copied() else { return Vec::new() };
    let mut gone = Vec::new();
    for number in numbers.iter().skip(1) {
        if gap(kept, *number) < closest.saturating_mul(2) {
            gone.push(*number);
        } else {
            kept = *number;
        }
    }
    if gone.is_empty() {
        gone.extend(numbers.get(1));
    }
    gone
}
