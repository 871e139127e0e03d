//! The grammar of sudoers(5), as far as it says who may do what.

/// One logical line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// Empty, or a comment.
    Nothing,
    /// One more file.
    Include(String),
    /// All files of a folder.
    IncludeFolder(String),
    /// Names for lists.
    Aliases(Vec<Alias>),
    /// Settings.
    Defaults(Defaults),
    /// Who may do what.
    Privileges(Vec<Privilege>),
}

/// What an alias is a name for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AliasKind {
    User,
    RunAs,
    Host,
    Command,
}

/// A name for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alias {
    pub(super) kind: AliasKind,
    pub(super) name: String,
    pub(super) items: Vec<Item>,
}

/// One thing of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// Whether `!` stands before it.
    pub(super) is_negated: bool,
    /// Name, path, address or alias.
    pub(super) text: String,
    /// Whether a command prescribes its arguments.
    pub(super) has_arguments: bool,
}

/// Settings for all, or for those that the binding names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Defaults {
    /// `@` hosts, `:` users, `!` commands, `>` accounts that are become.
    pub(super) binding: Option<(char, Vec<Item>)>,
    pub(super) options: Vec<DefaultsOption>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DefaultsOption {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) change: Change,
}

/// What a setting does to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Set,
    Add,
    Remove,
}

/// Commands with the same rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Privilege {
    pub(super) users: Vec<Item>,
    pub(super) hosts: Vec<Item>,
    pub(super) run_as: Vec<Item>,
    pub(super) run_as_groups: Vec<Item>,
    pub(super) commands: Vec<Item>,
    /// `NOPASSWD`, `NOEXEC` …, the last of each pair.
    pub(super) tags: Vec<String>,
}

/// The account of whoever asks, as a rule with empty brackets has it.
pub(super) const INVOKER: &str = "()";

/// Most lines of one file.
const LINES_MAX: usize = 50_000;
/// Longest address with the length of its network.
const ADDRESS_CHARACTERS_MAX: usize = 64;
/// Most things in one list.
const ITEMS_MAX: usize = 2_000;
/// Tags, each beside its opposite.
const TAGS: &[(&str, &str)] = &[
    ("EXEC", "NOEXEC"),
    ("FOLLOW", "NOFOLLOW"),
    ("INTERCEPT", "NOINTERCEPT"),
    ("LOG_INPUT", "NOLOG_INPUT"),
    ("LOG_OUTPUT", "NOLOG_OUTPUT"),
    ("MAIL", "NOMAIL"),
    ("PASSWD", "NOPASSWD"),
    ("SETENV", "NOSETENV"),
];
/// Words with a value that may stand before commands.
const OPTIONS: &[&str] = &[
    "APPARMOR_PROFILE",
    "CHROOT",
    "CWD",
    "LIMITPRIVS",
    "NOTAFTER",
    "NOTBEFORE",
    "PRIVS",
    "ROLE",
    "TIMEOUT",
    "TYPE",
];

/// Lines without comments, joined where one ends in a backslash, each with the number of its first line.
pub(super) fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate().take(LINES_MAX) {
        let (number, mut joined) = open.take().unwrap_or((index + 1, String::new()));
        let line = if joined.is_empty() { line } else { line.trim_start() };
        let line = without_comment(line);
        match line.strip_suffix('\\') {
            Some(line) if !line.ends_with('\\') => {
                joined.push_str(line);
                // An empty beginning would look like no beginning.
                joined.push(' ');
                open = Some((number, joined));
            }
            _ => {
                joined.push_str(line);
                lines.push((number, joined.trim().to_owned()));
            }
        }
    }
    lines.extend(open.map(|(number, line)| (number, line.trim().to_owned())));
    lines
}

