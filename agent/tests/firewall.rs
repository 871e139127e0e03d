//! The rules that nft loads in a network namespace of the test, as nft itself lists them and as the agent
//! reads them. Needs unshare(1) and nft(8) and no root; says so where one is missing.

#![expect(clippy::unwrap_used, reason = "a test stops where its tools fail")]
#![expect(clippy::disallowed_methods, reason = "the truth comes from nft; the test runs itself")]

use std::collections::BTreeMap;
use std::process::Command;

use kataster_agent::host::{Ask, LinuxHost};
use serde_json::Value;

const INSIDE: &str = "KATASTER_RULES";

/// Family, table, chain.
type Place = (String, String, String);
/// Hook, policy, number of rules.
type State = (Option<String>, Option<String>, u32);

/// Rule sets with nothing in common, the recorded one among them.
fn rule_sets() -> [String; 4] {
    let server =
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/host/linux/nf_tables/recordings/nft-server.nft");
    let many: String = (1..=500).map(|it| format!("    tcp dport {it} counter accept\n")).collect();
    [
        std::fs::read_to_string(server).unwrap(),
        String::new(),
        format!(
            "table ip many {{\n  chain in {{\n    type filter hook input priority 5; policy drop;\n{many}  }}\n}}\n"
        ),
        "table bridge b { chain c { type filter hook forward priority 0; policy accept; }; }\n\
         table arp a { chain c { type filter hook input priority 0; policy drop; arp operation request accept; }; }\n\
         table netdev n { }\n\
         table ip6 six { chain empty { }; chain in { type filter hook input priority 0; udp dport 546 accept; }; }\n"
            .to_owned(),
    ]
}

/// Run in the namespace by the other test. Does nothing else.
#[test]
fn inside_a_namespace_the_agent_reads_what_nft_lists() {
    let Some(rules) = std::env::var_os(INSIDE) else { return };
    let loaded = Command::new("nft").arg("-f").arg(rules).status().unwrap();
    assert!(loaded.success(), "nft does not take the rules");
    let listed = Command::new("nft").args(["-j", "list", "ruleset"]).output().unwrap();
    let truth: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let mut expected: BTreeMap<Place, State> = BTreeMap::new();
    let text = |it: &Value, key: &str| it[key].as_str().map(str::to_owned);
    let key = |it: &Value, name: &str| {
        (text(it, "family").unwrap(), text(it, "table").unwrap(), text(it, name).unwrap())
    };
    for entry in truth["nftables"].as_array().unwrap() {
        if let Some(chain) = entry.get("chain") {
            let state = (text(chain, "hook"), text(chain, "policy"), 0);
            expected.insert(key(chain, "name"), state);
        }
    }
    for entry in truth["nftables"].as_array().unwrap() {
        if let Some(rule) = entry.get("rule") {
            expected.get_mut(&key(rule, "chain")).unwrap().2 += 1;
        }
    }
    let read = LinuxHost.firewall().unwrap();
    let found: BTreeMap<Place, State> = read
        .chains
        .iter()
        .map(|it| {
            let key = (it.table.family.clone(), it.table.name.clone(), it.name.clone());
            let base = it.base.as_ref();
            (
                key,
                (
                    base.map(|it| it.hook.clone()),
                    base.and_then(|it| it.policy.clone()),
                    it.rule_count,
                ),
            )
        })
        .collect();
    assert_eq!(found, expected);
    println!("compared {} chains", found.len());
}

#[test]
fn the_agent_reads_what_nft_lists() {
    let has = |program: &str| {
        Command::new(program).arg("--version").output().is_ok_and(|it| it.status.success())
    };
    let may = Command::new("unshare").args(["-Urn", "true"]).status().is_ok_and(|it| it.success());
    if !has("nft") || !may {
        // Where all tests must run (.ci/run), what is missing is a failure and no reason to pass.
        assert!(std::env::var_os("KATASTER_WHOLE").is_none(), "nft or a namespace is missing");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (index, rules) in rule_sets().iter().enumerate() {
        let path = folder.path().join(index.to_string());
        std::fs::write(&path, rules).unwrap();
        let output = Command::new("unshare")
            .arg("-Urn")
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "inside_a_namespace_the_agent_reads_what_nft_lists"])
            .env(INSIDE, &path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "rule set {index}: {said}\n{errors}");
        assert!(said.contains("compared "), "rule set {index} was not looked at: {said}");
    }
}
