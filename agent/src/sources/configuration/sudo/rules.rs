//! Rules with their aliases written out and persons under pseudonyms.

use std::collections::BTreeMap;

use observation::latest::{SudoRule, UserName};

use super::grammar::{Alias, AliasKind, Defaults, INVOKER, Item, Privilege};
use crate::sources::attribute::printable;
use crate::sources::person_text::{group, user};
use crate::sources::persons::Persons;

/// How deep aliases may name one another.
const DEPTH_MAX: usize = 16;
/// Most things that a list may come to.
const ITEMS_MAX: usize = 1_000;
/// Most programs of one rule that are named.
const COMMANDS_MAX: usize = 100;

/// Writes aliases out.
pub(super) struct Resolver<'a> {
    pub(super) aliases: &'a BTreeMap<(AliasKind, String), Alias>,
    pub(super) persons: &'a Persons<'a>,
}

impl Resolver<'_> {
    pub(super) fn rule(&self, privilege: &Privilege, place: &str) -> SudoRule {
        let mut commands = self.texts(AliasKind::Command, &privilege.commands);
        let left_out = commands.len().saturating_sub(COMMANDS_MAX);
        commands.truncate(COMMANDS_MAX);
        let is_password = |it: &&String| ["PASSWD", "NOPASSWD"].contains(&&***it);
        SudoRule {
            who: self.texts(AliasKind::User, &privilege.users),
            hosts: self.texts(AliasKind::Host, &privilege.hosts),
            run_as: self.texts(AliasKind::RunAs, &privilege.run_as),
            // A group that is become has the aliases of accounts, too.
            run_as_groups: self.groups(&privilege.run_as_groups),
            commands,
            commands_left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
            asks_password: privilege.tags.iter().find(is_password).map(|it| it == "PASSWD"),
            tags: privilege.tags.iter().filter(|it| !is_password(it)).cloned().collect(),
            place: place.to_owned(),
        }
    }

    /// Whom settings hold for.
    pub(super) fn scope(&self, defaults: &Defaults) -> Option<String> {
        let (mark, items) = defaults.binding.as_ref()?;
        let kind = match mark {
            '@' => AliasKind::Host,
            '>' => AliasKind::RunAs,
            '!' => AliasKind::Command,
            _ => AliasKind::User,
        };
        Some(format!("{mark}{}", self.texts(kind, items).join(",")))
    }

    /// An account as it may leave the host.
    pub(super) fn account(&self, name: &str) -> String {
        if let Some(number) = name.strip_prefix('#').and_then(|it| it.parse().ok()) {
            let (UserName::Clear(text) | UserName::Pseudonym(text)) = self.persons.account(number);
            return text;
        }
        match name.strip_prefix('%') {
            Some(name) if name.starts_with([':', '#']) => format!("%{name}"),
            Some(name) => format!("%{}", group(self.persons, name)),
            None if name == "ALL" || name == INVOKER || name.starts_with('+') => name.to_owned(),
            None => user(self.persons, name),
        }
    }

    fn groups(&self, items: &[Item]) -> Vec<String> {
        let items = self.expanded(AliasKind::RunAs, items);
        items.iter().map(|it| written(it, &group(self.persons, &it.text))).collect()
    }

    fn texts(&self, kind: AliasKind, items: &[Item]) -> Vec<String> {
        let text = |it: &Item| match kind {
            AliasKind::User | AliasKind::RunAs => written(it, &self.account(&it.text)),
            AliasKind::Host => written(it, &it.text),
            AliasKind::Command => written(it, &self.persons.path(&it.text)),
        };
        self.expanded(kind, items).iter().map(text).collect()
    }

    /// The list with aliases written out.
    fn expanded(&self, kind: AliasKind, items: &[Item]) -> Vec<Item> {
        let mut expanded = Vec::new();
        self.expand(kind, items, false, DEPTH_MAX, &mut expanded);
        expanded
    }

    fn expand(
        &self,
        kind: AliasKind,
        items: &[Item],
        is_negated: bool,
        depth: usize,
        into: &mut Vec<Item>,
    ) {
        for item in items {
            let is_negated = is_negated != item.is_negated;
            match self.aliases.get(&(kind, item.text.clone())) {
                Some(alias) if depth > 0 && into.len() < ITEMS_MAX => {
                    self.expand(kind, &alias.items, is_negated, depth - 1, into);
                }
                // Aliases that name themselves say nothing.
                Some(_) => {}
                None if into.len() < ITEMS_MAX => into.push(Item { is_negated, ..item.clone() }),
                None => {}
            }
        }
    }
}

fn written(item: &Item, text: &str) -> String {
    let negation = if item.is_negated { "!" } else { "" };
    let arguments = if item.has_arguments { " …" } else { "" };
    format!("{negation}{}{arguments}", printable(text))
}
