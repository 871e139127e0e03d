//! What the members of a group show together.
//!
//! A gateway that five hundred agents see is a group of a thousand lines, in which nothing differs.
//! Comparing each with each before one more is joined would cost millions of looks; the profile says
//! at once that there is nothing to find.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{is_target, may_differ};
use super::evidence::{Identifier, IdentifierKind, MemberEvidence};
use super::line::form;

/// What a group shows, as far as it can keep two members apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Profile<'a> {
    /// Agents are compared by when they spoke, too.
    has_agent: bool,
    /// The address of a cluster is joined with no member.
    is_cluster: bool,
    /// By kind and form what every member shows that shows any: two that have a text in common do not
    /// differ, however many others each of them shows.
    common: BTreeMap<(IdentifierKind, &'a str), BTreeSet<&'a str>>,
}

impl<'a> Profile<'a> {
    /// What is `unusable` is in common with nobody, and yet shown.
    pub(super) fn of(member: &'a MemberEvidence, unusable: &BTreeSet<&Identifier>) -> Self {
        let mut profile = Self { has_agent: !is_target(member), ..Self::default() };
        for identifier in member.identifiers.iter().map(|it| &it.identifier) {
            profile.is_cluster |= identifier.kind == IdentifierKind::VirtualAddress;
            if may_differ(identifier.kind) {
                let text = identifier.text.as_str();
                let key = (identifier.kind, form(identifier.kind, text));
                let usable = (!unusable.contains(identifier)).then_some(text);
                profile.common.entry(key).or_default().extend(usable);
            }
        }
        profile
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.has_agent |= other.has_agent;
        self.is_cluster |= other.is_cluster;
        for (key, texts) in other.common {
            match self.common.get_mut(&key) {
                Some(held) => held.retain(|it| texts.contains(it)),
                None => {
                    self.common.insert(key, texts);
                }
            }
        }
    }

    /// Whether two members may show texts of this kind that could be compared and are not the same.
    pub(super) fn may_be_divided(&self, kind: IdentifierKind) -> bool {
        self.common.iter().any(|((its, _), texts)| *its == kind && texts.is_empty())
    }

    /// Whether a member of one group may contradict a member of the other. Where this is false, none
    /// does; where it is true, they have to be compared.
    pub(super) fn may_contradict(&self, other: &Self) -> bool {
        let differs = |(key, mine): (&(IdentifierKind, &'a str), &BTreeSet<&'a str>)| {
            other.common.get(key).is_some_and(|theirs| mine.is_disjoint(theirs))
        };
        self.is_cluster
            || other.is_cluster
            || (self.has_agent && other.has_agent)
            || self.common.iter().any(differs)
    }
}
