//! What SNMP may be asked with: the file that a person writes.
//!
//! ```toml
//! [[snmp]]
//! version = "v3"
//! user = "kataster"
//! auth = "sha256"
//! auth_password = "…"
//! priv = "aes128"
//! priv_password = "…"
//! scope = ["192.0.2.0/24"]
//! ```
//!
//! Strict: a key that is misspelt is not a secret that is quietly left out. No error names a value of
//! this file, because a secret may stand in the wrong line.

use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;
use observation::latest::scan::{SnmpAccess, SnmpAuthentication, SnmpCredential, SnmpPrivacy};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Most credentials in one file: each silent one costs every device in its scope a few seconds.
pub const CREDENTIALS_MAX: usize = 100;
/// Most networks of one credential.
const SCOPE_MAX: usize = 1_000;
/// Longest community, user or password, in bytes.
const SECRET_BYTES_MAX: usize = 255;
/// Longest user (RFC 3414 §5, usmUserName).
const USER_BYTES_MAX: usize = 32;
/// Shortest password (RFC 3414 §11.2).
const PASSWORD_BYTES_MIN: usize = 8;
/// Longest part of a foreign key that an error repeats.
const KEY_CHARS_MAX: usize = 24;

const KEYS: &[&str] =
    &["version", "community", "user", "auth", "auth_password", "priv", "priv_password", "scope"];

/// What is wrong with the file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct CredentialsError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: CredentialsProblem,
}

/// What is wrong with a file of credentials. Keys only, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialsProblem {
    /// It is no TOML.
    Syntax,
    /// There is no `[[snmp]]` in it.
    Empty,
    /// More than [`CREDENTIALS_MAX`] entries.
    TooMany,
    /// A key that nothing is known of.
    UnknownKey(String),
    /// A key whose value is of the wrong type.
    WrongType(&'static str),
    /// A key is missing.
    Missing(&'static str),
    /// A key that does not go with this version of SNMP.
    NotWithVersion(&'static str),
    /// A key that needs another one beside it.
    NeedsAlso(&'static str, &'static str),
    /// The value is none of those that are known.
    NotAChoice(&'static str),
    /// The value is empty or too long.
    BadLength(&'static str),
    /// A password below eight characters (RFC 3414 §11.2).
    TooShort(&'static str),
    /// The entry of `scope` with this number, from 1, is no network.
    NotANetwork(usize),
}

impl CredentialsProblem {
    /// The code that the catalogue words.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Empty => "empty",
            Self::TooMany => "too-many",
            Self::UnknownKey(_) => "unknown-key",
            Self::WrongType(_) => "wrong-type",
            Self::Missing(_) => "missing",
            Self::NotWithVersion(_) => "not-with-version",
            Self::NeedsAlso(..) => "needs-also",
            Self::NotAChoice(_) => "not-a-choice",
            Self::BadLength(_) => "bad-length",
            Self::TooShort(_) => "too-short",
            Self::NotANetwork(_) => "not-a-network",
        }
    }

    /// What it speaks of: a key, two keys, a number, or nothing.
    #[must_use]
    pub fn object(&self) -> String {
        match self {
            Self::Syntax | Self::Empty => String::new(),
            Self::TooMany => CREDENTIALS_MAX.to_string(),
            Self::UnknownKey(key) => key.clone(),
            Self::WrongType(key)
            | Self::Missing(key)
            | Self::NotWithVersion(key)
            | Self::NotAChoice(key)
            | Self::BadLength(key)
            | Self::TooShort(key) => (*key).to_owned(),
            Self::NeedsAlso(key, other) => format!("{key}, {other}"),
            Self::NotANetwork(number) => number.to_string(),
        }
    }
}

impl fmt::Display for CredentialsProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => write!(formatter, "this is no TOML"),
            Self::Empty => write!(formatter, "there is no [[snmp]] in it"),
            Self::TooMany => write!(formatter, "more than {CREDENTIALS_MAX} entries"),
            Self::UnknownKey(key) => write!(formatter, "unknown key `{key}`"),
            Self::WrongType(key) => write!(formatter, "`{key}` has a value of the wrong type"),
            Self::Missing(key) => write!(formatter, "`{key}` is missing"),
            Self::NotWithVersion(key) => {
                write!(formatter, "`{key}` does not go with this version")
            }
            Self::NeedsAlso(key, other) => write!(formatter, "`{key}` needs `{other}` as well"),
            Self::NotAChoice(key) => write!(formatter, "`{key}` has a value that is not known"),
            Self::BadLength(key) => write!(formatter, "`{key}` is empty or too long"),
            Self::TooShort(key) => {
                write!(formatter, "`{key}` has fewer than {PASSWORD_BYTES_MIN} characters")
            }
            Self::NotANetwork(number) => write!(formatter, "entry {number} is no network"),
        }
    }
}

