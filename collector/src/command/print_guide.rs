//! What is to be stated, as a person reads it.

use std::io::{self, Write};

use inventory::assess::Bar;
use inventory::export::{Due, Question, Stage};
use inventory::register::Place;
use wording::Wording;

use super::guide::{AppliedTemplate, DueList, GuideReply, NextQuestions, TemplateRow};
use super::print::{clean, table_of};

pub(super) fn reply(out: &mut dyn Write, reply: &GuideReply, words: &Wording) -> io::Result<()> {
    match reply {
        GuideReply::Next(it) => next(out, it, words),
        GuideReply::Due(it) => due(out, it, words),
        GuideReply::Templates(it) => templates(out, it, words),
        GuideReply::Applied(it) => applied(out, it, words),
    }
}

fn next(out: &mut dyn Write, next: &NextQuestions, words: &Wording) -> io::Result<()> {
    documentation(out, next, words)?;
    if next.open == 0 {
        return writeln!(out, "{}", words.text("guide-nothing-open"));
    }
    let mut stage = None;
    for it in &next.guide.questions {
        if stage.replace(it.stage) != Some(it.stage) {
            writeln!(out, "\n{}", words.text(stage_message(it.stage)))?;
        }
        question(out, it, words)?;
    }
    let more = next.open - next.guide.questions.len();
    if more > 0 {
        let line = words.text_with("guide-and-more", &[("count", more.into())]);
        writeln!(out, "\n{line}")?;
    }
    Ok(())
}

fn documentation(out: &mut dyn Write, next: &NextQuestions, words: &Wording) -> io::Result<()> {
    let found = &next.guide.documentation;
    let figure = match found.percent {
        Some(percent) => words.text_with("guide-percent", &[("percent", percent.into())]),
        None => words.text("guide-percent-none"),
    };
    writeln!(out, "{figure}")?;
    let mut table = table_of(words, "guide-column", &["bar", "done", "points"]);
    for it in &found.bars {
        table.add_row([
            words.text(bar_message(it.bar)),
            format!("{}/{}", it.done, it.of),
            it.weight.to_string(),
        ]);
    }
    writeln!(out, "{table}")?;
    if !found.left_out.is_empty() {
        let bars: Vec<String> =
            found.left_out.iter().map(|it| words.text(bar_message(*it))).collect();
        let line = words.text_with("guide-left-out", &[("bars", bars.join(", ").into())]);
        writeln!(out, "{line}")?;
    }
    if found.open_conflicts > 0 {
        let arguments = [("count", found.open_conflicts.into())];
        writeln!(out, "{}", words.text_with("guide-conflicts", &arguments))?;
    }
    Ok(())
}

fn question(out: &mut dyn Write, it: &Question, words: &Wording) -> io::Result<()> {
    let gain = match it.gain_tenths {
        0 => String::new(),
        tenths => {
            let points = decimal(tenths, words);
            format!(" ({})", words.text_with("guide-gain", &[("points", points.into())]))
        }
    };
    writeln!(out, "  {}{gain}", clean(&it.question))?;
    writeln!(out, "    {}", clean(&it.why))?;
    if it.concerns > 1 {
        let names = clean(&it.examples.join(", "));
        let arguments = [("count", it.concerns.into()), ("names", names.into())];
        writeln!(out, "    {}", words.text_with("guide-examples", &arguments))?;
    }
    let command =
        words.text_with("guide-answer-command", &[("command", clean(&it.command).into())]);
    writeln!(out, "    {command}")?;
    let Some(cell) = &it.cell else { return Ok(()) };
    let (sheet, column) = (clean(&cell.sheet), clean(&cell.column));
    let line = match &cell.row {
        Some(row) => words.text_with(
            "guide-answer-cell",
            &[("sheet", sheet.into()), ("row", clean(row).into()), ("column", column.into())],
        ),
        None => words
            .text_with("guide-answer-sheet", &[("sheet", sheet.into()), ("column", column.into())]),
    };
    writeln!(out, "    {line}")
}

fn decimal(tenths: u32, words: &Wording) -> String {
    let point = match words.language() {
        wording::Language::German => ',',
        wording::Language::English => '.',
    };
    format!("{}{point}{}", tenths / 10, tenths % 10)
}

