//! What is wrong with a register, where, and what would be right; in the reader's language.

use std::fmt;

use wording::{Language, Wording};

/// The file cannot be taken as it is; nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RegisterError {
    /// Everything that is wrong with it, by line. Never empty.
    pub problems: Vec<Problem>,
}

/// One mistake and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub mistake: Mistake,
}

/// What is wrong and what would be right: a message of the catalogue with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    message: &'static str,
    arguments: Vec<(&'static str, Argument)>,
    nearest: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Argument {
    Text(String),
    /// A message of its own.
    Message(&'static str),
}

impl RegisterError {
    /// One mistake alone.
    pub(super) fn one(line: Option<usize>, mistake: Mistake) -> Self {
        Self { problems: vec![Problem { line, mistake }] }
    }

    /// Every mistake on a line of its own, in the reader's language.
    #[must_use]
    pub fn text(&self, words: &Wording) -> String {
        let lines: Vec<String> = self.problems.iter().map(|it| it.text(words)).collect();
        lines.join("\n")
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text(Language::English.wording()))
    }
}

impl Problem {
    /// The mistake and its place in one sentence.
    #[must_use]
    pub fn text(&self, words: &Wording) -> String {
        let what = self.mistake.text(words);
        match self.line {
            Some(line) => words.text_with(
                "register-problem-at-line",
                &[("line", line.to_string().into()), ("problem", what.into())],
            ),
            None => what,
        }
    }
}

impl Mistake {
    /// A mistake with the message of this id.
    pub(super) fn new(message: &'static str, arguments: &[(&'static str, &str)]) -> Self {
        // Long foreign text helps nobody in an error message.
        let arguments = arguments.iter().map(|(name, it)| (*name, Argument::Text(shortened(it))));
        Self { message, arguments: arguments.collect(), nearest: None }
    }

    /// With an argument that is a message itself.
    pub(super) fn with_message(mut self, name: &'static str, message: &'static str) -> Self {
        self.arguments.push((name, Argument::Message(message)));
        self
    }

    /// With the word that was probably meant.
    pub(super) fn meant(mut self, nearest: Option<&str>) -> Self {
        self.nearest = nearest.map(str::to_owned);
        self
    }

    /// What is wrong and what would be right.
    #[must_use]
    pub fn text(&self, words: &Wording) -> String {
        let mut given = Vec::new();
        for (name, argument) in &self.arguments {
            let text = match argument {
                Argument::Text(text) => text.clone(),
                Argument::Message(message) => words.text(message),
            };
            given.push((*name, text.into()));
        }
        let text = words.text_with(self.message, &given);
        match &self.nearest {
            Some(word) => {
                let word = word.as_str().into();
                let hint = words.text_with("register-problem-nearest", &[("word", word)]);
                format!("{text} {hint}")
            }
            None => text,
        }
    }
}

fn shortened(text: &str) -> String {
    const LETTERS_MAX: usize = 200;
    let plain = text.chars().map(|it| if it.is_control() { '·' } else { it });
    let mut short: String = plain.clone().take(LETTERS_MAX).collect();
    if plain.count() > LETTERS_MAX {
        short.push('…');
    }
    short
}
