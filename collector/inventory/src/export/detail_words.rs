//! The words of facts that have no place of their own: kinds, fields and values.
//!
//! A code without words shows itself: an agent or a rule may be newer than the catalogue.

use jiff::Timestamp;
use wording::Wording;

use super::common_cells::disk_text;
use crate::asset::Detail;
use crate::reconcile::ChangeEntry;

/// The words of a kind of fact.
#[must_use]
pub fn kind_text(wording: &Wording, kind: &str) -> String {
    words_of(wording, &[format!("detail-kind-{kind}")]).unwrap_or_else(|| kind.to_owned())
}

/// The words of a field: those of the field of this kind, else those of the field.
#[must_use]
pub fn field_text(wording: &Wording, kind: &str, field: &str) -> String {
    let keys = [format!("detail-field-{kind}-{field}"), format!("detail-field-{field}")];
    words_of(wording, &keys).unwrap_or_else(|| field.to_owned())
}

/// The value of a field for people: sizes with their unit, words for codes, all else as it is.
#[must_use]
pub fn value_text(wording: &Wording, field: &str, value: &str) -> String {
    if field.ends_with("_bytes")
        && let Ok(bytes) = value.parse::<u64>()
    {
        return size_text(bytes);
    }
    if let Ok(at) = value.parse::<Timestamp>() {
        return at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    }
    let is_code = value.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    let keys = [format!("detail-value-{field}-{value}"), format!("detail-value-{value}")];
    let words = if is_code { words_of(wording, &keys) } else { None };
    words.unwrap_or_else(|| value.to_owned())
}

/// All fields of a detail: `name: value`, one text for each.
#[must_use]
pub fn field_texts(wording: &Wording, detail: &Detail) -> Vec<String> {
    let text = |(field, value): (&String, &String)| {
        let value = value_text(wording, field, value);
        if field.is_empty() {
            return value;
        }
        format!("{}: {value}", field_text(wording, &detail.kind, field))
    };
    detail.fields.iter().map(text).collect()
}

/// What changed, in words: kind, object and field of the fact. Statements of people and whole assets
/// stand as they are.
#[must_use]
pub fn change_text(wording: &Wording, change: &ChangeEntry) -> String {
    let Some(row) = &change.row else { return change.field.clone() };
    let object = row.object.as_deref().map(|it| format!(" {it}")).unwrap_or_default();
    let field = row.field.as_deref().map(|it| field_text(wording, &row.kind, it));
    let field = field.map(|it| format!(": {it}")).unwrap_or_default();
    format!("{}{object}{field}", kind_text(wording, &row.kind))
}

/// A value before or after a change, for people.
#[must_use]
pub fn change_value(wording: &Wording, change: &ChangeEntry, value: &str) -> String {
    let field = change.row.as_ref().and_then(|it| it.field.as_deref());
    field.map_or_else(|| value.to_owned(), |it| value_text(wording, it, value))
}

/// A size as makers of disks count, decimal; what is smaller than a megabyte in bytes.
fn size_text(bytes: u64) -> String {
    if bytes < 1_000_000 { format!("{bytes} B") } else { disk_text(bytes) }
}

