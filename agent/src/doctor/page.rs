//! What was looked at, as a page for people.

use wording::Wording;

use super::{Check, Findings, Verdict};
use crate::print::{clean, named, table_of, wrapped};

/// Columns that a continued line is indented by.
const INDENT: usize = 4;

impl Findings {
    /// The page for people.
    #[must_use]
    pub fn text(&self, words: &Wording, width: Option<u16>) -> String {
        let columns = usize::from(width.unwrap_or(u16::MAX));
        let mut lines = vec![words.text("agent-doctor-title")];
        for it in &self.checks {
            lines.extend(check_lines(it, words, columns));
        }
        let mut parts = vec![lines.join("\n"), wrapped(&self.summary(words), columns, 0)];
        parts.push(self.missing(words, width));
        parts.push(self.failed(words, columns));
        parts.push(self.grants(words, columns));
        parts.retain(|it| !it.is_empty());
        parts.join("\n\n") + "\n"
    }

    fn summary(&self, words: &Wording) -> String {
        let count =
            |states: &[&str]| self.sources.iter().filter(|it| states.contains(&it.state)).count();
        let arguments = [
            ("all", count_of(self.sources.len())),
            ("read", count_of(count(&["read"]))),
            ("limited", count_of(count(&["limited", "not_allowed"]))),
            ("none", count_of(count(&["not_here"]))),
            ("failed", count_of(count(&["failed", "timed_out"]))),
        ];
        let arguments = arguments.map(|(name, it)| (name, it.into()));
        words.text_with("agent-doctor-sources", &arguments)
    }

    /// What more rights would add, source by source.
    fn missing(&self, words: &Wording, width: Option<u16>) -> String {
        let mut rows = Vec::new();
        for state in self.sources.iter().filter(|it| !it.missing.is_empty()) {
            for needs in ["root", "read_all", "ptrace", "group"] {
                let of_right = state.missing.iter().filter(|it| it.needs == needs);
                let fields: Vec<String> = of_right
                    .map(|it| match &it.field {
                        Some(field) => named("absent-field-", field, words),
                        None => words.text("agent-doctor-everything"),
                    })
                    .collect();
                if !fields.is_empty() {
                    let right =
                        words.text(&format!("absent-privilege-{}", needs.replace('_', "-")));
                    let source = named("absent-source-", &state.source, words);
                    rows.push([source, fields.join(", "), right]);
                }
            }
        }
        let headings = ["source", "thing", "needs"];
        let headings = headings.map(|it| words.text(&format!("agent-print-column-{it}")));
        table_of(&words.text("agent-print-rights"), headings, rows, width)
    }

    fn failed(&self, words: &Wording, columns: usize) -> String {
        let lines = self.sources.iter().filter_map(|it| {
            let cause = it.cause.as_ref()?;
            let source = named("absent-source-", &it.source, words);
            Some(wrapped(&format!("- {source}: {}", clean(cause)), columns, INDENT))
        });
        let lines: Vec<String> = lines.collect();
        match lines.is_empty() {
            true => String::new(),
            false => format!("{}\n{}", words.text("agent-doctor-failed-sources"), lines.join("\n")),
        }
    }

    /// How the rights that are missing are granted.
    fn grants(&self, words: &Wording, columns: usize) -> String {
        let all = self.sources.iter().flat_map(|it| &it.missing);
        let needs: std::collections::BTreeSet<&str> = all.map(|it| it.needs).collect();
        let lines = needs.into_iter().map(|it| {
            let text = words.text(&format!("agent-doctor-grant-{}", it.replace('_', "-")));
            wrapped(&format!("- {text}"), columns, INDENT)
        });
        let closed = self.sources.iter().flat_map(|it| &it.closed);
        let closed: std::collections::BTreeSet<&str> = closed.copied().collect();
        let explanations = closed.into_iter().map(|it| {
            let text = words.text(&format!("agent-doctor-closed-{it}"));
            wrapped(&format!("- {text}"), columns, INDENT)
        });
        let lines: Vec<String> = lines.chain(explanations).collect();
        match lines.is_empty() {
            true => String::new(),
            false => format!("{}\n{}", words.text("agent-doctor-grants"), lines.join("\n")),
        }
    }
}

fn check_lines(check: &Check, words: &Wording, columns: usize) -> Vec<String> {
    let subject = [("subject", clean(&check.subject).into())];
    let key = match check.verdict {
        Verdict::Open => "agent-doctor-open".to_owned(),
        Verdict::Good | Verdict::Hint | Verdict::Bad => {
            format!("agent-doctor-{}-{}", check.id, check.key)
        }
    };
    let mark = words.text(match check.verdict {
        Verdict::Good => "agent-doctor-mark-good",
        Verdict::Hint => "agent-doctor-mark-hint",
        Verdict::Bad => "agent-doctor-mark-bad",
        Verdict::Open => "agent-doctor-mark-open",
    });
    let label = words.text(&format!("agent-doctor-{}", check.id));
    let line = format!("{mark} {label}: {}", words.text_with(&key, &subject));
    let mut lines = vec![wrapped(&line, columns, INDENT)];
    let mut labelled = |label: &str, text: &str| {
        let indented = wrapped(
            &format!("{}: {text}", words.text(label)),
            columns.saturating_sub(INDENT),
            INDENT,
        );
        lines.extend(indented.lines().map(|it| format!("{}{it}", " ".repeat(INDENT))));
    };
    if let Some(cause) = &check.cause {
        labelled("agent-label-cause", &clean(cause));
    }
    if matches!(check.verdict, Verdict::Hint | Verdict::Bad) {
        labelled("agent-label-remedy", &words.text_with(&format!("{key}-remedy"), &subject));
    }
    lines
}

fn count_of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
