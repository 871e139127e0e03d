//! Lines to the outside, and the company's domain names.

use crate::export::cell::Cell;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::sheet::no_gaps;
use crate::export::view::View;

/// The sheet. A row is a line or a domain name; what the other kind has is not for it.
pub(super) const SHEET: Sheet = Sheet {
    key: "lines",
    place: 15,
    title: "sheets-lines",
    subtitle: "sheets-lines-subtitle",
    empty: "sheets-empty-table",
    rules: &[3, 7],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("outside.id", "register-key-code").width(18),
        Column::key("outside.type", "sheets-column-type").width(16),
        Column::by_hand("outside.name", "register-key-name").width(24),
        Column::by_hand("outside.provider", "register-key-provider").list(List::Provider).width(12),
        Column::by_hand("outside.site", "register-key-site").list(List::Site).width(10),
        Column::by_hand("outside.circuit_number", "register-key-circuit-number").width(16),
        Column::by_hand("outside.technology", "register-key-technology").width(16),
        Column::by_hand("outside.download_mbps", "register-key-download-mbps").number().width(12),
        Column::by_hand("outside.upload_mbps", "register-key-upload-mbps").number().width(12),
        Column::by_hand("outside.public_addresses", "register-key-public-addresses")
            .wrapped()
            .width(18),
        Column::by_hand("outside.fault_hotline", "register-key-fault-hotline").width(18),
        Column::by_hand("outside.contract", "register-key-contract").list(List::Contract).width(12),
        Column::by_hand("outside.name_server_provider", "register-key-name-server-provider")
            .list(List::Provider)
            .width(14),
        Column::by_hand("outside.mail_provider", "register-key-mail-provider")
            .list(List::Provider)
            .width(14),
        Column::by_hand("outside.web_provider", "register-key-web-provider")
            .list(List::Provider)
            .width(14),
        Column::by_hand("outside.expires_on", "register-key-expires-on")
            .date()
            .expiring(180)
            .width(12),
        Column::by_hand("outside.owner", "register-key-owner").list(List::Role).width(20),
        Column::by_hand("outside.remark", "register-key-remark").wrapped().width(26),
    ],
    rows: Rows::Together(rows),
    gaps: no_gaps,
};

const LINE_KEYS: &[(&str, &str)] = &[
    ("name", "name"),
    ("provider", "provider"),
    ("site", "site"),
    ("circuit_number", "circuit_number"),
    ("technology", "technology"),
    ("download_mbps", "download_mbps"),
    ("upload_mbps", "upload_mbps"),
    ("public_addresses", "public_addresses"),
    ("fault_hotline", "fault_hotline"),
    ("contract", "contract"),
    ("remark", "remark"),
];
/// A domain name comes from its registrar.
const DOMAIN_KEYS: &[(&str, &str)] = &[
    ("provider", "registrar"),
    ("name_server_provider", "name_server_provider"),
    ("mail_provider", "mail_provider"),
    ("web_provider", "web_provider"),
    ("expires_on", "expires_on"),
    ("owner", "owner"),
    ("remark", "remark"),
];

fn rows(view: &View<'_>) -> Vec<Row> {
    let stated = view.stated();
    let row = |id: &str, table: &'static str, identity: &str, keys| {
        let label = crate::register::table_label(view.wording(), table);
        let mut cells = vec![Cell::text(id), Cell::text(label)];
        cells.resize(SHEET.columns.len(), Cell::open());
        Row::new(id, cells).about(table, identity, keys)
    };
    let lines = stated.entries("line").map(|(code, _)| row(code, "line", code, LINE_KEYS));
    let domains = stated.entries("domain").map(|(name, _)| {
        // A line may have the code of a domain name.
        let id =
            if stated.has("line", name) { format!("{name} (domain)") } else { name.to_owned() };
        row(&id, "domain", name, DOMAIN_KEYS)
    });
    lines.chain(domains).collect()
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;
    use crate::export::Snapshot;
    use crate::export::sample;
    use crate::register::Register;

    #[test]
    fn lines_and_domain_names_stand_below_one_another_with_what_each_has() {
        let register = Register::parse(include_str!("../../register/example.toml")).unwrap();
        let snapshot = Snapshot { register, ..sample::snapshot() };
        let view = sample::view(&snapshot, Language::English);
        let texts: Vec<Vec<String>> = view
            .rows(&SHEET)
            .iter()
            .map(|row| row.cells.iter().map(|it| view.value_text(it.value())).collect())
            .collect();
        assert_eq!(
            texts[0][..7],
            ["LTG1", "Line", "Internet Werk", "D001", "ST1", "4711/0815", "Glasfaser"]
        );
        assert_eq!(texts[1][..5], ["musterbau.example", "Domain name", "–", "D001", "–"]);
        assert_eq!(texts[1][15], "1 Mar 2027");
    }
}