/// A `#` begins a comment unless it is quoted, a user id follows, or it begins `#include`.
fn without_comment(line: &str) -> &str {
    let begin = line.trim_start();
    if begin.starts_with("#include ")
        || begin.starts_with("#includedir ")
        || begin.starts_with("#include\t")
    {
        return line;
    }
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, character) in line.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '#' if !is_quoted => {
                let rest = line.get(at + 1..).unwrap_or_default().trim_start_matches('-');
                if !rest.starts_with(|it: char| it.is_ascii_digit()) {
                    return line.get(..at).unwrap_or_default();
                }
            }
            _ => {}
        }
    }
    line
}

/// Reads one logical line.
pub(super) fn line(text: &str) -> Result<Line, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Line::Nothing);
    }
    for mark in ["@", "#"] {
        let Some(rest) = text.strip_prefix(mark) else { continue };
        if let Some(folder) = after_word(rest, "includedir") {
            return Ok(Line::IncludeFolder(Cursor::new(folder).word(&[])));
        }
        if let Some(file) = after_word(rest, "include") {
            return Ok(Line::Include(Cursor::new(file).word(&[])));
        }
    }
    if let Some(rest) = text.strip_prefix("Defaults") {
        return defaults(rest).map(Line::Defaults);
    }
    let kinds = [
        ("User_Alias", AliasKind::User),
        ("Runas_Alias", AliasKind::RunAs),
        ("Host_Alias", AliasKind::Host),
        ("Cmnd_Alias", AliasKind::Command),
        ("Cmd_Alias", AliasKind::Command),
    ];
    for (word, kind) in kinds {
        if let Some(rest) = after_word(text, word) {
            return aliases(kind, rest).map(Line::Aliases);
        }
    }
    privileges(text).map(Line::Privileges)
}

fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(word)?;
    rest.starts_with(|it: char| it.is_whitespace()).then(|| rest.trim())
}

fn aliases(kind: AliasKind, text: &str) -> Result<Vec<Alias>, &'static str> {
    let mut cursor = Cursor::new(text);
    let mut aliases = Vec::new();
    loop {
        let name = cursor.word(&['=', ':', ',']);
        if !is_alias(&name) || !cursor.take('=') {
            return Err("an alias without a name or list");
        }
        let items = match kind {
            AliasKind::Command => cursor.commands(),
            AliasKind::User | AliasKind::RunAs | AliasKind::Host => cursor.list(),
        };
        if items.is_empty() {
            return Err("an alias without a list");
        }
        aliases.push(Alias { kind, name, items });
        if !cursor.take(':') {
            return if cursor.is_at_end() { Ok(aliases) } else { Err("an alias with too much") };
        }
    }
}

/// "An alias name is a string of upper case letters, numbers and underscores, and begins with a letter."
fn is_alias(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_uppercase())
        && name.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
}

/// A program is a path, an expression, one of two words or an alias; what else stands there, sudo refuses with the
/// whole line.
fn is_program(item: &Item) -> bool {
    match item.text.as_str() {
        "list" | "sudoedit" => true,
        alias if is_alias(alias) => !item.has_arguments,
        other => other.starts_with(['/', '^']),
    }
}

fn defaults(text: &str) -> Result<Defaults, &'static str> {
    let mut cursor = Cursor::new(text);
    let mark = cursor.peek();
    let binding = match mark {
        Some('@' | ':' | '>') => cursor.bump().map(|mark| (mark, cursor.list())),
        Some('!') => cursor.bump().map(|mark| (mark, cursor.commands_of_binding())),
        _ => None,
    };
    let mut options = Vec::new();
    loop {
        let mut is_on = true;
        while cursor.take('!') {
            is_on = !is_on;
        }
        let name = cursor.word(&['=', ',', '+', '-']);
        if name.is_empty() {
            return Err("settings without a name");
        }
        let change = match (cursor.take('+'), cursor.take('-')) {
            (true, _) => Change::Add,
            (_, true) => Change::Remove,
            _ => Change::Set,
        };
        let value = if cursor.take('=') {
            cursor.word(&[','])
        } else {
            if is_on { "yes" } else { "no" }.to_owned()
        };
        options.push(DefaultsOption { name, value, change });
        if !cursor.take(',') {
            return if cursor.is_at_end() {
                Ok(Defaults { binding, options })
            } else {
                Err("settings that are no list")
            };
        }
    }
}

