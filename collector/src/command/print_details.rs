//! What an asset has beside the values of the first look: completeness, guests, settings, lists of
//! machines, and all that has no place of its own; each group with its source and time.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use inventory::assess::{Completeness, Step};
use inventory::asset::{Asset, Attested, Evidence};
use inventory::export::{field_texts, kind_text, step_text, value_text};
use wording::Wording;

use super::order::{AssetExplanation, Neighbour};
use super::print::{clean, instant};

/// Rows of a group that are shown; the JSON form has all.
const ROWS_MAX: usize = 40;

/// Rows under one heading: what the group is of, who saw it and when.
type Groups<'a> = BTreeMap<(String, &'a Evidence), Vec<[String; 2]>>;

pub(super) fn details(
    out: &mut dyn Write,
    explanation: &AssetExplanation,
    wording: &Wording,
) -> io::Result<()> {
    if let Some(it) = &explanation.completeness {
        completeness(out, it, wording)?;
    }
    hosting(out, "assess-runs-on", &explanation.runs_on, wording)?;
    hosting(out, "assess-hosts", &explanation.hosts, wording)?;
    hosting(out, "assess-managed-by", &explanation.managed_by, wording)?;
    hosting(out, "assess-manages", &explanation.manages, wording)?;
    let asset = &explanation.asset;
    groups(out, &settings(asset, wording), wording)?;
    groups(out, &machines(asset, wording), wording)?;
    groups(out, &others(asset, wording), wording)
}

fn completeness(out: &mut dyn Write, it: &Completeness, wording: &Wording) -> io::Result<()> {
    let number = |it: usize| (it as f64).into();
    let arguments = [
        ("percent", it.percent.into()),
        ("answered", number(it.answered)),
        ("sources", number(it.sources)),
    ];
    writeln!(out, "\n{}", wording.text_with("assess-completeness", &arguments))?;
    let line = |step: &Step| format!("  {}", step_text(wording, step));
    it.steps.iter().try_for_each(|step| writeln!(out, "{}", line(step)))
}

fn hosting(
    out: &mut dyn Write,
    message: &str,
    others: &[Neighbour],
    wording: &Wording,
) -> io::Result<()> {
    if others.is_empty() {
        return Ok(());
    }
    let name = |it: &Neighbour| match &it.name {
        Some(name) => format!("{} {}", it.label, clean(name)),
        None => it.label.to_string(),
    };
    let names: Vec<String> = others.iter().map(name).collect();
    let arguments = [("others", names.join(", ").into())];
    writeln!(out, "\n{}", wording.text_with(message, &arguments))
}

fn settings<'a>(asset: &'a Asset, wording: &Wording) -> Groups<'a> {
    let mut groups = Groups::new();
    for Attested { value: it, evidence } in &asset.settings {
        let arguments = [("subject", it.subject.as_str().into())];
        let heading = wording.text_with("assess-settings-of", &arguments);
        let scope = it.scope.as_ref().map(|it| format!("[{it}] ")).unwrap_or_default();
        let value = it.value.clone().unwrap_or_else(|| wording.text("assess-not-set"));
        let origin = value_text(wording, "origin", &it.origin);
        let row = [format!("{scope}{}", it.name), format!("{value} ({origin}, {})", it.place)];
        groups.entry((heading, evidence)).or_default().push(row);
    }
    groups
}

fn machines<'a>(asset: &'a Asset, wording: &Wording) -> Groups<'a> {
    let mut groups = Groups::new();
    for Attested { value: it, evidence } in &asset.named_machines {
        let list = value_text(wording, "list", &it.list);
        let arguments = [("list", list.into()), ("keeper", it.keeper.as_str().into())];
        let heading = wording.text_with("assess-machines-of", &arguments);
        let mut said: Vec<String> = it.addresses.iter().map(ToString::to_string).collect();
        said.extend(it.macs.iter().cloned());
        said.extend(it.id.clone());
        said.extend(it.operating_system.clone());
        said.extend(it.is_active.map(|is_active| {
            wording.text(if is_active { "assess-machine-active" } else { "assess-machine-idle" })
        }));
        said.extend(it.last_seen_at.map(instant));
        let name = it.name.clone().unwrap_or_else(|| "–".to_owned());
        groups.entry((heading, evidence)).or_default().push([name, said.join(", ")]);
    }
    groups
}

