//! Replies as a person reads them, or as JSON.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use inventory::asset::Asset;
use inventory::export::{change_text, change_value};
use inventory::reconcile::{ChangeKind, Link};
use jiff::Timestamp;
use observation::latest::protocol::AgentKind;
use serde::Serialize;
use store::{AgentRecord, TokenRecord};
use wording::Wording;

use super::assets::row;
use super::guide::GuideReply;
use super::order::{AssetExplanation, AssetHistory, Reply};
use super::{
    log, print_accounts, print_details, print_guide, print_health, print_import, print_scans,
    print_snapshots,
};
use crate::snapshot::state_code;

/// Characters of the hash of a key that are shown: enough to compare, as nobody makes a key for 64 bits.
const KEY_CHARACTERS: usize = 16;

/// How a reply is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Writes a reply to `out`.
///
/// # Errors
/// If `out` takes no more; a closed pipe is for the caller to forgive.
pub fn print(out: &mut dyn Write, reply: &Reply, form: Form, wording: &Wording) -> io::Result<()> {
    match (reply, form) {
        (Reply::Guide(it), Form::Json) => match it.as_ref() {
            GuideReply::Next(it) => json(out, it),
            GuideReply::Due(it) => json(out, it),
            GuideReply::Templates(it) => json(out, it),
            GuideReply::Applied(it) => json(out, it),
        },
        (Reply::Guide(it), Form::Table) => print_guide::reply(out, it, wording),
        (Reply::Imported(it), Form::Json) => json(out, it),
        (Reply::Imports(list), Form::Json) => json(out, list),
        (Reply::Imported(it), Form::Table) => print_import::report(out, it, wording),
        (Reply::Snapshots(it), _) => print_snapshots::reply(out, it, form, wording),
        (Reply::Imports(list), Form::Table) => print_import::list(out, list, wording),
        (Reply::Log(page), Form::Json) => json(out, page),
        (Reply::Log(page), Form::Table) => log::print(out, page, wording),
        (Reply::Accounts(list), Form::Json) => json(out, list),
        (Reply::Accounts(list), Form::Table) => print_accounts::accounts(out, list, wording),
        (Reply::Claims(list) | Reply::Pending { claims: list, .. }, Form::Json) => json(out, list),
        (Reply::Pending { claims, recoveries }, Form::Table) => {
            print_accounts::recoveries(out, recoveries.iter(), wording)?;
            print_accounts::claims(out, claims, wording)
        }
        (Reply::Claims(list), Form::Table) => print_accounts::claims(out, list, wording),
        (Reply::Entries(table), _) => json(out, table),
        (Reply::Text(text), _) => out.write_all(text.as_bytes()),
        (Reply::Tokens(list), Form::Json) => json(out, list),
        (Reply::Agents(list), Form::Json) => json(out, list),
        (Reply::AgentHealth(list), Form::Json) => json(out, list),
        (Reply::AgentHealth(list), Form::Table) => print_health::agents(out, list, wording),
        (Reply::Assets(list), Form::Json) => json(out, list),
        (Reply::Asset(explanation), Form::Json) => json(out, explanation),
        (Reply::History(history), Form::Json) => json(out, history),
        (Reply::Conflicts(list), Form::Json) => json(out, list),
        (Reply::Tokens(list), Form::Table) => tokens(out, list, wording),
        (Reply::Agents(list), Form::Table) => agents(out, list, wording),
        (Reply::Assets(list), Form::Table) => assets(out, list, wording),
        (Reply::Asset(explanation), Form::Table) => asset(out, explanation, wording),
        (Reply::History(list), Form::Table) => history(out, list, wording),
        (Reply::Conflicts(list), Form::Table) => conflicts(out, list, wording),
        (Reply::Scanned(it), Form::Json) => json(out, &it.document),
        (Reply::Runs(list), Form::Json) => json(out, list),
        (Reply::Plans(list), Form::Json) => json(out, list),
        (Reply::Explained(it), Form::Json) => json(out, it),
        (Reply::Scanned(it), Form::Table) => print_scans::outcome(out, it, wording),
        (Reply::Runs(list), Form::Table) => print_scans::runs(out, list, wording),
        (Reply::Plans(list), Form::Table) => print_scans::plans(out, list, wording),
        (Reply::Explained(it), Form::Table) => print_scans::explanation(out, it, wording),
        (Reply::Token { text, .. }, _) => writeln!(out, "{text}"),
        (Reply::Done { code, object, count }, _) => {
            let arguments = [("object", object.as_str().into()), ("count", (*count as f64).into())];
            writeln!(out, "{}", wording.text_with(&format!("command-done-{code}"), &arguments))
        }
        (Reply::Written { paths, assets, software }, _) => {
            for path in paths {
                writeln!(out, "{}", path.display())?;
            }
            let arguments =
                [("assets", (*assets as f64).into()), ("software", (*software as f64).into())];
            writeln!(out, "{}", wording.text_with("command-written", &arguments))
        }
        (Reply::ChainWhole { events, forgotten, last }, _) => {
            let arguments =
                [("events", (*events as f64).into()), ("forgotten", (*forgotten as f64).into())];
            writeln!(out, "{}", wording.text_with("command-chain-whole", &arguments))?;
            match last {
                Some(event) => writeln!(out, "{}", event.hash),
                None => Ok(()),
            }
        }
    }
}