fn privileges(text: &str) -> Result<Vec<Privilege>, &'static str> {
    let mut cursor = Cursor::new(text);
    let users = cursor.list();
    let mut privileges = Vec::new();
    loop {
        let hosts = cursor.list();
        if users.is_empty() || hosts.is_empty() || !cursor.take('=') {
            return Err("a rule without users, hosts or commands");
        }
        commands(&mut cursor, &users, &hosts, &mut privileges)?;
        if !cursor.take(':') {
            return if cursor.is_at_end() { Ok(privileges) } else { Err("a rule with too much") };
        }
    }
}

/// The commands on these hosts: account and tags hold until others are named.
fn commands(
    cursor: &mut Cursor,
    users: &[Item],
    hosts: &[Item],
    privileges: &mut Vec<Privilege>,
) -> Result<(), &'static str> {
    let mut at = Privilege {
        users: users.to_vec(),
        hosts: hosts.to_vec(),
        run_as: Vec::new(),
        run_as_groups: Vec::new(),
        commands: Vec::new(),
        tags: Vec::new(),
    };
    loop {
        let mut next = at.clone();
        if cursor.take('(') {
            next.run_as = cursor.list();
            next.run_as_groups = if cursor.take(':') { cursor.list() } else { Vec::new() };
            if !cursor.take(')') {
                return Err("a bracket without end");
            }
            if next.run_as.is_empty() && next.run_as_groups.is_empty() {
                let text = INVOKER.to_owned();
                next.run_as.push(Item { is_negated: false, text, has_arguments: false });
            }
        }
        cursor.options();
        while let Some((tag, opposite)) = cursor.tag() {
            next.tags.retain(|it| it != opposite && it != tag);
            next.tags.push(tag.to_owned());
        }
        next.tags.sort();
        let command = cursor.command().ok_or("a rule without a command")?;
        if !is_program(&command) {
            return Err("a rule with what is no command");
        }
        let is_same = (&next.run_as, &next.run_as_groups, &next.tags)
            == (&at.run_as, &at.run_as_groups, &at.tags);
        if !is_same && !at.commands.is_empty() {
            at.commands = std::mem::take(&mut next.commands);
            privileges.push(std::mem::replace(&mut at, next));
        } else {
            at = next;
        }
        if at.commands.len() < ITEMS_MAX {
            at.commands.push(command);
        }
        if !cursor.take(',') {
            privileges.push(at);
            return Ok(());
        }
    }
}

/// A place in a line.
struct Cursor {
    characters: Vec<char>,
    at: usize,
}

