//! A sheet as declared data: columns with stable keys and origins, and a function that gives rows.

use super::cell::Cell;
use super::list::List;
use super::view::View;
use crate::asset::Evidence;

/// One sheet of the workbook. Texts are ids of messages.
#[derive(Debug)]
pub struct Sheet {
    /// Stable key, equal to the name of its file.
    pub key: &'static str,
    /// Its place in the workbook, counted from 1.
    pub place: u8,
    /// The name on its tab and in its title; at most 31 characters.
    pub title: &'static str,
    /// One line that says what it shows.
    pub subtitle: &'static str,
    /// What stands there instead of rows: why there are none and what to do.
    pub empty: &'static str,
    /// Which of the ten rules of documentation it serves.
    pub rules: &'static [u8],
    /// How it is drawn.
    pub layout: Layout,
    /// Where a reader finds the evidence of a row.
    pub evidence: RowEvidence,
    /// The columns.
    pub columns: &'static [Column],
    /// The rows, in the order in which they are shown.
    pub rows: Rows,
    /// What was not looked at and why: one sentence each.
    pub gaps: fn(&View<'_>) -> Vec<String>,
}

/// How the rows of a sheet are made.
#[derive(Debug, Clone, Copy)]
pub enum Rows {
    /// All at once: they are few, or need each other.
    Together(fn(&View<'_>) -> Vec<Row>),
    /// One after another: they grow with the systems, and are never all in memory.
    Passing(for<'v> fn(&'v View<'_>) -> PassingRows<'v>),
}

/// Rows that are made while they are asked for.
pub type PassingRows<'v> = Box<dyn Iterator<Item = Row> + 'v>;

/// How a sheet is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Title, origins, headings, rows.
    Table,
    /// The front page. Its rows are the fields of the document control block.
    Cover,
    /// The network plan, with its table below.
    Plan,
    /// A table that is hidden: for the program, not for people.
    Hidden,
}

/// Where a reader finds the evidence of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowEvidence {
    /// Every row rests on one source: the columns *source* and *as of* are added at the end.
    Columns,
    /// The cells of a row rest on different sources: each carries a note.
    Notes,
    /// People state it or it is counted: the origin band says enough.
    Band,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Stable key, unique in the workbook: `system.serial`.
    pub key: &'static str,
    /// Its heading.
    pub message: &'static str,
    /// Who fills it.
    pub origin: Origin,
    /// What its values are.
    pub kind: Kind,
    /// The values that may be entered.
    pub list: Option<List>,
    /// Width in characters.
    pub width: u16,
    /// Whether long text is wrapped.
    pub is_wrapped: bool,
    /// Whether an open cell is a defect.
    pub is_mandatory: bool,
    /// For days and moments until which something holds: so many days before it is time to act.
    pub warning_days: Option<u16>,
}

/// Who fills a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Read on the machine itself.
    Agent,
    /// Measured from outside.
    Scan,
    /// Stated by a person; may be edited in the workbook.
    ByHand,
    /// Computed by the collector.
    Computed,
    /// Names the row; stays in sight when scrolling.
    Key,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text.
    Text,
    /// Numbers.
    Number,
    /// Numbers that name something (ports, VLANs): never grouped, never summed.
    Ordinal,
    /// Days.
    Date,
    /// Moments.
    Instant,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Stable id: `S-7K2QD`, `S-7K2QD/tcp/0.0.0.0:443`. Equal to the text of the key column, if the
    /// sheet has one.
    pub id: String,
    /// One cell per column.
    pub cells: Vec<Cell>,
    /// What the whole row rests on.
    pub evidence: Option<Evidence>,
    /// The entry of the register that the row speaks of, where its id does not say so.
    pub about: Option<About>,
}

/// An entry of the register, and the columns whose cells are its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The table.
    pub table: &'static str,
    /// The entry's identity; empty where the table stands once.
    pub identity: String,
    /// Columns, by what follows the point in their key, with the key of the field.
    pub keys: &'static [(&'static str, &'static str)],
}

impl Column {
    const fn new(key: &'static str, message: &'static str, origin: Origin) -> Self {
        Self {
            key,
            message,
            origin,
            kind: Kind::Text,
            list: None,
            width: 16,
            is_wrapped: false,
            is_mandatory: false,
            warning_days: None,
        }
    }

    /// A column that names the row.
    #[must_use]
    pub const fn key(key: &'static str, message: &'static str) -> Self {
        Self::new(key, message, Origin::Key)
    }

    /// A column read on the machine.
    #[must_use]
    pub const fn agent(key: &'static str, message: &'static str) -> Self {
        Self::new(key, message, Origin::Agent)
    }