pub(super) fn json<T: Serialize + ?Sized>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// A table that a pipe can read too: no borders, one line per row as wide as it is there.
pub(crate) fn table(wording: &Wording, columns: &[&str]) -> Table {
    table_of(wording, "command-column", columns)
}

/// The same with headings of another domain of the catalogue.
pub(super) fn table_of(wording: &Wording, domain: &str, columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().map(|it| wording.text(&format!("{domain}-{it}"))));
    table
}

fn tokens(out: &mut dyn Write, list: &[TokenRecord], wording: &Wording) -> io::Result<()> {
    let mut table = table(wording, &["token", "label", "kind", "uses", "expires", "state"]);
    for token in list {
        let state = match token.revoked_at {
            Some(_) => "token-revoked",
            None if token.uses >= token.uses_max => "token-used-up",
            None if token.needs_approval => "token-waits",
            None => "token-open",
        };
        table.add_row([
            token.id.to_string(),
            token.label.clone().unwrap_or_default(),
            kind(token.kind, wording),
            format!("{}/{}", token.uses, token.uses_max),
            instant(token.expires_at),
            wording.text(&format!("command-state-{state}")),
        ]);
    }
    writeln!(out, "{table}")
}

fn agents(out: &mut dyn Write, list: &[AgentRecord], wording: &Wording) -> io::Result<()> {
    let mut table =
        table(wording, &["agent", "host", "kind", "state", "last-seen", "version", "key"]);
    for agent in list {
        let never = || wording.text("command-never");
        table.add_row([
            agent.id.to_string(),
            clean(&agent.host_name),
            kind(agent.kind, wording),
            wording.text(&format!("command-state-{}", state_code(agent.state))),
            agent.last_seen_at.map_or_else(never, instant),
            clean(&agent.software_version),
            agent.public_key_hash.to_string().chars().take(KEY_CHARACTERS).collect(),
        ]);
    }
    writeln!(out, "{table}")
}

fn assets(out: &mut dyn Write, list: &[Asset], wording: &Wording) -> io::Result<()> {
    let mut table = table(wording, &["asset", "name", "system", "addresses", "last-seen"]);
    for asset in list {
        table.add_row(row(asset).map(|it| clean(&it)));
    }
    writeln!(out, "{table}")
}

fn asset(out: &mut dyn Write, explanation: &AssetExplanation, wording: &Wording) -> io::Result<()> {
    let asset = &explanation.asset;
    let mut lines = table(wording, &["value", "content", "source", "observed"]);
    for (key, value) in facts_of(asset) {
        let (content, evidence) = value;
        lines.add_row([
            wording.text(&format!("command-value-{key}")),
            clean(&content),
            evidence.as_ref().map(|it| it.source.to_string()).unwrap_or_default(),
            evidence.as_ref().map(|it| instant(it.observed_at)).unwrap_or_default(),
        ]);
    }
    writeln!(out, "{} {}", asset.label, asset.id)?;
    writeln!(out, "{lines}")?;
    print_details::details(out, explanation, wording)?;
    for link in &explanation.links {
        writeln!(out, "{}", link_line(link, wording))?;
    }
    for fact in &explanation.facts {
        let at = instant(fact.observed_at);
        writeln!(out, "{} {at} {} {}", fact.source, fact.body, clean(&fact.json))?;
    }
    Ok(())
}

type Shown = (String, Option<inventory::asset::Evidence>);

