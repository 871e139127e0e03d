//! Configurations of database servers: sections of `name = value`, lines `name value`, and flat YAML. Only
//! what is asked for by name is handed on; passwords stand beside it.

/// Settings in the order in which they stand, each with its section; the last one of a name holds.
pub(crate) struct Settings(Vec<(String, String, String)>);

/// Most settings of one file.
const SETTINGS_MAX: usize = 20_000;

impl Settings {
    /// `[section]` and `name = value`; a name without a value is a switch. Names have `_` for `-`, as
    /// MySQL understands both.
    pub(crate) fn sections(text: &str) -> Self {
        let mut section = String::new();
        let mut settings = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|it| it.split(']').next()) {
                section = name.trim().to_ascii_lowercase();
            } else if !line.is_empty() && !line.starts_with(['#', ';', '!']) {
                let (name, value) = line.split_once('=').unwrap_or((line, ""));
                let name = name.trim().to_ascii_lowercase().replace('-', "_");
                settings.push((section.clone(), name, unquoted(value)));
            }
        }
        Self(settings.into_iter().take(SETTINGS_MAX).collect())
    }

    /// `name value` or `name = value` (postgresql.conf, redis.conf); names in small letters.
    pub(crate) fn words(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
        let settings = lines.filter_map(|line| {
            let (name, value) = line.split_once(|it: char| it.is_whitespace() || it == '=')?;
            let value = value.trim_start().trim_start_matches('=');
            Some((String::new(), name.to_ascii_lowercase(), unquoted(value)))
        });
        Self(settings.take(SETTINGS_MAX).collect())
    }

    /// `name: value`, with the names of the levels above it as `net.port`, whether they stand on lines of
    /// their own or with dots.
    pub(crate) fn yaml(text: &str) -> Self {
        let mut levels: Vec<(usize, String)> = Vec::new();
        let mut settings = Vec::new();
        for line in text.lines() {
            let depth = line.len() - line.trim_start().len();
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', '-']) {
                continue;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            levels.retain(|it| it.0 < depth);
            let above: Vec<&str> = levels.iter().map(|it| it.1.as_str()).collect();
            let path = above.into_iter().chain([name.trim()]).collect::<Vec<_>>().join(".");
            let value = unquoted(value);
            // Deeper than any configuration is.
            if value.is_empty() && levels.len() < 16 {
                levels.push((depth, name.trim().to_owned()));
            } else if !value.is_empty() {
                settings.push((String::new(), path, value));
            }
        }
        Self(settings.into_iter().take(SETTINGS_MAX).collect())
    }

    /// What stands behind a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.in_section(&[""], name)
    }

    /// What stands behind a name in one of these sections.
    pub(crate) fn in_section(&self, sections: &[&str], name: &str) -> Option<&str> {
        let fits =
            |it: &&(String, String, String)| sections.contains(&it.0.as_str()) && it.1 == name;
        self.0.iter().rfind(fits).map(|it| it.2.as_str())
    }

    /// Adds what another file sets later.
    pub(crate) fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
        self.0.truncate(SETTINGS_MAX);
    }
}

/// A value without its quotes, or up to a comment.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    for quote in ['\'', '"'] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or_default().to_owned();
        }
    }
    let value = value.split(" #").next().unwrap_or_default();
    value.split("\t#").next().unwrap_or_default().trim().to_owned()
}

/// `on`, `yes`, `true`, `1` and their contraries.
pub(crate) fn truth(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" | "enabled" => Some(true),
        "off" | "no" | "false" | "0" | "disabled" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sections_have_switches_and_two_ways_to_write_a_name() {
        let mut it = Settings::sections(
            "[client]\nport=1\n[mysqld]\n# c\nbind-address = 127.0.0.1\nskip-networking\nport = 3306 # c\n",
        );
        assert_eq!(it.in_section(&["mysqld"], "bind_address"), Some("127.0.0.1"));
        assert_eq!(it.in_section(&["mysqld"], "skip_networking"), Some(""));
        assert_eq!(it.in_section(&["mysqld"], "port"), Some("3306"));
        it.extend(Settings::sections("[mysqld]\nport=3307\n"));
        assert_eq!(it.in_section(&["mysqld"], "port"), Some("3307"));
    }

    #[test]
    fn words_and_quotes() {
        let it = Settings::words(
            "listen_addresses = 'localhost, 192.0.2.1' # c\nssl on\nbind 127.0.0.1 -::1\n#port 1\n",
        );
        assert_eq!(it.get("listen_addresses"), Some("localhost, 192.0.2.1"));
        assert_eq!(it.get("ssl").and_then(truth), Some(true));
        assert_eq!(it.get("bind"), Some("127.0.0.1 -::1"));
        assert_eq!(it.get("port"), None);
    }

    #[test]
    fn levels_of_yaml_have_dots() {
        let it = Settings::yaml(
            "net:\n  port: 27017 # c\n  tls:\n    mode: requireTLS\nsecurity.auth: enabled\nstorage:\n  dbPath: /d\n",
        );
        assert_eq!(it.get("net.port"), Some("27017"));
        assert_eq!(it.get("net.tls.mode"), Some("requireTLS"));
        assert_eq!(it.get("security.auth"), Some("enabled"));
        assert_eq!(it.get("storage.dbPath"), Some("/d"));
    }

    proptest! {
        #[test]
        fn hostile_texts_never_panic(text in "[\\[\\]=:#'\" \n\ta.é-]{0,80}") {
            let _ = (Settings::sections(&text), Settings::words(&text), Settings::yaml(&text));
        }
    }
}