/// Reads the file of credentials.
///
/// # Errors
/// The first thing that is wrong with it, with its line.
pub fn parse(text: &str) -> Result<Vec<SnmpCredential>, CredentialsError> {
    let at = |span: Range<usize>, problem| CredentialsError { line: line_of(text, &span), problem };
    let document = DeTable::parse(text)
        .map_err(|error| at(error.span().unwrap_or_default(), CredentialsProblem::Syntax))?;
    let mut entries = None;
    for (key, value) in document.get_ref() {
        if key.get_ref() != "snmp" {
            return Err(at(key.span(), CredentialsProblem::UnknownKey(shown(key.get_ref()))));
        }
        entries = Some(value);
    }
    let Some(entries) = entries else { return Err(at(0..0, CredentialsProblem::Empty)) };
    let wrong_type = || at(entries.span(), CredentialsProblem::WrongType("snmp"));
    let list = entries.get_ref().as_array().ok_or_else(wrong_type)?;
    if list.is_empty() {
        return Err(at(entries.span(), CredentialsProblem::Empty));
    }
    if list.len() > CREDENTIALS_MAX {
        return Err(at(entries.span(), CredentialsProblem::TooMany));
    }
    let mut credentials = Vec::new();
    for entry in list {
        let table = entry.get_ref().as_table().ok_or_else(wrong_type)?;
        let entry = Entry { text, table, span: entry.span() };
        credentials.push(entry.credential()?);
    }
    Ok(credentials)
}

/// One `[[snmp]]`.
struct Entry<'a> {
    text: &'a str,
    table: &'a DeTable<'a>,
    span: Range<usize>,
}