/// The values of the first look; the whole asset is in the JSON form.
fn facts_of(asset: &Asset) -> Vec<(&'static str, Shown)> {
    use inventory::asset::Attested;
    fn text(value: &Attested<String>) -> Shown {
        (value.value.clone(), Some(value.evidence.clone()))
    }
    let mut shown = Vec::new();
    let mut push = |key, value: Option<Shown>| shown.extend(value.map(|it| (key, it)));
    push("name", asset.name.as_ref().map(text));
    push("manufacturer", asset.hardware.manufacturer.as_ref().map(text));
    push("product", asset.hardware.product.as_ref().map(text));
    push("serial", asset.hardware.serial.as_ref().map(text));
    let system = asset
        .operating_system
        .as_ref()
        .map(|it| (it.value.pretty_name.clone().unwrap_or_default(), Some(it.evidence.clone())));
    push("system", system);
    for interface in &asset.interfaces {
        for (address, prefix) in &interface.value.addresses {
            let content = format!("{address}/{prefix} ({})", interface.value.name);
            push("address", Some((content, Some(interface.evidence.clone()))));
        }
    }
    for port in &asset.ports {
        let it = &port.value;
        let chain = [&it.process, &it.unit, &it.package_name, &it.package_version, &it.container];
        let chain: Vec<&str> = chain.into_iter().flatten().map(String::as_str).collect();
        let content = format!("{} {}:{} {}", it.transport, it.address, it.port, chain.join(" → "));
        push("port", Some((content, Some(port.evidence.clone()))));
    }
    let count = asset.software.len();
    push(
        "software",
        asset.software.first().map(|it| (count.to_string(), Some(it.evidence.clone()))),
    );
    shown
}

fn history(out: &mut dyn Write, history: &AssetHistory, wording: &Wording) -> io::Result<()> {
    if let Some(at) = history.first_seen_at {
        let arguments = [("object", history.label.to_string().into()), ("at", instant(at).into())];
        writeln!(out, "{}", wording.text_with("command-first-seen", &arguments))?;
    }
    let mut table = table(wording, &["observed", "change", "field", "before", "after", "source"]);
    for change in &history.changes {
        let value = |it: Option<&str>| {
            clean(&it.map_or_else(|| "–".to_owned(), |it| change_value(wording, change, it)))
        };
        let code = match change.kind {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Changed => "changed",
            ChangeKind::Stated => "stated",
        };
        table.add_row([
            instant(change.at),
            wording.text(&format!("command-change-{code}")),
            clean(&change_text(wording, change)),
            value(change.before.as_deref()),
            value(change.after.as_deref()),
            clean(&change.source),
        ]);
    }
    writeln!(out, "{table}")
}

fn conflicts(out: &mut dyn Write, list: &[Link], wording: &Wording) -> io::Result<()> {
    if list.is_empty() {
        return writeln!(out, "{}", wording.text("command-no-conflicts"));
    }
    list.iter().try_for_each(|it| writeln!(out, "{}", link_line(it, wording)))
}

/// Why two observers are together or apart.
pub(super) fn link_line(link: &Link, wording: &Wording) -> String {
    let sign = if link.is_joined { "=" } else { "≠" };
    let reason = wording.text(&format!("asset-link-{}", link.reason.replace('_', "-")));
    let agreeing: Vec<String> =
        link.agreeing.iter().map(|it| format!("{:?} {}", it.kind, clean(&it.text))).collect();
    format!("{} {sign} {}: {reason} [{}]", link.left, link.right, agreeing.join(", "))
}

fn kind(kind: AgentKind, wording: &Wording) -> String {
    wording.text(match kind {
        AgentKind::Server => "command-kind-server",
        AgentKind::Client => "command-kind-client",
    })
}

pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Text of others on a terminal: no control characters, no change of direction.
pub(crate) fn clean(text: &str) -> String {
    let is_bad = |it: char| {
        it.is_control()
            || ('\u{202a}'..='\u{202e}').contains(&it)
            || ('\u{2066}'..='\u{2069}').contains(&it)
    };
    text.chars().map(|it| if is_bad(it) { '\u{fffd}' } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_steer_a_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\r\n\u{202e}c"), "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}c");
    }

    #[test]
    fn a_list_without_entries_is_a_heading() {
        let mut out = Vec::new();
        let wording = wording::Language::English.wording();
        print(&mut out, &Reply::Agents(Vec::new()), Form::Table, wording).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("Agent"));
    }
}
