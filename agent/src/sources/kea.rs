//! The configuration of Kea: JSON with comments and inclusions (Kea Administrator Reference Manual,
//! "JSON Configuration"). Passwords of its databases stand in it and are never handed on.

use serde_json::Value;

use crate::host::Host;
use crate::sources::{Found, named};

/// Configurations of the server for IPv4 and IPv6.
pub(crate) const CONFIGURATIONS: [(&str, &str); 2] =
    [("/etc/kea/kea-dhcp4.conf", "Dhcp4"), ("/etc/kea/kea-dhcp6.conf", "Dhcp6")];
/// Deepest chain of inclusions.
const INCLUDES_DEPTH_MAX: usize = 4;
/// Most files of one configuration, and most bytes of all together.
const FILES_MAX: usize = 100;
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The object of a server; none where its file is not there or cannot be understood, which is said.
pub(crate) fn configuration(
    host: &dyn Host,
    path: &str,
    key: &str,
    found: &mut Found,
) -> Option<Value> {
    let text = named::read(host, path, "named_machine", found)?;
    let mut json = String::with_capacity(text.len());
    let mut files = 1;
    append(host, &text, 0, &mut files, &mut json, found);
    match serde_json::from_str::<Value>(&json) {
        Ok(mut value) => value.get_mut(key).map(Value::take),
        Err(error) => {
            // The words of the error may quote the text; its place does not.
            let place = format!("{path}, line {}", error.line());
            found.complaints.push(named::complaint(&place, "it is not JSON with comments"));
            None
        }
    }
}

/// Takes comments and commas before a closing bracket out and puts included files in.
fn append(
    host: &dyn Host,
    text: &str,
    depth: usize,
    files: &mut usize,
    json: &mut String,
    found: &mut Found,
) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        rest = match first {
            '"' => {
                let end = end_of_text(after);
                json.push('"');
                json.push_str(after.get(..end).unwrap_or_default());
                after.get(end..).unwrap_or_default()
            }
            '#' => after.find('\n').and_then(|it| after.get(it..)).unwrap_or_default(),
            '/' if after.starts_with('/') => {
                after.find('\n').and_then(|it| after.get(it..)).unwrap_or_default()
            }
            '/' if after.starts_with('*') => after
                .split_once("*/")
                .map(|(comment, rest)| {
                    json.extend(comment.chars().filter(|it| *it == '\n'));
                    rest
                })
                .unwrap_or_default(),
            '<' if after.starts_with("?include") => {
                let (directive, rest) = after.split_once("?>").unwrap_or((after, ""));
                let path = directive.split('"').nth(1).unwrap_or_default();
                if depth == INCLUDES_DEPTH_MAX || *files == FILES_MAX || json.len() > BYTES_MAX {
                    found
                        .complaints
                        .push(named::complaint(path, "too many files include each other"));
                } else if let Some(inner) = named::read(host, path, "named_machine", found) {
                    *files += 1;
                    append(host, &inner, depth + 1, files, json, found);
                }
                rest
            }
            ']' | '}' => {
                let kept = json.trim_end().len();
                if json.trim_end().ends_with(',') {
                    json.truncate(kept - 1);
                }
                json.push(first);
                after
            }
            _ => {
                json.push(first);
                after
            }
        };
    }
}