impl Entry<'_> {
    fn credential(&self) -> Result<SnmpCredential, CredentialsError> {
        for key in self.table.keys() {
            if !KEYS.contains(&key.get_ref().as_ref()) {
                let problem = CredentialsProblem::UnknownKey(shown(key.get_ref()));
                return Err(self.error(key.span(), problem));
            }
        }
        let access = match self.needed("version")?.0 {
            "v1" => SnmpAccess::V1 { community: self.community()? },
            "v2c" => SnmpAccess::V2c { community: self.community()? },
            "v3" => self.user_based()?,
            _ => return Err(self.at("version", CredentialsProblem::NotAChoice("version"))),
        };
        Ok(SnmpCredential { scope: self.scope()?, access })
    }

    fn community(&self) -> Result<String, CredentialsError> {
        self.none_of(&["user", "auth", "auth_password", "priv", "priv_password"])?;
        self.bounded("community", SECRET_BYTES_MAX)
    }

    fn user_based(&self) -> Result<SnmpAccess, CredentialsError> {
        self.none_of(&["community"])?;
        let user = self.bounded("user", USER_BYTES_MAX)?;
        let auth = self.choice("auth", |it| match it {
            "md5" => Some(SnmpAuthentication::Md5),
            "sha" | "sha1" => Some(SnmpAuthentication::Sha1),
            "sha224" => Some(SnmpAuthentication::Sha224),
            "sha256" => Some(SnmpAuthentication::Sha256),
            "sha384" => Some(SnmpAuthentication::Sha384),
            "sha512" => Some(SnmpAuthentication::Sha512),
            _ => None,
        })?;
        let privacy = self.choice("priv", |it| match it {
            "des" => Some(SnmpPrivacy::Des),
            "aes" | "aes128" => Some(SnmpPrivacy::Aes128),
            "aes192" => Some(SnmpPrivacy::Aes192),
            "aes256" => Some(SnmpPrivacy::Aes256),
            _ => None,
        })?;
        let auth_password = self.password("auth", "auth_password")?;
        let privacy_password = self.password("priv", "priv_password")?;
        if privacy.is_some() && auth.is_none() {
            return Err(self.at("priv", CredentialsProblem::NeedsAlso("priv", "auth")));
        }
        Ok(SnmpAccess::V3 { user, auth, auth_password, privacy, privacy_password })
    }

    /// A protocol and its password stand together or not at all.
    fn password(
        &self,
        protocol: &'static str,
        key: &'static str,
    ) -> Result<Option<String>, CredentialsError> {
        match (self.text(protocol)?, self.text(key)?) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.at(protocol, CredentialsProblem::NeedsAlso(protocol, key))),
            (None, Some(_)) => Err(self.at(key, CredentialsProblem::NeedsAlso(key, protocol))),
            (Some(_), Some((password, _))) if password.len() < PASSWORD_BYTES_MIN => {
                Err(self.at(key, CredentialsProblem::TooShort(key)))
            }
            (Some(_), Some(_)) => self.bounded(key, SECRET_BYTES_MAX).map(Some),
        }
    }

    fn choice<T>(
        &self,
        key: &'static str,
        known: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, CredentialsError> {
        let Some((value, _)) = self.text(key)? else { return Ok(None) };
        match known(value) {
            Some(choice) => Ok(Some(choice)),
            None => Err(self.at(key, CredentialsProblem::NotAChoice(key))),
        }
    }

    fn scope(&self) -> Result<Vec<IpNet>, CredentialsError> {
        const KEY: &str = "scope";
        let Some(value) = self.table.get(KEY) else {
            return Err(self.error(self.span.clone(), CredentialsProblem::Missing(KEY)));
        };
        let Some(list) = value.get_ref().as_array() else {
            return Err(self.at(KEY, CredentialsProblem::WrongType(KEY)));
        };
        if list.is_empty() || list.len() > SCOPE_MAX {
            return Err(self.at(KEY, CredentialsProblem::BadLength(KEY)));
        }
        let mut scope = Vec::new();
        for (index, entry) in list.iter().enumerate() {
            let network = entry.get_ref().as_str().and_then(network);
            let problem = CredentialsProblem::NotANetwork(index + 1);
            scope.push(network.ok_or_else(|| self.error(entry.span(), problem))?);
        }
        scope.sort();
        scope.dedup();
        Ok(scope)
    }

    fn none_of(&self, keys: &[&'static str]) -> Result<(), CredentialsError> {
        match keys.iter().find(|it| self.table.contains_key(**it)) {
            Some(key) => Err(self.at(key, CredentialsProblem::NotWithVersion(key))),
            None => Ok(()),
        }
    }

    fn bounded(&self, key: &'static str, most: usize) -> Result<String, CredentialsError> {
        let (value, _) = self.needed(key)?;
        if value.is_empty() || value.len() > most {
            return Err(self.at(key, CredentialsProblem::BadLength(key)));
        }
        Ok(value.to_owned())
    }

    fn needed(&self, key: &'static str) -> Result<(&str, Range<usize>), CredentialsError> {
        let missing = || self.error(self.span.clone(), CredentialsProblem::Missing(key));
        self.text(key)?.ok_or_else(missing)
    }

    fn text(&self, key: &'static str) -> Result<Option<(&str, Range<usize>)>, CredentialsError> {
        let Some(value) = self.table.get(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::String(text) => Ok(Some((text, value.span()))),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                Err(self.error(value.span(), CredentialsProblem::WrongType(key)))
            }
        }
    }

    /// The problem at the line of this key's value.
    fn at(&self, key: &str, problem: CredentialsProblem) -> CredentialsError {
        let span = self.table.get(key).map(Spanned::span);
        self.error(span.unwrap_or_else(|| self.span.clone()), problem)
    }

    fn error(&self, span: Range<usize>, problem: CredentialsProblem) -> CredentialsError {
        CredentialsError { line: line_of(self.text, &span), problem }
    }
}