fn others<'a>(asset: &'a Asset, wording: &Wording) -> Groups<'a> {
    let mut groups = Groups::new();
    for Attested { value: it, evidence } in &asset.details {
        let heading = kind_text(wording, &it.kind);
        let object = it.object.clone().unwrap_or_default();
        let row = [object, field_texts(wording, it).join(", ")];
        groups.entry((heading, evidence)).or_default().push(row);
    }
    groups
}

fn groups(out: &mut dyn Write, groups: &Groups<'_>, wording: &Wording) -> io::Result<()> {
    for ((heading, evidence), rows) in groups {
        let at = instant(evidence.observed_at);
        writeln!(out, "\n{} ({}) · {} · {at}", clean(heading), rows.len(), evidence.source)?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        for row in rows.iter().take(ROWS_MAX) {
            table.add_row(row.each_ref().map(|it| clean(it)));
        }
        writeln!(out, "{table}")?;
        if let Some(more) = rows.len().checked_sub(ROWS_MAX).filter(|it| *it > 0) {
            let arguments = [("count", (more as f64).into())];
            writeln!(out, " {}", wording.text_with("assess-more-in-json", &arguments))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use inventory::asset::{
        AssetId, AssetLabel, Contact, Detail, HardwareDescription, Lifecycle,
        NamedMachineDescription, ObserverId, SettingDescription, Trust,
    };
    use jiff::Timestamp;
    use observation::latest::{AgentId, Privilege, SourceId};
    use uuid::Uuid;
    use wording::Language;

    use super::*;

    fn said<T>(source: &'static str, value: T) -> Attested<T> {
        Attested {
            value,
            evidence: Evidence {
                trust: Trust::Confirmed,
                observed_at: Timestamp::UNIX_EPOCH,
                source: SourceId::from_static(source),
                observer: ObserverId::Agent(AgentId(Uuid::from_u128(1))),
            },
        }
    }

    fn setting(name: &str, value: Option<&str>) -> Attested<SettingDescription> {
        let setting = SettingDescription {
            subject: "sshd".to_owned(),
            scope: None,
            name: name.to_owned(),
            value: value.map(str::to_owned),
            place: "/etc/ssh/sshd_config".to_owned(),
            origin: "configured".to_owned(),
            holds_since: Timestamp::UNIX_EPOCH,
        };
        said("configuration.sshd", setting)
    }

    fn detail(object: String) -> Attested<Detail> {
        let fields = [("is_read_only", "no"), ("size_bytes", "480103981056")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let detail = Detail {
            kind: "file_system".to_owned(),
            object: Some(object),
            fields: BTreeMap::from(fields),
        };
        said("system.file_systems", detail)
    }

    fn explanation() -> AssetExplanation {
        let asset = Asset {
            id: AssetId(Uuid::from_u128(1)),
            label: AssetLabel("S-7K2QD".to_owned()),
            members: Vec::new(),
            first_seen_at: Timestamp::UNIX_EPOCH,
            last_seen_at: Timestamp::UNIX_EPOCH,
            lifecycle: Lifecycle::Operating,
            name: None,
            domain: None,
            kind: None,
            virtual_machine: None,
            hardware: HardwareDescription::default(),
            firmware: Vec::new(),
            operating_system: None,
            interfaces: Vec::new(),
            routes: Vec::new(),
            resolvers: Vec::new(),
            neighbours: Vec::new(),
            cables: Vec::new(),
            services: Vec::new(),
            ports: Vec::new(),
            partners: Vec::new(),
            software: Vec::new(),
            certificates: Vec::new(),
            accounts: Vec::new(),
            groups: Vec::new(),
            contact: Contact::Reported,
            addresses: Vec::new(),
            names: Vec::new(),
            host_keys: Vec::new(),
            paths: Vec::new(),
            settings: vec![setting("PermitRootLogin", Some("no")), setting("Banner", None)],
            named_machines: Vec::new(),
            details: vec![detail("/".to_owned())],
            sources: Vec::new(),
        };
        AssetExplanation {
            asset,
            links: Vec::new(),
            facts: Vec::new(),
            completeness: None,
            runs_on: Vec::new(),
            hosts: Vec::new(),
            managed_by: Vec::new(),
            manages: Vec::new(),
        }
    }

    fn printed(explanation: &AssetExplanation, language: Language) -> String {
        let mut out = Vec::new();
        details(&mut out, explanation, language.wording()).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains('⟨'), "{text}");
        // Columns are as wide as their widest cell: nothing is said by the number of spaces.
        let lines = text.lines().map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn groups_have_words_source_and_time() {
        let text = printed(&explanation(), Language::German);
        for expected in [
            "Einstellungen: sshd (2) · configuration.sshd · 1970-01-01 00:00:00 UTC",
            "PermitRootLogin no (in der Konfiguration gesetzt, /etc/ssh/sshd_config)",
            "Banner nicht gesetzt (in der Konfiguration gesetzt, /etc/ssh/sshd_config)",
            "Dateisystem (1) · system.file_systems · 1970-01-01 00:00:00 UTC",
            "/ nur lesbar: nein, Größe: 480 GB",
        ] {
            assert!(text.contains(expected), "{expected} in\n{text}");
        }
    }

    #[test]
    fn completeness_and_hosts_are_sentences() {
        let mut it = explanation();
        let step = Step {
            remedy: inventory::assess::Remedy::Right(Privilege::Root),
            sources: vec![SourceId::from_static("hardware.smbios")],
            gain_percent: 18,
        };
        it.completeness =
            Some(Completeness { percent: 82, sources: 20, answered: 17, steps: vec![step] });
        let host = Neighbour { label: AssetLabel("S-HOST1".to_owned()), name: Some("pve".into()) };
        it.runs_on = vec![host.clone()];
        it.hosts = vec![host.clone()];
        it.managed_by = vec![Neighbour { label: AssetLabel("S-BMC01".to_owned()), name: None }];
        it.manages = vec![host];
        let text = printed(&it, Language::English);
        for expected in [
            "Completeness: 82 % (17 of 20 sources answered in full)",
            "run the reader with the rights of the administrator (root): +18 %",
            "Runs on: S-HOST1 pve",
            "Hosts: S-HOST1 pve",
            "Management controller (BMC): S-BMC01",
            "Is the management controller of: S-HOST1 pve",
        ] {
            assert!(text.contains(expected), "{expected} in\n{text}");
        }
    }

    #[test]
    fn a_long_group_is_cut_and_text_of_others_cannot_steer_the_terminal() {
        let mut it = explanation();
        it.asset.details =
            (0..ROWS_MAX + 3).map(|number| detail(format!("/\u{1b}[2J{number:03}"))).collect();
        let machine = NamedMachineDescription {
            list: "dhcp_lease".to_owned(),
            keeper: "kea\u{7}".to_owned(),
            place: "/x".to_owned(),
            name: Some("pc\u{1b}9".to_owned()),
            addresses: vec!["10.0.0.9".parse().unwrap()],
            macs: Vec::new(),
            id: None,
            operating_system: None,
            is_active: Some(true),
            last_seen_at: None,
        };
        it.asset.named_machines = vec![said("servers.kea", machine)];
        let text = printed(&it, Language::English);
        assert!(text.contains("and 3 more; -o json shows all"), "{text}");
        assert!(text.contains("DHCP lease (kea\u{fffd}) names (1)"), "{text}");
        assert!(text.contains("pc\u{fffd}9 10.0.0.9, in use"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text}");
    }
}
