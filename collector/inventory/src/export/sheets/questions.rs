//! The CyberRisikoCheck of DIN SPEC 27076: 27 questions of an interview, by number, in our own short words.
//!
//! Numbers and topics were not compared with the standard by anybody: each row says so until a person states who
//! checked it, and when.

use crate::export::cell::Cell;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::view::View;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "questions",
    place: 42,
    title: "sheets-questions",
    subtitle: "sheets-questions-subtitle",
    empty: "sheets-empty-table",
    rules: &[2],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("question.id", "register-key-code").width(8),
        Column::computed("question.topic", "sheets-column-question-topic").wrapped().width(26),
        Column::computed("question.text", "sheets-column-question-text").wrapped().width(48),
        Column::computed("question.evidence", "sheets-column-machine-evidence").width(18),
        Column::computed("question.proposal", "sheets-column-question-proposal").width(16),
        Column::by_hand("question.answer", "register-key-answer")
            .list(List::Answer)
            .mandatory()
            .width(18),
        Column::by_hand("question.remark", "register-key-remark").wrapped().width(34),
        Column::computed("question.source", "sheets-column-source-of-wording").width(24),
        Column::by_hand("question.checked", "register-key-checked").width(24),
    ],
    rows: Rows::Together(rows),
    gaps: |view| vec![view.text("sheets-questions-gap")],
};

/// The topics of the standard, each with the numbers of its questions.
const TOPICS: &[(&str, &[&str])] = &[
    ("sheets-question-topic-organisation", &["01", "02", "03", "04", "05", "06", "07", "08"]),
    ("sheets-question-topic-identities", &["09", "10", "11"]),
    ("sheets-question-topic-backup", &["12", "13", "14"]),
    ("sheets-question-topic-updates", &["15", "16", "17"]),
    ("sheets-question-topic-malware", &["18", "19", "20"]),
    ("sheets-question-topic-systems", &["21", "22", "23", "24", "25", "26", "27"]),
];

fn rows(view: &View<'_>) -> Vec<Row> {
    TOPICS.iter().flat_map(|(topic, all)| all.iter().map(|it| row(view, topic, it))).collect()
}

fn row(view: &View<'_>, topic: &str, number: &str) -> Row {
    let id = number.trim_start_matches('0');
    let cells = vec![
        Cell::text(id),
        Cell::text(view.text(topic)),
        Cell::text(view.text(&format!("sheets-question-{number}"))),
        Cell::not_assessed(),
        Cell::not_assessed(),
        Cell::open(),
        Cell::open(),
        Cell::text(view.text("sheets-question-source")),
        Cell::open(),
    ];
    Row::new(id, cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Snapshot;
    use crate::export::sample;
    use crate::register::Register;

    #[test]
    fn each_question_has_words_and_takes_an_answer() {
        let text = "[[question]]\nid = \"12\"\nanswer = \"met\"\nchecked = \"ISB, 28.11.2026\"\n";
        let snapshot = Snapshot { register: Register::parse(text).unwrap(), ..sample::nothing() };
        let lines = sample::stated_table(&SHEET, &snapshot);
        assert_eq!(lines.len(), 27);
        assert!(lines[11].starts_with("12 | Backup | "), "{}", lines[11]);
        assert!(lines[11].contains("| not assessed | not assessed | met | _ |"), "{}", lines[11]);
        assert!(lines[11].ends_with("| ISB, 28.11.2026"));
        assert!(lines[0].ends_with("| _"), "nobody checked it: {}", lines[0]);
    }
}
