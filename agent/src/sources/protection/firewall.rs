//! The packet filter: rules of nf_tables from the kernel, and what ufw and firewalld are set to.
//!
//! The older tables (ip_tables) are named where they are loaded; their rules are not read.

mod chains;
mod firewalld;
mod ufw;

use observation::latest::{
    Absent, Cadence, Fact, FirewallKind, FirewallState, Gap, OpenToAny, Platform, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// The packet filter.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("protection.firewall"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// Which of the older tables are loaded. Through process 1: the name without it is a link.
const LEGACY_PATHS: [&str; 2] = ["/proc/1/net/ip_tables_names", "/proc/1/net/ip6_tables_names"];
/// Most open ranges of one firewall.
const OPEN_MAX: usize = 1_000;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let mut found = Found::default();
    let rules = match host.firewall() {
        Ok(rules) => Some(rules),
        Err(Absent::NotHere { .. }) => None,
        Err(reason) => {
            found.gaps.push(gap(reason));
            None
        }
    };
    if let Some(rules) = &rules {
        add(&mut found, chains::state(rules));
    }
    let has_table =
        |it: &str| rules.as_ref().map(|rules| rules.tables.iter().any(|table| table.name == it));
    read(&mut found, firewalld::state(host, has_table("firewalld")));
    read(&mut found, ufw::state(host));
    legacy(host, &mut found);
    if found.facts.is_empty() && found.gaps.is_empty() {
        return Err(Absent::NotHere {
            looked_at: "nf_tables, ip_tables, ufw, firewalld".to_owned(),
        });
    }
    Ok(found)
}

/// Keeps what a program's configuration says; a program that is not there says nothing.
fn read(found: &mut Found, state: Result<FirewallState, Absent>) {
    match state {
        Ok(state) => add(found, state),
        Err(Absent::NotHere { .. }) => {}
        Err(reason) => found.gaps.push(gap(reason)),
    }
}

fn add(found: &mut Found, mut state: FirewallState) {
    state.open_to_any = joined(state.open_to_any);
    state.policies.sort();
    state.policies.dedup();
    found.facts.push(Fact::FirewallState(state));
}

fn legacy(host: &dyn Host, found: &mut Found) {
    let mut tables = Vec::new();
    for path in LEGACY_PATHS {
        match host.text(path) {
            Ok(text) => tables.extend(text.lines().map(|it| it.trim().to_owned())),
            Err(Absent::NotHere { .. }) => {}
            Err(reason) => found.gaps.push(gap(reason)),
        }
    }
    tables.sort();
    tables.dedup();
    if tables.is_empty() {
        return;
    }
    let (why, what) = ("legacy_tables".to_owned(), tables.join(", "));
    found.gaps.push(gap(Absent::NotLookedAt { why, what }));
    add(found, empty(FirewallKind::IptablesLegacy));
}

fn empty(kind: FirewallKind) -> FirewallState {
    let (policies, open_to_any) = (Vec::new(), Vec::new());
    FirewallState { kind, is_active: None, policies, rule_count: None, open_to_any }
}

fn gap(reason: Absent) -> Gap {
    Gap { field: "firewall_state".to_owned(), of: None, reason }
}

/// Sorted, with ranges that touch as one.
fn joined(mut open: Vec<OpenToAny>) -> Vec<OpenToAny> {
    open.sort_unstable();
    let mut kept: Vec<OpenToAny> = Vec::new();
    for range in open {
        match kept.last_mut() {
            Some(last)
                if last.transport == range.transport
                    && range.first_port <= last.last_port.saturating_add(1) =>
            {
                last.last_port = last.last_port.max(range.last_port);
            }
            _ => kept.push(range),
        }
    }
    kept.truncate(OPEN_MAX);
    kept
}

#[cfg(test)]
mod tests;