    /// A column measured from outside.
    #[must_use]
    pub const fn scan(key: &'static str, message: &'static str) -> Self {
        Self::new(key, message, Origin::Scan)
    }

    /// A column that people fill.
    #[must_use]
    pub const fn by_hand(key: &'static str, message: &'static str) -> Self {
        Self::new(key, message, Origin::ByHand)
    }

    /// A column that the collector computes.
    #[must_use]
    pub const fn computed(key: &'static str, message: &'static str) -> Self {
        Self::new(key, message, Origin::Computed)
    }

    /// The same column this many characters wide.
    #[must_use]
    pub const fn width(mut self, characters: u16) -> Self {
        self.width = characters;
        self
    }

    /// The same column with wrapped text.
    #[must_use]
    pub const fn wrapped(mut self) -> Self {
        self.is_wrapped = true;
        self
    }

    /// The same column of numbers.
    #[must_use]
    pub const fn number(mut self) -> Self {
        self.kind = Kind::Number;
        self
    }

    /// The same column of numbers that name something.
    #[must_use]
    pub const fn ordinal(mut self) -> Self {
        self.kind = Kind::Ordinal;
        self
    }

    /// The same column of days.
    #[must_use]
    pub const fn date(mut self) -> Self {
        self.kind = Kind::Date;
        self
    }

    /// The same column of moments.
    #[must_use]
    pub const fn instant(mut self) -> Self {
        self.kind = Kind::Instant;
        self
    }

    /// The same column with a drop-down.
    #[must_use]
    pub const fn list(mut self, list: List) -> Self {
        self.list = Some(list);
        self
    }

    /// The same column, whose days end something; so many days before it is time to act.
    #[must_use]
    pub const fn expiring(mut self, warning_days: u16) -> Self {
        self.warning_days = Some(warning_days);
        self
    }

    /// The same column, which must not stay open.
    #[must_use]
    pub const fn mandatory(mut self) -> Self {
        self.is_mandatory = true;
        self
    }

    /// Whether a person may change its cells.
    #[must_use]
    pub const fn is_editable(&self) -> bool {
        matches!(self.origin, Origin::ByHand)
    }
}

impl Row {
    /// A row of these cells.
    #[must_use]
    pub fn new(id: impl Into<String>, cells: Vec<Cell>) -> Self {
        Self { id: id.into(), cells, evidence: None, about: None }
    }

    /// The same row, these columns of which are fields of an entry of the register.
    #[must_use]
    pub fn about(
        mut self,
        table: &'static str,
        identity: impl Into<String>,
        keys: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.about = Some(About { table, identity: identity.into(), keys });
        self
    }

    /// The same row resting on this evidence.
    #[must_use]
    pub fn resting_on(mut self, evidence: &Evidence) -> Self {
        self.evidence = Some(evidence.clone());
        self
    }
}

/// The columns that [`RowEvidence::Columns`] adds: the source of a row and its time.
pub const EVIDENCE_COLUMNS: &[Column] = &[
    Column::computed("row.source", "workbook-column-source").width(20),
    Column::computed("row.as_of", "workbook-column-as-of").instant().width(17),
];

impl Sheet {
    /// All columns as they are shown: the declared ones and those of the evidence.
    #[must_use]
    pub fn columns_shown(&self) -> Vec<Column> {
        let evidence = match self.evidence {
            RowEvidence::Columns => EVIDENCE_COLUMNS,
            RowEvidence::Notes | RowEvidence::Band => &[],
        };
        self.columns.iter().chain(evidence).copied().collect()
    }

    /// All rows of the sheet, without what people stated in their cells.
    #[must_use]
    pub(super) fn made(&self, view: &View<'_>) -> Vec<Row> {
        match self.rows {
            Rows::Together(make) => make(view),
            Rows::Passing(make) => make(view).collect(),
        }
    }

    /// The cells that [`EVIDENCE_COLUMNS`] hold for a row; none where the sheet has no such columns.
    #[must_use]
    pub fn evidence_cells(&self, view: &View<'_>, row: &Row) -> Vec<Cell> {
        match (self.evidence, &row.evidence) {
            (RowEvidence::Notes | RowEvidence::Band, _) => Vec::new(),
            (RowEvidence::Columns, Some(it)) => {
                vec![Cell::text(it.source.as_str()), Cell::instant(it.observed_at)]
            }
            (RowEvidence::Columns, None) => {
                let reason = || Cell::unknown(view.text("workbook-reason-no-source"));
                vec![reason(), reason()]
            }
        }
    }
}

/// For sheets that nothing can be missing from.
#[must_use]
pub const fn no_gaps(_: &View<'_>) -> Vec<String> {
    Vec::new()
}
