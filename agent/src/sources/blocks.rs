//! Configurations made of statements and blocks: `words … ;` and `words … { … }`. ISC DHCP (its leases
//! too), BIND, nginx and others write them so; they differ in their comments alone.

use std::iter::Peekable;
use std::str::Chars;

/// Deepest nesting of blocks.
const DEPTH_MAX: usize = 32;
/// Most statements of a whole text, so that a text of semicolons does not cost a hundred times its size.
const STATEMENTS_MAX: usize = 2_000_000;
/// Most words of one statement.
const WORDS_MAX: usize = 10_000;

/// How a configuration writes comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comments {
    /// From `#` to the end of the line.
    Hash,
    /// That, and `//` to the end of the line, and `/* … */`.
    HashAndSlashes,
}

/// One statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Its words; quotes are taken off.
    pub(crate) words: Vec<String>,
    /// The statements of its block.
    pub(crate) block: Vec<Statement>,
}

impl Statement {
    /// The first word.
    pub(crate) fn name(&self) -> &str {
        self.word(0)
    }

    /// A word by its place; empty where there are fewer.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", String::as_str)
    }

    /// The statements of the block that begin with a word.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.block.iter().filter(move |it| it.name() == name)
    }
}

/// All statements of a text.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn parse(text: &str, comments: Comments) -> Result<Vec<Statement>, &'static str> {
    let mut statements = Vec::new();
    each(text, comments, &mut |it| statements.push(it))?;
    Ok(statements)
}

/// Hands over each outermost statement as soon as it is whole, so that a long text is not kept.
///
/// # Errors
/// What is wrong with the text; statements before that were handed over.
pub(crate) fn each(
    text: &str,
    comments: Comments,
    visit: &mut dyn FnMut(Statement),
) -> Result<(), &'static str> {
    let mut words = Words { text: text.chars().peekable(), comments };
    let mut open: Vec<Statement> = Vec::new();
    let mut current = Statement::default();
    let mut count = 0_usize;
    while let Some(word) = words.next() {
        match word? {
            Word::Text(_) if current.words.len() == WORDS_MAX => {
                return Err("a statement has too many words");
            }
            Word::Text(text) => current.words.push(text),
            Word::Open if open.len() == DEPTH_MAX => return Err("blocks nest too deep"),
            Word::Open => open.push(std::mem::take(&mut current)),
            Word::End | Word::Close if count == STATEMENTS_MAX => {
                return Err("there are too many statements");
            }
            Word::End => {
                count += 1;
                finish(std::mem::take(&mut current), &mut open, visit);
            }
            Word::Close => {
                count += 1;
                finish(std::mem::take(&mut current), &mut open, visit);
                let whole = open.pop().ok_or("a block is closed that is not open")?;
                finish(whole, &mut open, visit);
            }
        }
    }
    if !open.is_empty() {
        return Err("a block is not closed");
    }
    finish(current, &mut open, visit);
    Ok(())
}

fn finish(statement: Statement, open: &mut [Statement], visit: &mut dyn FnMut(Statement)) {
    if statement.words.is_empty() && statement.block.is_empty() {
        return;
    }
    match open.last_mut() {
        Some(outer) => outer.block.push(statement),
        None => visit(statement),
    }
}

enum Word {
    Text(String),
    Open,
    Close,
    End,
}

struct Words<'a> {
    text: Peekable<Chars<'a>>,
    comments: Comments,
}

