//! What the members of a group show together.
//!
//! A gateway that five hundred agents see is a group of a thousand lines, in which nothing differs.
//! Comparing each with each before one more is joined would cost millions of looks; the profile says
//! at once that there is nothing to find.

use std::collections::BTreeMap;

use super::compare::{is_target, may_differ};
use super::evidence::{IdentifierKind, MemberEvidence};
use super::line::form;

/// What a group shows, as far as it can keep two members apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Profile<'a> {
    /// Agents are compared by when they spoke, too.
    has_agent: bool,
    /// The address of a cluster is joined with no member.
    is_cluster: bool,
    /// By kind and form; of texts of one form that differ, two devices are known.
    shown: BTreeMap<(IdentifierKind, &'a str), Shown<'a>>,
}

/// The texts of one kind and form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown<'a> {
    One(&'a str),
    Several,
}

impl<'a> Profile<'a> {
    pub(super) fn of(member: &'a MemberEvidence) -> Self {
        let mut profile = Self { has_agent: !is_target(member), ..Self::default() };
        for identifier in member.identifiers.iter().map(|it| &it.identifier) {
            profile.is_cluster |= identifier.kind == IdentifierKind::VirtualAddress;
            if may_differ(identifier.kind) {
                let text = identifier.text.as_str();
                profile.add((identifier.kind, form(identifier.kind, text)), Shown::One(text));
            }
        }
        profile
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.has_agent |= other.has_agent;
        self.is_cluster |= other.is_cluster;
        for (key, shown) in other.shown {
            self.add(key, shown);
        }
    }

    fn add(&mut self, key: (IdentifierKind, &'a str), shown: Shown<'a>) {
        let held = self.shown.entry(key).or_insert(shown);
        if *held != shown {
            *held = Shown::Several;
        }
    }

    /// Whether its members show texts of this kind that could be compared and are not the same.
    pub(super) fn is_divided(&self, kind: IdentifierKind) -> bool {
        self.shown.iter().any(|((its, _), shown)| *its == kind && *shown == Shown::Several)
    }

    /// Whether a member of one group may contradict a member of the other. Where this is false, none
    /// does; where it is true, they have to be compared.
    pub(super) fn may_contradict(&self, other: &Self) -> bool {
        let differs = |(key, mine): (&(IdentifierKind, &'a str), &Shown<'a>)| {
            other.shown.get(key).is_some_and(|theirs| theirs != mine || *mine == Shown::Several)
        };
        self.is_cluster
            || other.is_cluster
            || (self.has_agent && other.has_agent)
            || self.shown.iter().any(differs)
    }
}
