use observation::latest::SudoRule;
use proptest::prelude::*;
use serde_json::Value;

use super::grammar::Change;
use super::*;
use crate::sources::settings::lines;
use crate::sources::testing::{MapHost, with_context};

const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nbackup:x:34:34::/:/bin/sh\n\
    postgres:x:40:40::/:/bin/sh\nmysql:x:41:41::/:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n\
    alice:x:1000:1000::/home/alice:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n";

/// Text of a sample's file.
macro_rules! sample {
    ($path:literal) => {
        include_str!(concat!("../samples/sudo/", $path))
    };
}

/// Real: Debian 12, sudo 1.9.13; the truth is `cvtsudoers -e -f json` of the same package.
fn debian() -> MapHost {
    MapHost::new().file("/etc/passwd", PASSWD).file("/etc/sudoers", sample!("debian.sudoers"))
}

/// Constructed from sudoers(5); the truth as above.
fn made() -> MapHost {
    MapHost::new()
        .file("/etc/passwd", PASSWD)
        .file("/etc/sudoers", sample!("made/sudoers"))
        .file("/etc/sudoers.more", sample!("made/sudoers.more"))
        .file("/etc/more one", sample!("made/more one"))
        .file("/etc/sudoers.d/50-web", sample!("made/sudoers.d/50-web"))
        .file("/etc/sudoers.d/old.bak", sample!("made/sudoers.d/old.bak"))
        .file("/etc/sudoers.d/edit~", sample!("made/sudoers.d/edit~"))
}

fn rules(found: &Found) -> Vec<SudoRule> {
    let rule = |it: &Fact| if let Fact::SudoRule(it) = it { Some(it.clone()) } else { None };
    found.facts.iter().filter_map(rule).collect()
}

/// The texts of a list of cvtsudoers; programs as we say them, persons as pseudonyms.
fn texts(host: &MapHost, list: &Value) -> Vec<String> {
    let text = |it: &Value| {
        let object = it.as_object().unwrap();
        let is_known = |it: &&String| *it != "negated" && !it.starts_with("sha");
        let key = object.keys().find(is_known).unwrap();
        let value = &object[key];
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let value = with_context(host, |context| {
            let persons = Persons::read(context.host, context.names).unwrap();
            let resolver = Resolver { aliases: &BTreeMap::new(), persons: &persons };
            match key.as_str() {
                "username" if value.is_empty() => "()".to_owned(),
                "username" => resolver.account(&value),
                "userid" => resolver.account(&format!("#{value}")),
                "usergroup" => format!("%{value}"),
                "usergid" => format!("%#{value}"),
                "nonunixgroup" => format!("%:{value}"),
                "netgroup" => format!("+{value}"),
                "command" if value == "/bin/a b" => value,
                "command" => {
                    value.split_once(' ').map_or(value.clone(), |it| format!("{} …", it.0))
                }
                _ => value,
            }
        });
        let is_negated = object.get("negated").is_some();
        format!("{}{value}", if is_negated { "!" } else { "" })
    };
    list.as_array().map(|it| it.iter().map(text).collect()).unwrap_or_default()
}

/// The rules as cvtsudoers states them.
fn truth(host: &MapHost, json: &str) -> Vec<SudoRule> {
    let json: Value = serde_json::from_str(json).unwrap();
    let mut rules = Vec::new();
    for spec in json["User_Specs"].as_array().unwrap() {
        for commands in spec["Cmnd_Specs"].as_array().unwrap() {
            let option = |name: &str| {
                let options = commands["Options"].as_array()?;
                options.iter().find_map(|it| it.get(name)?.as_bool())
            };
            let groups = texts(host, &commands["runasgroups"]);
            let programs = texts(host, &commands["Commands"]);
            // `ALL` brings SETENV with it, which nobody wrote.
            let is_all = programs.contains(&"ALL".to_owned());
            let tag = |(name, on, off): (&str, &str, &str)| {
                let is_on = option(name)?;
                let is_written = !is_on || on != "SETENV" || !is_all;
                is_written.then(|| if is_on { on } else { off }.to_owned())
            };
            let tags = [
                ("sudoedit_follow", "FOLLOW", "NOFOLLOW"),
                ("intercept", "INTERCEPT", "NOINTERCEPT"),
                ("log_input", "LOG_INPUT", "NOLOG_INPUT"),
                ("log_output", "LOG_OUTPUT", "NOLOG_OUTPUT"),
                ("send_mail", "MAIL", "NOMAIL"),
                ("noexec", "NOEXEC", "EXEC"),
                ("setenv", "SETENV", "NOSETENV"),
            ];
            rules.push(SudoRule {
                who: texts(host, &spec["User_List"]),
                hosts: texts(host, &spec["Host_List"]),
                run_as: texts(host, &commands["runasusers"]),
                run_as_groups: groups
                    .iter()
                    .map(|it| it.trim_start_matches('%').to_owned())
                    .collect(),
                commands: programs,
                commands_left_out: 0,
                asks_password: option("authenticate"),
                tags: tags.into_iter().filter_map(tag).collect(),
                place: String::new(),
            });
        }
    }
    rules
}

