//! Walks columns of a table side by side (RFC 3416 §4.2.2, §4.2.3).
//!
//! The walk decides what is asked next and what of the answer belongs to it; it ends at the end of its
//! columns, at its limit of rows, and wherever an agent does not go forward.

use super::{ObjectId, Row, Value};

/// A walk in progress.
#[derive(Debug, Clone)]
pub struct Walk {
    columns: Vec<Column>,
    found: Vec<Row>,
    rows_max: usize,
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone)]
struct Column {
    prefix: Vec<u32>,
    last: ObjectId,
    rows: usize,
    is_done: bool,
}

/// Why a walk ended before its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The agent answered with an object that does not come after the one that was asked.
    NotIncreasing,
    /// An answer held nothing that could be read.
    Unreadable,
    /// No answer came any more.
    NoAnswer,
    /// The table is longer than what is kept of it.
    TooLong,
}

impl Trouble {
    /// In words.
    #[must_use]
    pub const fn problem(self) -> &'static str {
        match self {
            Self::NotIncreasing => "the agent repeats itself: the walk was stopped",
            Self::Unreadable => "an answer could not be read: the walk was stopped",
            Self::NoAnswer => "no further answer came: the rest is missing",
            Self::TooLong => "longer than what is kept: the rest was left out",
        }
    }
}

impl Walk {
    /// Of these columns, at most so many rows of each.
    #[must_use]
    pub fn new(columns: &[&[u32]], rows_max: usize) -> Self {
        let columns = columns.iter().map(|prefix| Column {
            prefix: prefix.to_vec(),
            last: ObjectId::new(prefix),
            rows: 0,
            is_done: false,
        });
        Self { columns: columns.collect(), found: Vec::new(), rows_max, trouble: None }
    }

    /// The objects whose successors are wanted; none: the walk is over.
    #[must_use]
    pub fn question(&self) -> Vec<ObjectId> {
        self.columns.iter().filter(|it| !it.is_done).map(|it| it.last.clone()).collect()
    }

    /// Takes the answer: for each object that was asked its successor, then for each the next, and so
    /// on; it may end anywhere.
    pub fn take(&mut self, answer: Vec<Row>) {
        let open: Vec<usize> = (0..self.columns.len()).filter(|it| !self.is_done(*it)).collect();
        if answer.is_empty() {
            self.end(Trouble::Unreadable);
        }
        for (row, index) in answer.into_iter().zip(open.iter().cycle()) {
            self.take_one(*index, row);
        }
    }

    /// Ends the walk because no further answer came, or none that could be read.
    pub fn lose(&mut self, is_unreadable: bool) {
        self.end(if is_unreadable { Trouble::Unreadable } else { Trouble::NoAnswer });
    }

    /// What was found, and why it is not all.
    #[must_use]
    pub fn finish(self) -> (Vec<Row>, Option<Trouble>) {
        (self.found, self.trouble)
    }

    fn is_done(&self, index: usize) -> bool {
        self.columns.get(index).is_none_or(|it| it.is_done)
    }

    fn take_one(&mut self, index: usize, row: Row) {
        let Some(column) = self.columns.get_mut(index).filter(|it| !it.is_done) else { return };
        let is_inside = row.id.below(&column.prefix).is_some_and(|it| !it.is_empty());
        if row.value == Value::End || !is_inside && row.id > column.last {
            column.is_done = true;
        } else if row.id <= column.last {
            self.end(Trouble::NotIncreasing);
        } else if column.rows == self.rows_max {
            column.is_done = true;
            self.trouble = self.trouble.or(Some(Trouble::TooLong));
        } else {
            column.rows += 1;
            column.last = row.id.clone();
            self.found.push(row);
        }
    }