impl Words<'_> {
    fn next(&mut self) -> Option<Result<Word, &'static str>> {
        loop {
            let first = self.text.next()?;
            match first {
                _ if first.is_whitespace() => {}
                '#' => self.skip_line(),
                '/' if self.has_slashes() && self.text.peek() == Some(&'/') => self.skip_line(),
                '/' if self.has_slashes() && self.text.peek() == Some(&'*') => {
                    if !self.skip_comment() {
                        return Some(Err("a comment is not closed"));
                    }
                }
                '{' => return Some(Ok(Word::Open)),
                '}' => return Some(Ok(Word::Close)),
                ';' => return Some(Ok(Word::End)),
                '"' | '\'' => return Some(self.quoted(first).map(Word::Text)),
                _ => return Some(Ok(Word::Text(self.plain(first)))),
            }
        }
    }

    fn has_slashes(&self) -> bool {
        self.comments == Comments::HashAndSlashes
    }

    fn skip_line(&mut self) {
        while self.text.next().is_some_and(|it| it != '\n') {}
    }

    fn skip_comment(&mut self) -> bool {
        let mut before = ' ';
        self.text.next();
        for it in self.text.by_ref() {
            if before == '*' && it == '/' {
                return true;
            }
            before = it;
        }
        false
    }

    /// A backslash takes its meaning from the next character; of octal digits the first is kept, which
    /// is enough to find the end.
    fn quoted(&mut self, quote: char) -> Result<String, &'static str> {
        let mut text = String::new();
        while let Some(it) = self.text.next() {
            match it {
                '\\' => text.extend(self.text.next()),
                _ if it == quote => return Ok(text),
                _ => text.push(it),
            }
        }
        Err("a quoted text is not closed")
    }

    fn plain(&mut self, first: char) -> String {
        let mut text = String::from(first);
        let mut is_variable = first == '$';
        while let Some(it) = self.text.peek().copied() {
            match it {
                // nginx writes variables as `${name}`.
                '{' if is_variable => {
                    for it in self.text.by_ref() {
                        text.push(it);
                        if it == '}' || it == '\n' {
                            break;
                        }
                    }
                    is_variable = false;
                    continue;
                }
                '{' | '}' | ';' => break,
                _ if it.is_whitespace() => break,
                '"' if text.ends_with('=') => {
                    self.text.next();
                    text.push_str(&self.quoted('"').unwrap_or_default());
                    continue;
                }
                '\\' => {
                    self.text.next();
                    text.push(it);
                    text.extend(self.text.next());
                    continue;
                }
                _ => {
                    is_variable = it == '$';
                    text.push(it);
                    self.text.next();
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str, comments: Comments) -> Vec<Vec<String>> {
        parse(text, comments).unwrap().into_iter().map(|it| it.words).collect()
    }

    #[test]
    fn statements_and_blocks() {
        let text = "a b; # c;\nd 'e f' \"g\\\"h\" { i; j { k; } }\nl";
        let found = parse(text, Comments::Hash).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[1].words, ["d", "e f", "g\"h"]);
        assert_eq!(found[1].block.len(), 2);
        assert_eq!(found[1].all("j").count(), 1);
        assert_eq!((found[2].name(), found[2].word(7)), ("l", ""));
    }

    #[test]
    fn slashes_are_comments_only_where_they_are() {
        assert_eq!(
            words("a // b;\nc; /* d; */ e;", Comments::HashAndSlashes),
            [
                ["a", "c"].as_slice().iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(),
                vec!["e".to_owned()]
            ]
        );
        assert_eq!(words("a http://b/;", Comments::Hash), [["a", "http://b/"]]);
        assert_eq!(parse("/* a", Comments::HashAndSlashes), Err("a comment is not closed"));
    }

    #[test]
    fn a_variable_is_part_of_its_word() {
        let found = parse("root /srv/${host}/www; a {b;}", Comments::Hash).unwrap();
        assert_eq!(found[0].words, ["root", "/srv/${host}/www"]);
        assert_eq!(found[1].block[0].words, ["b"]);
    }

    #[test]
    fn broken_blocks_are_said_and_what_was_before_is_kept() {
        let mut seen = 0;
        let text = "a; b { c; ";
        assert_eq!(each(text, Comments::Hash, &mut |_| seen += 1), Err("a block is not closed"));
        assert_eq!(seen, 1);
        assert!(parse("}", Comments::Hash).is_err());
        assert!(parse("\"", Comments::Hash).is_err());
        assert_eq!(parse(&"a {".repeat(40), Comments::Hash), Err("blocks nest too deep"));
    }

    #[test]
    fn each_form_of_text_is_one_word() {
        for (text, expected) in [
            ("a'b;", "a'b"),
            ("\"a b\\\"c\";", "a b\"c"),
            ("'a \"b\"';", "a \"b\""),
            ("a=\"b; c\";", "a=b; c"),
            ("a\\;b;", "a\\;b"),
            ("a\\ b;", "a\\ b"),
            ("${a}b;", "${a}b"),
            ("a#b;", "a#b"),
            ("é;", "é"),
        ] {
            assert_eq!(words(text, Comments::Hash), [[expected]], "{text}");
        }
    }

    #[test]
    fn blocks_without_words_and_empty_statements_are_kept_or_left_as_they_say_something() {
        assert_eq!(parse(";;; ;", Comments::Hash), Ok(Vec::new()));
        assert_eq!(parse("{}", Comments::Hash), Ok(Vec::new()));
        let found = parse("{ a; }", Comments::Hash).unwrap();
        assert_eq!((found.len(), found[0].name(), found[0].block[0].name()), (1, "", "a"));
        // The end of a block ends the statement before it, as that of the text does.
        let found = parse("a { b c } d", Comments::Hash).unwrap();
        assert_eq!(
            (&found[0].block[0].words[..], found[1].name()),
            (&["b".to_owned(), "c".to_owned()][..], "d")
        );
    }

    #[test]
    fn a_text_that_grows_without_end_is_refused() {
        let wide = "a ".repeat(WORDS_MAX + 1);
        assert_eq!(parse(&wide, Comments::Hash), Err("a statement has too many words"));
        assert!(parse(&"a ".repeat(WORDS_MAX), Comments::Hash).is_ok());
        assert_eq!(
            parse(&";".repeat(STATEMENTS_MAX + 1), Comments::Hash),
            Err("there are too many statements")
        );
        let deep = format!("{}{}", "a {".repeat(DEPTH_MAX), "}".repeat(DEPTH_MAX));
        assert_eq!(parse(&deep, Comments::Hash).map(|it| it.len()), Ok(1));
    }

    /// A statement as text.
    fn written(statement: &Statement) -> String {
        let quoted = |it: &String| format!("\"{}\"", it.replace('\\', "\\\\").replace('"', "\\\""));
        let words: Vec<String> = statement.words.iter().map(quoted).collect();
        match &*statement.block {
            [] => format!("{};", words.join(" ")),
            block => {
                let inner: Vec<String> = block.iter().map(written).collect();
                format!("{} {{ {} }}", words.join(" "), inner.join("# x;\n"))
            }
        }
    }

    fn statements() -> impl Strategy<Value = Vec<Statement>> {
        let words = || proptest::collection::vec("[a-z{};#'\"\\\\ é/*$]{0,6}", 1..4);
        let leaf = words().prop_map(|words| Statement { words, block: Vec::new() });
        let nested = leaf.prop_recursive(4, 24, 4, move |inner| {
            (words(), proptest::collection::vec(inner, 0..4))
                .prop_map(|(words, block)| Statement { words, block })
        });
        proptest::collection::vec(nested, 0..5)
    }

    proptest! {
        /// What was written with all signs in quotes comes back, remarks between statements or not.
        #[test]
        fn written_statements_come_back(statements in statements()) {
            let text: Vec<String> = statements.iter().map(written).collect();
            for comments in [Comments::Hash, Comments::HashAndSlashes] {
                prop_assert_eq!(parse(&text.join("\n"), comments), Ok(statements.clone()));
            }
        }

        /// Each statement is handed over as soon as it is whole: a cut text tells the beginning of the whole one.
        #[test]
        fn a_cut_text_tells_the_beginning(statements in statements(), at in any::<prop::sample::Index>()) {
            let text: Vec<String> = statements.iter().map(written).collect();
            let text = text.join("\n");
            let ends: Vec<usize> = text.char_indices().map(|it| it.0).collect();
            prop_assume!(!ends.is_empty());
            let mut found = Vec::new();
            let result = each(&text[..ends[at.index(ends.len())]], Comments::Hash, &mut |it| found.push(it));
            // Only the last may be cut within its words.
            let whole = if result.is_ok() { found.len().saturating_sub(1) } else { found.len() };
            prop_assert_eq!(&found[..whole], &statements[..whole]);
        }

        #[test]
        fn hostile_texts_never_panic(text in "[a{};\"'#/* \\\\$\n=é]{0,80}") {
            let _ = parse(&text, Comments::Hash);
            let _ = parse(&text, Comments::HashAndSlashes);
        }
    }
}
