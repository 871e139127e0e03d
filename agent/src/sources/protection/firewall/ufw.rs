//! What ufw is set to (ufw(8), ufw-framework(8)).

use observation::latest::{
    Absent, FirewallKind, FirewallPolicy, FirewallState, OpenToAny, Transport,
};

use crate::host::{Ask, Host};

const SWITCH_PATH: &str = "/etc/ufw/ufw.conf";
const DEFAULTS_PATH: &str = "/etc/default/ufw";
/// Its rules for IPv4 and IPv6; those of a version before 0.35 are not looked for.
const RULES_PATHS: [&str; 2] = ["/etc/ufw/user.rules", "/etc/ufw/user6.rules"];
/// Under which names it keeps the policies.
const POLICIES: [(&str, &str); 3] = [
    ("forward", "DEFAULT_FORWARD_POLICY"),
    ("input", "DEFAULT_INPUT_POLICY"),
    ("output", "DEFAULT_OUTPUT_POLICY"),
];
/// How it writes every address.
const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// What its configuration says.
pub(super) fn state(host: &dyn Host) -> Result<FirewallState, Absent> {
    let switch = host.text(SWITCH_PATH)?;
    let defaults = host.text(DEFAULTS_PATH).unwrap_or_default();
    let policy = |(hook, name): (&str, &str)| {
        Some(FirewallPolicy {
            hook: hook.to_owned(),
            family: None,
            table: None,
            policy: setting(&defaults, name)?.to_lowercase(),
        })
    };
    let (mut rule_count, mut open_to_any) = (0, Vec::new());
    for path in RULES_PATHS {
        match host.text(path) {
            Ok(text) => {
                let (count, open) = rules(&text);
                rule_count += count;
                open_to_any.extend(open);
            }
            Err(Absent::NotHere { .. }) => {}
            Err(reason) => return Err(reason),
        }
    }
    Ok(FirewallState {
        kind: FirewallKind::Ufw,
        is_active: setting(&switch, "ENABLED").map(|it| it.eq_ignore_ascii_case("yes")),
        policies: POLICIES.into_iter().filter_map(policy).collect(),
        rule_count: Some(u32::try_from(rule_count).unwrap_or(u32::MAX)),
        open_to_any,
    })
}

/// The value of a line `NAME="value"`; the last one counts, as for the shell.
fn setting(text: &str, name: &str) -> Option<String> {
    let value = |line: &str| {
        let value = line.trim().strip_prefix(name)?.strip_prefix('=')?;
        Some(value.trim().trim_matches(['"', '\'']).to_owned())
    };
    text.lines().rev().find_map(value).filter(|it| !it.is_empty())
}

/// The number of rules, and what those let in that hold for everybody. ufw writes each rule behind
/// `### tuple ###`: action, protocol, port, destination, source port, source, for applications two names,
/// direction.
fn rules(text: &str) -> (usize, Vec<OpenToAny>) {
    let tuples = text.lines().filter_map(|it| it.strip_prefix("### tuple ###"));
    let (mut count, mut open) = (0, Vec::new());
    for tuple in tuples {
        count += 1;
        open.extend(open_by(tuple).into_iter().flatten());
    }
    (count, open)
}

fn open_by(tuple: &str) -> Option<Vec<OpenToAny>> {
    let words: Vec<&str> = tuple.split_ascii_whitespace().collect();
    let [action, protocol, ports, destination, source_port, source, .., direction] = *words else {
        return None;
    };
    // `allow_log` and `limit_log-all` write a line as well.
    let action = action.split('_').next()?;
    let is_for_all = matches!(action, "allow" | "limit")
        && EVERYWHERE.contains(&destination)
        && EVERYWHERE.contains(&source)
        && source_port == "any"
        && direction == "in";
    let transport = match protocol {
        "any" => None,
        "tcp" => Some(Transport::Tcp),
        "udp" => Some(Transport::Udp),
        _ => return None,
    };
    let range = |(first_port, last_port)| OpenToAny { transport, first_port, last_port };
    is_for_all.then(|| port_ranges(ports).into_iter().map(range).collect())
}