/// Where a text ends, its quote included.
fn end_of_text(text: &str) -> usize {
    let mut is_escaped = false;
    for (index, it) in text.char_indices() {
        match it {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    fn read(host: &MapHost) -> (Option<Value>, Found) {
        let mut found = Found::default();
        let (path, key) = CONFIGURATIONS[0];
        (configuration(host, path, key, &mut found), found)
    }

    #[test]
    fn comments_and_trailing_commas_are_taken_out() {
        let text = "// a\n{ # b\n \"Dhcp4\": { /* c\n d */ \"x\": \"http://e#f/*g*/\\\"\", \"y\": [1, 2,], }, }";
        let (value, found) = read(&MapHost::new().file(CONFIGURATIONS[0].0, text));
        let value = value.unwrap();
        assert_eq!(value["x"], "http://e#f/*g*/\"");
        assert_eq!(value["y"], serde_json::json!([1, 2]));
        assert!(found.complaints.is_empty());
    }

    #[test]
    fn included_files_are_put_in_and_circles_end() {
        let host = MapHost::new()
            .file(CONFIGURATIONS[0].0, "{ \"Dhcp4\": <?include \"/etc/kea/inner.json\"?> }")
            .file("/etc/kea/inner.json", "{ \"x\": 1 }");
        assert_eq!(read(&host).0.unwrap()["x"], 1);
        let circle = format!("<?include \"{0}\"?><?include \"{0}\"?>", CONFIGURATIONS[0].0);
        let (value, found) = read(&MapHost::new().file(CONFIGURATIONS[0].0, circle));
        assert!(value.is_none() && !found.complaints.is_empty());
    }

    #[test]
    fn a_broken_file_is_named_by_its_line_and_not_quoted() {
        let text = "{ \"Dhcp4\": {\n\"password\": CANARY } }";
        let (value, found) = read(&MapHost::new().file(CONFIGURATIONS[0].0, text));
        assert!(value.is_none());
        assert_eq!(found.complaints[0].place, "/etc/kea/kea-dhcp4.conf, line 2");
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn signs_of_comments_and_inclusions_in_texts_stay_texts() {
        for text in ["# a", "// a", "/* a */", "<?include \\\"/etc/x\\\"?>", ",]", "\\\\"] {
            let json = format!("{{\"Dhcp4\": {{\"x\": \"{text}\"}}}}");
            let (value, found) = read(&MapHost::new().file(CONFIGURATIONS[0].0, &json));
            let expected: Value = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(value.unwrap()["x"], expected, "{text}");
            assert_eq!(found, Found::default(), "{text}");
        }
    }

    #[test]
    fn what_is_left_open_is_broken_and_ends() {
        for text in ["{ \"Dhcp4\": \"", "{ \"Dhcp4\": /* ", "{ <?include \"/x", "{ # ", "\"\\"] {
            let (value, found) = read(&MapHost::new().file(CONFIGURATIONS[0].0, text));
            assert_eq!((value, found.complaints.len()), (None, 1), "{text}");
        }
    }

    #[test]
    fn many_inclusions_end_and_are_said() {
        let include = "<?include \"/etc/kea/one.json\"?>".repeat(FILES_MAX + 1);
        let host = MapHost::new()
            .file(CONFIGURATIONS[0].0, format!("{{ \"Dhcp4\": [ {include} 0 ] }}"))
            .file("/etc/kea/one.json", "1,");
        let (value, found) = read(&host);
        assert_eq!(value.unwrap().as_array().unwrap().len(), FILES_MAX);
        assert_eq!(found.complaints.len(), 2);
        let host = MapHost::unprivileged()
            .file(CONFIGURATIONS[0].0, "{ \"Dhcp4\": [ <?include \"/etc/kea/secret\"?> ] }")
            .forbid("/etc/kea/secret");
        let (value, found) = read(&host);
        assert_eq!((value.unwrap(), found.gaps.len()), (serde_json::json!([]), 1));
    }

    #[test]
    fn a_configuration_of_another_server_is_none_of_this_one() {
        for (text, complaints) in [
            ("{ \"Dhcp6\": {} }", 0),
            ("{}", 0),
            ("[]", 0),
            ("7", 0),
            ("", 1),
            ("{ \"Dhcp4\": }", 1),
        ] {
            let (value, found) = read(&MapHost::new().file(CONFIGURATIONS[0].0, text));
            assert_eq!((value, found.complaints.len()), (None, complaints), "{text}");
        }
        assert_eq!(read(&MapHost::new()), (None, Found::default()));
    }

    /// Files that include each other in a circle end at the depth, however often each names the others.
    #[test]
    fn a_wide_circle_of_inclusions_ends_by_its_number_of_files() {
        let (path, _) = CONFIGURATIONS[0];
        let circle = format!("<?include \"{path}\"?>").repeat(20);
        let (value, found) = read(&MapHost::new().file(path, format!("{circle} 1")));
        assert_eq!(value, None);
        assert!(found.complaints.len() > 1);
    }

    proptest! {
        /// A text of JSON comes out as it went in, whatever signs of comments it holds.
        #[test]
        fn each_text_comes_back(text in "[\\[\\]{},\"\\\\#/*é<?a-z ]{0,40}") {
            let json = serde_json::json!({ "Dhcp4": { "x": text.clone() } });
            let (value, _) = read(&MapHost::new().file(CONFIGURATIONS[0].0, json.to_string()));
            let value = value.unwrap();
            prop_assert_eq!(value["x"].as_str(), Some(&*text));
        }

        #[test]
        fn hostile_texts_never_panic(text in "[\\[\\]{},\"\\\\#/*é\n<?]{0,80}") {
            let _ = read(&MapHost::new().file(CONFIGURATIONS[0].0, text));
        }
    }
}