/// A network, or one address as a network of itself.
fn network(text: &str) -> Option<IpNet> {
    let network: Option<IpNet> = text.parse().ok();
    network.map(|it| it.trunc()).or_else(|| text.parse::<IpAddr>().map(IpNet::from).ok())
}

/// Enough of a foreign key to find it.
fn shown(key: &str) -> String {
    key.chars().take(KEY_CHARS_MAX).flat_map(char::escape_default).collect()
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = text.as_bytes().get(..span.start.min(text.len())).unwrap_or_default();
    before.iter().filter(|it| **it == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "geheim-4711";

    fn check(text: &str, line: usize, problem: &CredentialsProblem) {
        let error = parse(text).unwrap_err();
        assert_eq!((error.line, &error.problem), (line, problem), "{text}");
        for said in [error.to_string(), format!("{error:?}"), problem.object()] {
            assert!(!said.contains(SECRET), "{said}");
        }
    }

    fn entry(lines: &str) -> String {
        format!("[[snmp]]\nscope = [\"10.0.0.0/8\"]\n{lines}")
    }

    #[test]
    fn all_three_versions_are_read() {
        let text = r#"
            [[snmp]]
            version = "v1"
            community = "alt"
            scope = ["10.0.0.0/24"]

            [[snmp]]
            version = "v2c"
            community = "public"
            scope = ["10.0.1.7/24", "10.9.9.9", "2001:db8::/64"]

            [[snmp]]
            version = "v3"
            user = "kataster"
            auth = "sha"
            auth_password = "authentic"
            priv = "aes"
            priv_password = "privately"
            scope = ["10.0.2.0/24"]
        "#;
        let credentials = parse(text).unwrap();
        assert!(credentials[0].access == SnmpAccess::V1 { community: "alt".to_owned() });
        let scope: Vec<String> = credentials[1].scope.iter().map(ToString::to_string).collect();
        assert_eq!(scope, ["10.0.1.0/24", "10.9.9.9/32", "2001:db8::/64"]);
        let SnmpAccess::V3 { user, auth, privacy, .. } = &credentials[2].access else { panic!() };
        assert_eq!(user, "kataster");
        assert_eq!(*auth, Some(SnmpAuthentication::Sha1));
        assert_eq!(*privacy, Some(SnmpPrivacy::Aes128));
    }

    #[test]
    fn every_protocol_has_a_name() {
        for auth in ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] {
            for privacy in ["des", "aes128", "aes192", "aes256"] {
                let text = entry(&format!(
                    "version = \"v3\"\nuser = \"u\"\nauth = \"{auth}\"\nauth_password = \"12345678\"\n\
                     priv = \"{privacy}\"\npriv_password = \"12345678\"\n"
                ));
                parse(&text).unwrap();
            }
        }
    }

    #[test]
    fn a_user_without_passwords_is_allowed() {
        let text = entry("version = \"v3\"\nuser = \"reader\"");
        let SnmpAccess::V3 { auth, privacy, .. } = &parse(&text).unwrap()[0].access else {
            panic!()
        };
        assert_eq!((*auth, *privacy), (None, None));
    }

    #[test]
    fn what_is_misspelt_is_refused_with_its_line() {
        let unknown = |key: &str| CredentialsProblem::UnknownKey(key.to_owned());
        check(&entry("version = \"v2c\"\ncomunity = \"geheim-4711\""), 4, &unknown("comunity"));
        check("\n[[smnp]]\nversion = \"v1\"", 2, &unknown("smnp"));
        check("[snmp]\nversion = \"v1\"", 1, &CredentialsProblem::WrongType("snmp"));
    }

    #[test]
    fn what_is_no_toml_is_told_without_its_text() {
        check("[[snmp]]\ncommunity = geheim-4711", 2, &CredentialsProblem::Syntax);
        check("[[snmp]]\ncommunity = \"geheim-4711", 2, &CredentialsProblem::Syntax);
        check("", 1, &CredentialsProblem::Empty);
        check("snmp = []", 1, &CredentialsProblem::Empty);
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let with = CredentialsProblem::NotWithVersion;
        check(&entry("version = \"v2c\"\nuser = \"u\"\ncommunity = \"c\""), 4, &with("user"));
        check(&entry("version = \"v3\"\nuser = \"u\"\ncommunity = \"c\""), 5, &with("community"));
        let also = CredentialsProblem::NeedsAlso;
        let v3 = "version = \"v3\"\nuser = \"u\"\n";
        let auth = format!("{v3}auth = \"md5\"\n");
        check(&entry(&auth), 5, &also("auth", "auth_password"));
        let password = format!("{v3}auth_password = \"geheim-4711\"\n");
        check(&entry(&password), 5, &also("auth_password", "auth"));
        let privacy = format!("{v3}priv = \"aes\"\npriv_password = \"geheim-4711\"\n");
        check(&entry(&privacy), 5, &also("priv", "auth"));
    }

    #[test]
    fn what_is_missing_wrong_or_too_short_is_refused() {
        check("[[snmp]]\nversion = \"v1\"", 1, &CredentialsProblem::Missing("community"));
        check(
            "[[snmp]]\nversion = \"v1\"\ncommunity = \"c\"",
            1,
            &CredentialsProblem::Missing("scope"),
        );
        check(&entry("community = \"geheim-4711\""), 1, &CredentialsProblem::Missing("version"));
        check(&entry("version = \"v4\""), 3, &CredentialsProblem::NotAChoice("version"));
        check(&entry("version = 3"), 3, &CredentialsProblem::WrongType("version"));
        check(
            &entry("version = \"v1\"\ncommunity = \"\""),
            4,
            &CredentialsProblem::BadLength("community"),
        );
        let swapped =
            "version = \"v3\"\nuser = \"u\"\nauth = \"geheim-4711\"\nauth_password = \"md5\"";
        check(&entry(swapped), 5, &CredentialsProblem::NotAChoice("auth"));
        let short = "version = \"v3\"\nuser = \"u\"\nauth = \"md5\"\nauth_password = \"1234567\"";
        check(&entry(short), 6, &CredentialsProblem::TooShort("auth_password"));
    }

    #[test]
    fn a_scope_names_networks() {
        let scope =
            |list: &str| format!("[[snmp]]\nversion = \"v1\"\ncommunity = \"c\"\nscope = {list}");
        check(&scope("[]"), 4, &CredentialsProblem::BadLength("scope"));
        check(&scope("\"10.0.0.0/8\""), 4, &CredentialsProblem::WrongType("scope"));
        check(&scope("[\"10.0.0.0/8\",\n\"geheim-4711\"]"), 5, &CredentialsProblem::NotANetwork(2));
        check(&scope("[10]"), 4, &CredentialsProblem::NotANetwork(1));
    }

    #[test]
    fn a_file_has_an_end() {
        let text = entry("version = \"v1\"\ncommunity = \"c\"\n").repeat(CREDENTIALS_MAX + 1);
        check(&text, 1, &CredentialsProblem::TooMany);
    }

    #[test]
    fn a_credential_keeps_its_secrets_when_it_is_shown() {
        let text = entry("version = \"v1\"\ncommunity = \"geheim-4711\"");
        assert!(!format!("{:?}", parse(&text).unwrap()).contains(SECRET));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(\\[\\[snmp\\]\\]|scope|version|=|\"v3\"|\n|.){0,30}") {
            let _ = parse(&text);
        }
    }
}
