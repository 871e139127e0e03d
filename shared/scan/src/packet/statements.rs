//! What a server said, collected and cleaned while its answer is read.

use std::collections::BTreeMap;

use observation::latest::{Complaint, Statement};

use super::text::{Cleaned, clean};

/// Most complaints that one answer may cause.
const COMPLAINTS_MAX: usize = 20;

/// Statements of one answer, and what had to be cut or escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statements {
    said: BTreeMap<Statement, String>,
    complaints: Vec<Complaint>,
    place: String,
}

impl Statements {
    /// Nothing said so far at `place`, such as `tcp/22`.
    #[must_use]
    pub fn new(place: String) -> Self {
        Self { place, ..Self::default() }
    }

    /// Keeps the first text of each kind; an empty text says nothing.
    pub fn say(&mut self, what: Statement, text: &[u8]) {
        if self.said.contains_key(&what) {
            return;
        }
        let cleaned = clean(text);
        self.note(&cleaned);
        if !cleaned.text.is_empty() {
            self.said.insert(what, cleaned.text);
        }
    }

    /// Keeps several texts as one, comma separated.
    pub fn say_list<'a>(&mut self, what: Statement, texts: impl IntoIterator<Item = &'a [u8]>) {
        let texts: Vec<&[u8]> =
            texts.into_iter().map(<[u8]>::trim_ascii).filter(|it| !it.is_empty()).collect();
        self.say(what, &texts.join(b", ".as_slice()));
    }

    /// Notes what could not be understood.
    pub fn complain(&mut self, problem: &str) {
        self.push(Complaint { place: self.place.clone(), problem: problem.to_owned() });
    }

    /// What was said of one kind.
    #[must_use]
    pub fn get(&self, what: Statement) -> Option<&str> {
        self.said.get(&what).map(String::as_str)
    }

    /// Statements and complaints.
    #[must_use]
    pub fn into_parts(self) -> (BTreeMap<Statement, String>, Vec<Complaint>) {
        (self.said, self.complaints)
    }

    fn note(&mut self, cleaned: &Cleaned) {
        if let Some(complaint) = cleaned.complaint(&self.place) {
            self.push(complaint);
        }
    }

    fn push(&mut self, complaint: Complaint) {
        if self.complaints.len() < COMPLAINTS_MAX && !self.complaints.contains(&complaint) {
            self.complaints.push(complaint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_text_of_a_kind_stays() {
        let mut statements = Statements::new("tcp/80".to_owned());
        statements.say(Statement::Server, b"nginx");
        statements.say(Statement::Server, b"other");
        statements.say(Statement::Title, b" \t ");
        let (said, complaints) = statements.into_parts();
        assert_eq!(said, BTreeMap::from([(Statement::Server, "nginx".to_owned())]));
        assert_eq!(complaints, []);
    }

    #[test]
    fn a_list_leaves_out_what_is_empty() {
        let mut statements = Statements::new("tcp/25".to_owned());
        statements.say_list(Statement::Capabilities, [b"PIPELINING".as_slice(), b" ", b"SIZE 10 "]);
        assert_eq!(statements.get(Statement::Capabilities), Some("PIPELINING, SIZE 10"));
    }

    #[test]
    fn what_was_escaped_is_told_once_and_complaints_are_bounded() {
        let mut statements = Statements::new("tcp/21".to_owned());
        statements.say(Statement::Banner, b"\x1b[2J");
        statements.say(Statement::Server, b"\x1b[3J");
        for number in 0..100 {
            statements.complain(&format!("problem {number}"));
        }
        let (_, complaints) = statements.into_parts();
        assert_eq!(complaints.len(), COMPLAINTS_MAX);
        assert_eq!(complaints[0].place, "tcp/21");
        assert_eq!(complaints[1].problem, "problem 0");
    }
}