/// `any`, `22`, `80,443`, `1000:2000`.
fn port_ranges(text: &str) -> Vec<(u16, u16)> {
    if text == "any" {
        return vec![(0, u16::MAX)];
    }
    let range = |part: &str| {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        Some((first.parse().ok()?, last.parse().ok()?))
    };
    text.split(',').filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use observation::latest::Privilege;
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    /// Real: ufw 0.36.2 of Debian 12 after nine commands, without the lines for iptables.
    const RULES: &str = "*filter\n:ufw-user-input - [0:0]\n### RULES ###\n\n\
        ### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n\
        -A ufw-user-input -p tcp --dport 22 -j ACCEPT\n\n\
        ### tuple ### allow tcp 5432 0.0.0.0/0 any 192.0.2.0/24 in\n\
        ### tuple ### allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 in\n\
        ### tuple ### limit tcp 2222 0.0.0.0/0 any 0.0.0.0/0 in\n\
        ### tuple ### allow udp 60000:61000 0.0.0.0/0 any 0.0.0.0/0 in\n\
        ### tuple ### deny any 23 0.0.0.0/0 any 0.0.0.0/0 in\n\
        ### tuple ### allow any 53 0.0.0.0/0 any 0.0.0.0/0 in_eth7\n\
        ### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH - in\n\
        ### tuple ### allow any 9100 0.0.0.0/0 any 0.0.0.0/0 in\n";
    const DEFAULTS: &str = "IPV6=yes\nDEFAULT_INPUT_POLICY=\"DROP\"\n\
        DEFAULT_OUTPUT_POLICY=\"ACCEPT\"\nDEFAULT_FORWARD_POLICY=\"DROP\"\n\
        DEFAULT_APPLICATION_POLICY=\"SKIP\"\n";

    fn machine(switch: &str) -> MapHost {
        MapHost::new().file(SWITCH_PATH, switch).file(DEFAULTS_PATH, DEFAULTS)
    }

    #[test]
    fn what_everybody_may_reach_is_told_and_the_rest_is_counted() {
        let host = machine("ENABLED=yes\nLOGLEVEL=low\n").file(RULES_PATHS[0], RULES);
        let state = state(&host).unwrap();
        assert_eq!((state.is_active, state.rule_count), (Some(true), Some(9)));
        let tcp = Some(Transport::Tcp);
        let expected = [
            (tcp, 22, 22),
            (tcp, 80, 80),
            (tcp, 443, 443),
            (tcp, 2222, 2222),
            (Some(Transport::Udp), 60_000, 61_000),
            (tcp, 22, 22),
            (None, 9100, 9100),
        ];
        let found: Vec<_> = state
            .open_to_any
            .iter()
            .map(|it| (it.transport, it.first_port, it.last_port))
            .collect();
        assert_eq!(found, expected);
        let input = state.policies.iter().find(|it| it.hook == "input").unwrap();
        assert_eq!(input.policy, "drop");
        assert_eq!(state.policies.len(), 3);
    }

    #[test]
    fn switched_off_is_not_the_same_as_not_there() {
        assert_eq!(state(&machine("ENABLED=no\n")).unwrap().is_active, Some(false));
        assert_eq!(state(&machine("# nothing\n")).unwrap().is_active, None);
        assert!(matches!(state(&MapHost::new()), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn rules_that_may_not_be_read_are_not_no_rules() {
        let host = machine("ENABLED=yes\n").file(RULES_PATHS[0], RULES).forbid(RULES_PATHS[0]);
        let expected =
            Absent::NotAllowed { what: RULES_PATHS[0].to_owned(), needs: Privilege::Root };
        assert_eq!(state(&host), Err(expected));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(text in "((### tuple ###)? ?(\\PC{0,6} ){0,10}\n){0,6}") {
            let (count, _) = rules(&text);
            prop_assert!(count <= text.lines().count());
        }

        #[test]
        fn hostile_tuples_never_panic(text in "(allow|deny) (any|tcp|x) [0-9,:a]{0,12} (0.0.0.0/0 any ::/0|x) (in|\\PC)") {
            let _ = open_by(&text);
            let _ = setting(&text, "allow");
        }
    }
}
