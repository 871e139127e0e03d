use observation::latest::SudoRule;
use proptest::prelude::*;
use serde_json::Value;

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
        let is_known = |it: &&String| !["negated", "sha256"].contains(&it.as_str());
        let key = object.keys().find(is_known).unwrap();
        let value = &object[key];
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let value = with_context(host, |context| {
            let persons = Persons::read(context.host, context.names).unwrap();
            let resolver = Resolver { aliases: &BTreeMap::new(), persons: &persons };
            match key.as_str() {
                "username" => resolver.account(&value),
                "userid" => resolver.account(&format!("#{value}")),
                "usergroup" => format!("%{value}"),
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
            let tags = [("noexec", "NOEXEC"), ("setenv", "SETENV")].into_iter();
            let tags = tags
                .filter(|(name, tag)| option(name) == Some(true) && !(is_all && *tag == "SETENV"));
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
                tags: tags.map(|(_, tag)| tag.to_owned()).collect(),
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

proptest! {
    #[test]
    fn any_file_is_read_without_panic(
        text in "((Defaults|User_Alias|Cmnd_Alias|ALL|NOPASSWD:|sha256:|CWD=|@include|root)|[ =\"\\\\#\n:,!()+%-]|\\PC){0,60}"
    ) {
        let _ = with_context(&debian().file("/etc/sudoers", text), observe);
    }
}