fn due(out: &mut dyn Write, list: &DueList, words: &Wording) -> io::Result<()> {
    let days = ("days", list.days.into());
    if list.due.is_empty() {
        return writeln!(out, "{}", words.text_with("guide-due-nothing", &[days]));
    }
    let columns = ["on", "left", "kind", "what", "event", "owner"];
    let mut table = table_of(words, "guide-column", &columns);
    for it in &list.due {
        table.add_row([
            it.on.to_string(),
            left(it, words),
            words.text(it.kind.message()),
            clean(&it.what),
            clean(&it.event),
            it.owner.as_deref().map_or_else(|| "–".to_owned(), clean),
        ]);
    }
    writeln!(out, "{table}")?;
    let past = list.due.iter().filter(|it| it.days_left < 0).count();
    let arguments = [("count", list.due.len().into()), days, ("past", past.into())];
    writeln!(out, "{}", words.text_with("guide-due-summary", &arguments))
}

fn left(it: &Due, words: &Wording) -> String {
    let message = if it.days_left < 0 { "guide-due-past" } else { "guide-due-left" };
    let days = usize::try_from(it.days_left.unsigned_abs()).unwrap_or(usize::MAX);
    words.text_with(message, &[("days", days.into())])
}

fn templates(out: &mut dyn Write, list: &[TemplateRow], words: &Wording) -> io::Result<()> {
    let mut table = table_of(words, "guide-column", &["name", "title", "entries"]);
    for it in list {
        table.add_row([it.name.clone(), it.title.clone(), it.entries.to_string()]);
    }
    writeln!(out, "{table}")
}

fn applied(out: &mut dyn Write, it: &AppliedTemplate, words: &Wording) -> io::Result<()> {
    let label = |place: &Place| clean(&place.label(words));
    if !it.added.is_empty() {
        let entries: Vec<String> = it.added.iter().map(label).collect();
        let arguments = [("entries", entries.join(", ").into())];
        writeln!(out, "{}", words.text_with("guide-template-added", &arguments))?;
    }
    if !it.kept.is_empty() {
        let kept = |(place, own): &(Place, String)| label(&Place::new(&place.table, own, ""));
        let entries: Vec<String> = it.kept.iter().map(kept).collect();
        let arguments = [("entries", entries.join(", ").into())];
        writeln!(out, "{}", words.text_with("guide-template-kept", &arguments))?;
    }
    let name = ("name", it.name.as_str().into());
    match it.event {
        None => writeln!(out, "{}", words.text_with("guide-template-nothing", &[name])),
        Some(event) => {
            let arguments = [name, ("count", it.added.len().into())];
            writeln!(out, "{}", words.text_with("guide-template-done", &arguments))?;
            let arguments = [("event", event.to_string().into())];
            writeln!(out, "{}", words.text_with("guide-template-undo", &arguments))
        }
    }
}

const fn stage_message(stage: Stage) -> &'static str {
    match stage {
        Stage::Company => "guide-stage-company",
        Stage::Sites => "guide-stage-sites",
        Stage::Units => "guide-stage-units",
        Stage::Processes => "guide-stage-processes",
        Stage::Information => "guide-stage-information",
        Stage::Applications => "guide-stage-applications",
        Stage::Networks => "guide-stage-networks",
        Stage::Systems => "guide-stage-systems",
        Stage::Agreements => "guide-stage-agreements",
        Stage::Backups => "guide-stage-backups",
        Stage::Licences => "guide-stage-licences",
        Stage::Steering => "guide-stage-steering",
    }
}

const fn bar_message(bar: Bar) -> &'static str {
    match bar {
        Bar::Places => "guide-bar-places",
        Bar::Networks => "guide-bar-networks",
        Bar::Kinds => "guide-bar-kinds",
        Bar::Fresh => "guide-bar-fresh",
        Bar::Servers => "guide-bar-servers",
        Bar::Clients => "guide-bar-clients",
        Bar::Software => "guide-bar-software",
        Bar::Firmware => "guide-bar-firmware",
        Bar::Uplinks => "guide-bar-uplinks",
        Bar::Owners => "guide-bar-owners",
        Bar::Needs => "guide-bar-needs",
    }
}