    fn end(&mut self, trouble: Trouble) {
        self.trouble = Some(trouble);
        self.columns.iter_mut().for_each(|it| it.is_done = true);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIRST: &[u32] = &[1, 3, 1];
    const SECOND: &[u32] = &[1, 3, 2];

    fn row(parts: &[u32]) -> Row {
        Row { id: ObjectId::new(parts), value: Value::Integer(1) }
    }

    fn walk(answers: Vec<Vec<Row>>) -> (usize, Option<Trouble>, bool) {
        let mut walk = Walk::new(&[FIRST, SECOND], 3);
        for answer in answers {
            walk.take(answer);
        }
        let is_over = walk.question().is_empty();
        let (found, trouble) = walk.finish();
        (found.len(), trouble, is_over)
    }

    #[test]
    fn columns_are_walked_side_by_side_to_their_ends() {
        let answers = vec![
            vec![row(&[1, 3, 1, 1]), row(&[1, 3, 2, 1]), row(&[1, 3, 1, 2]), row(&[1, 3, 2, 2])],
            vec![row(&[1, 3, 2, 1]), row(&[1, 3, 3, 1])],
        ];
        assert_eq!(walk(answers), (4, None, true));
    }

    #[test]
    fn a_column_that_ended_is_not_asked_again() {
        let mut walk = Walk::new(&[FIRST, SECOND], 3);
        walk.take(vec![row(&[1, 3, 2, 1]), row(&[1, 3, 2, 5])]);
        assert_eq!(walk.question(), [ObjectId::new(&[1, 3, 2, 5])]);
        walk.take(vec![
            row(&[1, 3, 2, 6]),
            Row { id: ObjectId::new(&[1, 3, 2, 6]), value: Value::End },
        ]);
        assert_eq!(walk.question(), []);
        assert_eq!(walk.finish().1, None);
    }

    #[test]
    fn an_agent_that_repeats_itself_is_left() {
        for again in [&[1, 3, 1, 1][..], &[1, 3, 1, 0], &[1, 3, 1], &[1, 3, 0, 9]] {
            let answers = vec![vec![row(&[1, 3, 1, 1]), row(&[1, 3, 3])], vec![row(again)]];
            assert_eq!(walk(answers), (1, Some(Trouble::NotIncreasing), true), "{again:?}");
        }
    }

    #[test]
    fn a_table_without_end_is_cut() {
        let answers =
            (0..9).map(|it| vec![row(&[1, 3, 1, it]), row(&[1, 3, 2, it])]).collect::<Vec<_>>();
        assert_eq!(walk(answers), (6, Some(Trouble::TooLong), true));
    }

    #[test]
    fn an_answer_without_anything_readable_ends_the_walk() {
        assert_eq!(walk(vec![Vec::new()]), (0, Some(Trouble::Unreadable), true));
    }

    #[test]
    fn an_answer_may_be_cut_off_anywhere() {
        let mut walk = Walk::new(&[FIRST, SECOND], 9);
        walk.take(vec![row(&[1, 3, 1, 1]), row(&[1, 3, 2, 1]), row(&[1, 3, 1, 2])]);
        assert_eq!(walk.question(), [ObjectId::new(&[1, 3, 1, 2]), ObjectId::new(&[1, 3, 2, 1])]);
    }

    proptest! {
        /// Whatever an agent answers, each answer that does not end a walk takes it forward.
        #[test]
        fn every_walk_ends(
            answers in proptest::collection::vec(
                proptest::collection::vec(proptest::collection::vec(0u32..4, 0..6), 0..8), 0..60,
            ),
        ) {
            let mut walk = Walk::new(&[FIRST, SECOND], 10);
            for answer in answers {
                let before = (walk.question(), walk.found.len());
                walk.take(answer.iter().map(|it| row(it)).collect());
                let after = (walk.question(), walk.found.len());
                prop_assert!(before.0.is_empty() || before != after);
            }
            let (found, _) = walk.finish();
            prop_assert!(found.len() <= 20);
            let mut ids: Vec<_> = found.iter().map(|it| &it.id).collect();
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), found.len());
        }
    }
}