fn words_of(wording: &Wording, keys: &[String]) -> Option<String> {
    let keys = keys.iter().map(|it| it.replace(['_', '.'], "-"));
    keys.into_iter().find(|it| wording.has(it)).map(|it| wording.text(&it))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::collections::BTreeSet;

    use wording::Language;

    use super::*;
    use crate::asset::AssetLabel;
    use crate::reconcile::ChangeKind;
    use crate::reconcile::ChangedRow;

    /// The files that make rows. One that is added to `reconcile/rows` belongs here too.
    const ROWS: &[(&str, &str)] = &[
        ("rows", include_str!("../reconcile/rows.rs")),
        ("access", include_str!("../reconcile/rows/access.rs")),
        ("clock", include_str!("../reconcile/rows/clock.rs")),
        ("component", include_str!("../reconcile/rows/component.rs")),
        ("configuration", include_str!("../reconcile/rows/configuration.rs")),
        ("dhcp_lease", include_str!("../reconcile/rows/dhcp_lease.rs")),
        ("directory", include_str!("../reconcile/rows/directory.rs")),
        ("extension", include_str!("../reconcile/rows/extension.rs")),
        ("firewall", include_str!("../reconcile/rows/firewall.rs")),
        ("licence", include_str!("../reconcile/rows/licence.rs")),
        ("link_neighbour", include_str!("../reconcile/rows/link_neighbour.rs")),
        ("management_interface", include_str!("../reconcile/rows/management_interface.rs")),
        ("network_namespace", include_str!("../reconcile/rows/network_namespace.rs")),
        ("profiles", include_str!("../reconcile/rows/profiles.rs")),
        ("scans", include_str!("../reconcile/rows/scans.rs")),
        ("servers", include_str!("../reconcile/rows/servers.rs")),
        ("service_hardening", include_str!("../reconcile/rows/service_hardening.rs")),
        ("software", include_str!("../reconcile/rows/software.rs")),
        ("storage", include_str!("../reconcile/rows/storage.rs")),
        ("sudo", include_str!("../reconcile/rows/sudo.rs")),
    ];

    /// The code before the tests, without the space that formatting puts in.
    fn code(text: &str) -> String {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        code.split_whitespace().collect()
    }

    /// The names that stand between an opening and a closing text.
    fn names(code: &str, opening: &str, closing: &str) -> BTreeSet<String> {
        let is_name = |it: &&str| {
            !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it == b'_')
        };
        let rest = code.split(opening).skip(1);
        let found = rest.filter_map(|it| it.split_once(closing)).map(|(name, _)| name);
        found.filter(is_name).map(str::to_owned).collect()
    }

    #[test]
    fn every_kind_and_field_of_a_row_has_words_in_both_languages() {
        let code: String = ROWS.iter().map(|(_, text)| code(text)).collect();
        let mut kinds = names(&code, "one_of(\"", "\"");
        kinds.extend(names(&code, "only(\"", "\""));
        // A field is `("name", value)`; the list of steady statements has it at the end.
        let rest = code.replace("one_of(\"", "").replace("only(\"", "");
        let mut fields = names(&rest, "(\"", "\",");
        fields.extend(names(&rest, ",\"", "\")"));
        assert!(kinds.len() >= 30 && fields.len() >= 50, "{kinds:?} {fields:?}");
        for language in [Language::German, Language::English] {
            let words = language.wording();
            let kinds = kinds.iter().map(|it| format!("detail-kind-{it}"));
            let fields = fields.iter().map(|it| format!("detail-field-{it}"));
            let missing: Vec<String> = kinds
                .chain(fields)
                .map(|it| it.replace('_', "-"))
                .filter(|it| !words.has(it))
                .collect();
            assert!(missing.is_empty(), "add to {}/detail.ftl: {missing:#?}", language.tag());
        }
    }

    #[test]
    fn every_file_of_rows_is_looked_through() {
        let listed = ROWS.first().unwrap().1.lines().filter_map(|it| it.strip_prefix("mod "));
        let modules: BTreeSet<&str> = listed.filter_map(|it| it.strip_suffix(';')).collect();
        let read: BTreeSet<&str> = ROWS.iter().skip(1).map(|(name, _)| *name).collect();
        assert_eq!(modules, read, "add the file to ROWS");
    }

    #[test]
    fn values_are_for_people_and_what_has_no_words_stays() {
        let german = Language::German.wording();
        for (field, value, text) in [
            ("is_read_only", "yes", "ja"),
            ("origin", "running", "vom laufenden System angegeben"),
            ("size_bytes", "480103981056", "480 GB"),
            ("size_bytes", "512", "512 B"),
            ("size_bytes", "many", "many"),
            ("device", "/dev/sda", "/dev/sda"),
            ("last_run", "2026-11-24T07:00:00Z", "2026-11-24 07:00 UTC"),
            ("kind", "no_such_code", "no_such_code"),
        ] {
            assert_eq!(value_text(german, field, value), text, "{field} {value}");
        }
        assert_eq!(kind_text(german, "file_system"), "Dateisystem");
        assert_eq!(kind_text(german, "of_tomorrow"), "of_tomorrow");
        assert_eq!(field_text(german, "file_system", "of_tomorrow"), "of_tomorrow");
    }

    #[test]
    fn a_change_names_kind_object_and_field() {
        let mut change = ChangeEntry {
            at: Timestamp::UNIX_EPOCH,
            kind: ChangeKind::Changed,
            asset: None,
            label: AssetLabel("S-7K2QD".to_owned()),
            field: "hardware.disks: sda: size_bytes".to_owned(),
            before: None,
            after: Some("480103981056".to_owned()),
            source: "hardware.disks".to_owned(),
            row: Some(ChangedRow {
                kind: "disk".to_owned(),
                object: Some("sda".to_owned()),
                field: Some("size_bytes".to_owned()),
            }),
        };
        let german = Language::German.wording();
        assert_eq!(change_text(german, &change), "Datenträger sda: Größe");
        assert_eq!(change_value(german, &change, "480103981056"), "480 GB");
        change.row = None;
        assert_eq!(change_text(german, &change), "hardware.disks: sda: size_bytes");
        assert_eq!(change_value(german, &change, "480103981056"), "480103981056");
    }

    #[test]
    fn a_detail_is_its_fields_in_words() {
        let fields = [("is_read_only", "no"), ("", "x"), ("size_bytes", "1000000000")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let detail =
            Detail { kind: "file_system".to_owned(), object: None, fields: BTreeMap::from(fields) };
        let texts = field_texts(Language::English.wording(), &detail);
        assert_eq!(texts, ["x", "read-only: no", "size: 1 GB"]);
    }
}