fn check(host: &MapHost, json: &str) -> usize {
    let found = with_context(host, observe).unwrap();
    assert_eq!((&found.gaps, &found.complaints), (&vec![], &vec![]));
    let ours: Vec<SudoRule> =
        rules(&found).into_iter().map(|it| SudoRule { place: String::new(), ..it }).collect();
    assert_eq!(ours, truth(host, json));
    ours.len()
}

#[test]
fn the_rules_of_debian_are_those_of_cvtsudoers() {
    assert_eq!(check(&debian(), sample!("debian.json")), 2);
}

#[test]
fn rules_with_everything_are_those_of_cvtsudoers() {
    assert_eq!(check(&made(), sample!("made.json")), 13);
}

/// Lines that sudo 1.9.13 of Debian refuses and other versions take, or for a value that says nothing of who may do
/// what.
const GENEROUS: [&str; 7] = [
    "#-1 ",
    "\"/bin/a b\"",
    "/usr/bin/sudoedit",
    "TIMEOUT=never",
    "APPARMOR_PROFILE",
    "sha224:aa ",
    "sha256:zz ",
];

/// Real: what cvtsudoers of Debian's sudo 1.9.13p3 says of each line, null where it refuses it
/// (`samples/sudo/record-lines.py`).
#[test]
fn each_line_is_read_or_refused_as_cvtsudoers_does() {
    let all: Vec<Value> = serde_json::from_str(sample!("lines.json")).unwrap();
    let mut wrong = Vec::new();
    for line in &all {
        let text = line["text"].as_str().unwrap();
        let host = debian().file("/etc/sudoers", text);
        let found = with_context(&host, observe).unwrap();
        let is_generous = GENEROUS.iter().any(|it| text.contains(it));
        let is_same = if line["json"].is_null() {
            found.complaints.is_empty() == is_generous
        } else {
            let ours = rules(&found).into_iter();
            let ours: Vec<SudoRule> =
                ours.map(|it| SudoRule { place: String::new(), ..it }).collect();
            found.complaints.is_empty() && ours == truth(&host, &line["json"].to_string())
        };
        if !is_same {
            wrong.push(format!("{text}{:?}\n{}", rules(&found), line["json"]));
        }
    }
    assert!(all.len() > 100 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn logical_lines_carry_the_number_of_their_first() {
    for (text, expected) in [
        ("", &[][..]),
        ("a\nb", &[(1, "a"), (2, "b")]),
        ("a\\\n  b\nc", &[(1, "a b"), (3, "c")]),
        ("\\\na", &[(1, "a")]),
        ("a\\", &[(1, "a")]),
        ("a\\\\\nb", &[(1, "a\\\\"), (2, "b")]),
        ("a # b\\\nc", &[(1, "a"), (2, "c")]),
        ("a \"# b\" \\# c # d", &[(1, "a \"# b\" \\# c")]),
        ("#1 a #-2 b # c", &[(1, "#1 a #-2 b")]),
        ("#include x\n#included", &[(1, "#include x"), (2, "")]),
    ] {
        let found = grammar::logical_lines(text);
        let found: Vec<_> = found.iter().map(|(number, line)| (*number, line.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }
}

#[test]
fn settings_take_each_form_of_value() {
    let options = |text: &str| match grammar::line(text) {
        Ok(Line::Defaults(it)) => {
            let options = it.options.into_iter();
            Ok(options.map(|it| (it.name, it.value, it.change)).collect::<Vec<_>>())
        }
        Ok(other) => panic!("{other:?}"),
        Err(problem) => Err(problem),
    };
    for (text, value, change) in [
        ("Defaults a", "yes", Change::Set),
        ("Defaults !a", "no", Change::Set),
        ("Defaults !!a", "yes", Change::Set),
        ("Defaults a=b", "b", Change::Set),
        ("Defaults a = \"b c, d\"", "b c, d", Change::Set),
        ("Defaults a+=b", "b", Change::Add),
        ("Defaults a -= b", "b", Change::Remove),
        ("Defaults a=b\\,c", "b,c", Change::Set),
        ("Defaults:root a", "yes", Change::Set),
        ("Defaults@db1,db2 a", "yes", Change::Set),
        ("Defaults>root a", "yes", Change::Set),
        ("Defaults!/bin/ls a", "yes", Change::Set),
    ] {
        assert_eq!(options(text), Ok(vec![("a".to_owned(), value.to_owned(), change)]), "{text}");
    }
    for text in ["Defaults", "Defaults =", "Defaults a b", "Defaults a,", "Defaults a=b c"] {
        assert!(options(text).is_err(), "{text}");
    }
}

#[test]
fn settings_that_matter_carry_whom_they_hold_for() {
    let found = with_context(&made(), observe).unwrap();
    let settings: Vec<Fact> =
        found.facts.into_iter().filter(|it| matches!(it, Fact::Setting(_))).collect();
    assert_eq!(
        lines(&settings),
        [
            "sudo [!/usr/bin/less,/usr/bin/more] noexec = yes",
            "sudo [:%wheel] authenticate = no",
            "sudo [:%wheel] timestamp_timeout = 15",
            "sudo [@192.0.2.0/24,*.firma.example,db1] log_output = yes",
            "sudo env_keep = LANG LC_ALL EDITOR",
            "sudo env_reset = yes",
            "sudo secure_path = /usr/sbin:/usr/bin:/sbin:/bin",
        ]
    );
}

#[test]
fn neither_persons_nor_arguments_leave_the_host() {
    let found = with_context(&made(), observe).unwrap();
    let text = format!("{found:?}");
    for name in ["alice", "bob", "carol", "mallory", "CANARY", "user name", "1001", "rsync -"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
    let text = "Defaults runas_default=alice\nDefaults:alice !authenticate\nroot ALL=(alice:alice) /home/alice/x\n%alice ALL=ALL\n";
    let found = with_context(&debian().file("/etc/sudoers", text), observe).unwrap();
    assert!(!format!("{found:?}").contains("alice"), "{found:?}");
    assert_eq!(found.facts.len(), 4);
}

#[test]
fn a_line_that_is_none_costs_one_complaint_that_does_not_quote_it() {
    let text = "alice\nroot ALL=ALL\nbob ALL=(root ALL\nUser_Alias X\nDefaults =\nroot ALL=\n";
    let found = with_context(&debian().file("/etc/sudoers", text), observe).unwrap();
    assert_eq!((rules(&found).len(), found.complaints.len()), (1, 5));
    assert!(!format!("{found:?}").contains("alice"));
}

#[test]
fn lists_that_grow_can_shrink() {
    let text =
        "Defaults env_keep=\"A B\"\nDefaults env_keep-=A\nDefaults env_keep += C, !!use_pty\n";
    let found = with_context(&debian().file("/etc/sudoers", text), observe).unwrap();
    assert_eq!(lines(&found.facts), ["sudo env_keep = B C", "sudo use_pty = yes"]);
}

#[test]
fn aliases_and_files_that_name_themselves_end() {
    let text = "User_Alias A = B, root : B = A, A\nA ALL=ALL\n@include /etc/sudoers\n";
    let found = with_context(&debian().file("/etc/sudoers", text), observe).unwrap();
    assert!(!found.complaints.is_empty());
    assert!(rules(&found)[0].who.len() <= 1_000);
}

#[test]
fn many_commands_are_cut_and_counted() {
    let commands: Vec<String> = (0..150).map(|it| format!("/bin/{it}")).collect();
    let text = format!("root ALL={}\n", commands.join(", "));
    let found = with_context(&debian().file("/etc/sudoers", text), observe).unwrap();
    let rule = &rules(&found)[0];
    assert_eq!((rule.commands.len(), rule.commands_left_out), (100, 50));
}

#[test]
fn without_the_right_or_without_sudo_the_reason_is_said() {
    let host = MapHost::unprivileged().forbid("/etc/sudoers");
    assert!(matches!(with_context(&host, observe), Err(Absent::NotAllowed { .. })));
    assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    let host = debian().file("/etc/sudoers", "@include x\n").forbid("/etc/x");
    let found = with_context(&host, observe).unwrap();
    assert_eq!(found.gaps.len(), 2);
    assert!(matches!(&found.gaps[0].reason, Absent::NotAllowed { what, .. } if what == "/etc/x"));
}

/// Names as they stand in lists.
fn names(pattern: &'static str) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(pattern, 1..4)
}

proptest! {
    /// A rule that is written out of parts comes back in the same parts, wherever blanks stand, lines are joined and a
    /// remark follows.
    #[test]
    fn a_written_rule_comes_back_in_its_parts(
        users in names("[%+]?[a-z][a-z0-9_]{0,8}"),
        hosts in names("[a-z][a-z0-9.-]{0,8}"),
        run_as in names("[a-z]{1,8}"),
        groups in names("[a-z]{1,8}"),
        commands in names("!?/[a-z/]{1,12}"),
        blank in "( |\t|  | \\\\\n )",
    ) {
        let list = |items: &[String]| items.join(&format!(",{blank}"));
        let text = format!(
            "{}{blank}{}{blank}={blank}({}{blank}:{blank}{}){blank}NOPASSWD:{blank}{} # remark, ALL",
            list(&users), list(&hosts), list(&run_as), list(&groups), list(&commands)
        );
        let logical = grammar::logical_lines(&text);
        prop_assert_eq!(logical.len(), 1, "{}", text);
        let line = grammar::line(&logical[0].1);
        let Ok(Line::Privileges(found)) = line else {
            return Err(TestCaseError::fail(format!("{text}: {line:?}")));
        };
        let [it] = &*found else { return Err(TestCaseError::fail(format!("{found:?}"))) };
        let texts = |items: &[grammar::Item]| -> Vec<String> {
            let text = |it: &grammar::Item| {
                format!("{}{}", if it.is_negated { "!" } else { "" }, it.text)
            };
            items.iter().map(text).collect()
        };
        prop_assert_eq!((texts(&it.users), texts(&it.hosts)), (users, hosts));
        prop_assert_eq!((texts(&it.run_as), texts(&it.run_as_groups)), (run_as, groups));
        prop_assert_eq!(texts(&it.commands), commands);
        prop_assert_eq!(&it.tags, &["NOPASSWD"]);
    }

    /// Who cuts a rule anywhere gets a complaint or paths that the whole one holds too.
    #[test]
    fn a_cut_rule_names_no_other_commands(at in 0_usize..82) {
        let whole = "www-data db1,db2 = (root:backup) NOPASSWD: /usr/bin/a -x, /usr/bin/b, !/usr/bin/c";
        let Ok(Line::Privileges(found)) = grammar::line(&whole[..at.min(whole.len())]) else {
            return Ok(());
        };
        for it in found.iter().flat_map(|it| &it.commands) {
            let is_tag = "NOPASSWD".starts_with(&it.text);
            prop_assert!(is_tag || (whole.contains(&it.text) && it.text.starts_with('/')), "{it:?}");
        }
    }

    #[test]
    fn any_file_is_read_without_panic(
        text in "((Defaults|User_Alias|Cmnd_Alias|ALL|NOPASSWD:|sha256:|CWD=|@include|root)|[ =\"\\\\#\n:,!()+%-]|\\PC){0,60}"
    ) {
        let _ = with_context(&debian().file("/etc/sudoers", text), observe);
    }
}