impl Cursor {
    fn new(text: &str) -> Self {
        Self { characters: text.chars().collect(), at: 0 }
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += 1;
        Some(character)
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Takes a character behind white space, if it is the next one.
    fn take(&mut self, character: char) -> bool {
        self.skip_space();
        let is_there = self.peek() == Some(character);
        self.at += usize::from(is_there);
        is_there
    }

    fn is_at_end(&mut self) -> bool {
        self.skip_space();
        self.peek().is_none()
    }

    /// A word up to white space or one of these characters; quotes and backslashes taken away.
    fn word(&mut self, ends: &[char]) -> String {
        self.skip_space();
        let mut word = String::new();
        let mut is_quoted = false;
        while let Some(character) = self.peek() {
            if !is_quoted && (character.is_whitespace() || ends.contains(&character)) {
                break;
            }
            self.at += 1;
            match character {
                '"' => is_quoted = !is_quoted,
                '\\' => word.extend(self.bump()),
                _ => word.push(character),
            }
        }
        word
    }

    /// Users, hosts, accounts or groups with commas between them.
    fn list(&mut self) -> Vec<Item> {
        self.items(|cursor| {
            const ENDS: &[char] = &[',', '=', ':', '(', ')', '!'];
            if let Some(address) = cursor.address() {
                return Some((address, false));
            }
            // A group of a directory, `%:name`.
            let is_of_directory = cursor.take('%');
            let mark = match (is_of_directory, cursor.peek()) {
                (true, Some(':')) => cursor.bump().map_or("%", |_| "%:"),
                (true, _) => "%",
                (false, _) => "",
            };
            let word = cursor.word(ENDS);
            (!word.is_empty()).then(|| (format!("{mark}{word}"), false))
        })
    }

    /// An IPv6 address with or without the length of a network, whose colons end nothing.
    fn address(&mut self) -> Option<String> {
        self.skip_space();
        let rest = self.characters.get(self.at..).unwrap_or_default();
        let is_part = |it: &&char| it.is_ascii_hexdigit() || matches!(it, ':' | '.' | '/');
        let text: String = rest.iter().take_while(is_part).take(ADDRESS_CHARACTERS_MAX).collect();
        let address = text.split('/').next().unwrap_or_default();
        address.parse::<std::net::Ipv6Addr>().ok()?;
        self.at += text.chars().count();
        Some(text)
    }

    fn commands(&mut self) -> Vec<Item> {
        self.items(Self::program)
    }

    /// The commands of a binding have no arguments: behind the list the settings begin.
    fn commands_of_binding(&mut self) -> Vec<Item> {
        self.items(|cursor| {
            let word = cursor.word(&[',', '=']);
            (!word.is_empty()).then_some((word, false))
        })
    }

    fn command(&mut self) -> Option<Item> {
        let (text, has_arguments, is_negated) = {
            let is_negated = self.negation();
            let (text, has_arguments) = self.program()?;
            (text, has_arguments, is_negated)
        };
        Some(Item { is_negated, text, has_arguments })
    }

    fn items(&mut self, one: impl Fn(&mut Self) -> Option<(String, bool)>) -> Vec<Item> {
        let mut items = Vec::new();
        loop {
            // `%:group` of a directory begins with a character that ends other words.
            let is_negated = self.negation();
            let Some((text, has_arguments)) = one(self) else { return items };
            if items.len() < ITEMS_MAX {
                items.push(Item { is_negated, text, has_arguments });
            }
            if !self.take(',') {
                return items;
            }
        }
    }

    fn negation(&mut self) -> bool {
        let mut is_negated = false;
        while self.take('!') {
            is_negated = !is_negated;
        }
        is_negated
    }

    /// A program and whether arguments are prescribed, which are passed over. Digests go before it.
    fn program(&mut self) -> Option<(String, bool)> {
        loop {
            let word = self.word(&[',', ':', '=']);
            if word.is_empty() {
                return None;
            }
            if word.starts_with("sha2") || ["sha384", "sha512"].contains(&&*word) {
                self.take(':');
                self.word(&[',']);
                self.take(',');
                continue;
            }
            let begin = self.at;
            while let Some(character) = self.peek() {
                match character {
                    ',' | ':' => break,
                    '\\' => self.at += 1,
                    _ => {}
                }
                self.at += 1;
            }
            let passed = self.characters.get(begin..self.at.min(self.characters.len()));
            let has_arguments = passed.is_some_and(|it| it.iter().any(|it| !it.is_whitespace()));
            return Some((word, has_arguments));
        }
    }

    /// Words with a value that stand before commands.
    fn options(&mut self) {
        loop {
            let begin = self.at;
            let word = self.word(&['=', ':', ',', '/']);
            if !OPTIONS.contains(&&*word) || !self.take('=') {
                self.at = begin;
                return;
            }
            self.word(&[',']);
        }
    }

    /// A tag and its opposite.
    fn tag(&mut self) -> Option<(&'static str, &'static str)> {
        self.options();
        let begin = self.at;
        let word = self.word(&[':', ',', '=', '/']);
        let pairs = TAGS.iter().flat_map(|(on, off)| [(*on, *off), (*off, *on)]);
        let found = pairs.into_iter().find(|(tag, _)| *tag == word);
        if found.is_none() || !self.take(':') {
            self.at = begin;
            return None;
        }
        found
    }
}
