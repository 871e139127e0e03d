//! What the privileged reader leaves out of a file before it hands it on.
//!
//! The agent's main process has no use for passwords and keys, so they do not reach it: whoever takes it
//! over does not get them through the reader either. Sifting knows words and shapes, not every format:
//! a password in a flag of one letter (`mysqldump -pSECRET` in a crontab), in a comment in plain words, or
//! in the following lines of a YAML block passes. No source sends such text anywhere.

use serde_json::Value;

/// What stands in place of a secret: that one is set may be known.
const WITHHELD: &str = "withheld";
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
/// The one kind of PEM block that everybody may see (RFC 7468 §5).
const CERTIFICATE: &str = "CERTIFICATE";
/// In a name without `-`, `_` and `.`: what follows is a secret wherever it stands.
const SECRET: &[&str] = &["passphrase", "passwd", "password", "secret", "privatekey", "rootpw"];
/// What follows is a secret where an equals sign or colon does, or at the start of a line. The primes and
/// exponents are those of private keys of DNSSEC (BIND, `K*.private`).
const SECRET_IF_SET: &[&str] = &[
    "accesskey",
    "apikey",
    "authtok",
    "cardnumber",
    "coefficient",
    "community",
    "credential",
    "exponent",
    "masterauth",
    "pkcs12",
    "preshared",
    "prime1",
    "prime2",
    "psk",
    "requirepass",
    "saept",
    "sharedkey",
    "token",
    "wepkey",
];
/// As these, for whole names and their ends.
const SECRET_ENDS: &[&str] = &["pass", "pin", "pw", "pwd"];
/// Parts of descriptions of containers that hold secrets: environment, arguments, and what repeats them.
const OF_CONTAINERS: &[&str] =
    &["args", "cmd", "entrypoint", "env", "healthcheck", "history", "hooks", "process"];
/// Labels that are kept; others may hold anything (users of a proxy with their passwords).
const LABELS: &str = "com.docker.compose.project";
/// What closes a statement and stays behind a value that is withheld.
const CLOSING: &[char] = &[' ', '\t', '\r', ';', ',', '{', '}', '/', '>'];
/// What may stand before a setting that is switched off.
const MARKS_OF_COMMENTS: &[char] = &['#', ';', '!', '/'];

/// The certificates of a PEM file (RFC 7468) and nothing else.
pub(super) fn certificates(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let (begin, end) =
        (format!("{BEGIN}{CERTIFICATE}{DASHES}"), format!("{END}{CERTIFICATE}{DASHES}"));
    let mut rest = text.as_ref();
    let mut kept = String::new();
    while let Some((_, after)) = rest.split_once(&begin) {
        let Some((body, behind)) = after.split_once(&end) else { break };
        rest = behind;
        // Another block inside would be no certificate but what stands between two broken ones.
        if !body.contains(DASHES) {
            kept.extend([&begin, body, &end, "\n"]);
        }
    }
    kept.into_bytes()
}

/// Settings of any common form without the values of passwords and keys: `name = value`, `name value;`,
/// JSON, attributes and elements of XML, blocks of PEM, accounts in URLs.
pub(super) fn settings(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    without_values(&without_accounts(&without_blocks(&text))).into_bytes()
}

/// The description of containers without environment, arguments and labels; none where it is no JSON.
pub(super) fn containers(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    strip(&mut value);
    serde_json::to_vec(&value).ok()
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !OF_CONTAINERS.contains(&name.to_lowercase().as_str()));
            for (name, member) in members.iter_mut() {
                if let Value::Object(labels) = member
                    && name.eq_ignore_ascii_case("labels")
                {
                    labels.retain(|name, _| name.starts_with(LABELS));
                } else if let Value::String(text) = member
                    && is_secret(name, true)
                {
                    WITHHELD.clone_into(text);
                } else {
                    strip(member);
                }
            }
        }
        Value::Array(members) => members.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Without the blocks of PEM that are no certificates, and without sections `[…secrets…]`.
fn without_blocks(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut in_block, mut in_section) = (false, false);
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if bare.starts_with('[') && bare.ends_with(']') {
            in_section = bare.to_lowercase().contains("secret");
        }
        // The beginning of a block may stand behind other text, or what looks like its end does.
        if let Some((_, kind)) = bare.split_once(BEGIN) {
            in_block = kind.split(DASHES).next() != Some(CERTIFICATE) || kind.contains(BEGIN);
        }
        if !in_block && (!in_section || bare.starts_with('[')) {
            kept.push_str(line);
        }
        in_block &= !bare.contains(END);
    }
    kept
}

/// Without the account in URLs: `scheme://user:password@host` becomes `scheme://host`.
fn without_accounts(text: &str) -> String {
    const MARK: &str = "://";
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(MARK) {
        kept.extend([before, MARK]);
        let end = after.find(|it: char| it.is_whitespace() || "\"'<>".contains(it));
        let (url, behind) =
            after.split_at_checked(end.unwrap_or(after.len())).unwrap_or((after, ""));
        // A password may itself hold slashes; the host begins behind the last `@`.
        let account = url.rsplit_once('@').filter(|it| it.0.contains(':'));
        let host = account.map_or(url, |it| it.1);
        rest = after.split_at_checked(url.len() - host.len()).map_or(behind, |it| it.1);
    }
    kept.push_str(rest);
    kept
}

fn without_values(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_first = true;
    while let Some(start) = rest.find(is_of_name) {
        let Some((before, at)) = rest.split_at_checked(start) else { break };
        let length = at.find(|it| !is_of_name(it)).unwrap_or(at.len());
        let Some((name, after)) = at.split_at_checked(length) else { break };
        let (is_new, line) = before.rsplit_once('\n').map_or((false, before), |it| (true, it.1));
        let is_bare = line.chars().all(|it| it.is_whitespace() || MARKS_OF_COMMENTS.contains(&it));
        let place =
            Place { before: before.chars().next_back(), is_first: (is_first || is_new) && is_bare };
        is_first = false;
        kept.extend([before, name]);
        rest = after;
        if let Some((separator, value, behind)) = secret_value(name, after, place) {
            kept.push_str(separator);
            let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''));
            if !value.is_empty() {
                kept.extend(quote);
                kept.push_str(WITHHELD);
                kept.extend(quote);
            }
            rest = behind;
        }
    }
    kept.push_str(rest);
    kept
}

/// Where a name stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// What stands right before it.
    before: Option<char>,
    /// Whether nothing but marks of comments and blanks stands before it in its line.
    is_first: bool,
}

/// Separator, value and rest, where what follows a name is a secret.
fn secret_value<'a>(
    name: &str,
    after: &'a str,
    place: Place,
) -> Option<(&'a str, &'a str, &'a str)> {
    if place.before == Some('<') && after.starts_with('>') && is_secret(name, true) {
        let (element, _) = after.split_at_checked(after.find("</").unwrap_or(after.len()))?;
        // Line breaks stay: some formats want the tags in lines of their own.
        let value = element.trim_start_matches(|it: char| it == '>' || it.is_whitespace());
        let (separator, rest) = after.split_at_checked(element.len() - value.len())?;
        let (value, rest) = rest.split_at_checked(value.trim_end().len())?;
        return Some((separator, value, rest));
    }
    let quote = place.before.filter(|it| matches!(it, '"' | '\'') && after.starts_with(*it));
    let is_blank = |it: char| it == ' ' || it == '\t' || (quote.is_some() && it.is_whitespace());
    let body = quote.map_or(after, |it| after.strip_prefix(it).unwrap_or(after));
    let body = body.trim_start_matches(is_blank);
    let named = body.trim_start_matches(['=', ':']);
    let is_set = named.len() < body.len();
    let is_separated = is_set || (quote.is_none() && body.len() < after.len());
    if !is_separated || !is_secret(name, is_set || place.is_first) {
        return None;
    }
    let named = named.strip_prefix('>').unwrap_or(named).trim_start_matches(is_blank);
    let (separator, rest) = after.split_at_checked(after.len() - named.len())?;
    let (value, rest) =
        rest.split_at_checked(value_length(rest, quote.is_some(), place.is_first))?;
    Some((separator, value, rest))
}

/// How long a value is. In a line of its own it is the whole line: quotes may be a part of it.
fn value_length(text: &str, is_json: bool, is_line: bool) -> usize {
    let first = text.chars().next().unwrap_or('\n');
    match first {
        '"' | '\'' if is_json || !is_line => quoted_length(text, first),
        '[' | '{' if is_json => nested_length(text),
        _ if is_json => {
            text.find(|it: char| it.is_whitespace() || ",}]".contains(it)).unwrap_or(text.len())
        }
        _ => text.lines().next().unwrap_or_default().trim_end_matches(CLOSING).len(),
    }
}

/// Through the closing quote; everything where there is none.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut is_escaped = true;
    for (at, it) in text.char_indices() {
        if it == quote && !is_escaped {
            return at + it.len_utf8();
        }
        // The opening quote counts as escaped.
        is_escaped = it == '\\' && !is_escaped;
    }
    text.len()
}

/// Through the closing bracket; everything where there is none.
fn nested_length(text: &str) -> usize {
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    for (at, it) in text.char_indices() {
        match it {
            '"' if !is_escaped => in_text = !in_text,
            '[' | '{' if !in_text => depth += 1,
            ']' | '}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_escaped = it == '\\' && !is_escaped;
        if depth == 0 {
            return at + it.len_utf8();
        }
    }
    text.len()
}

const fn is_of_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.')
}

fn is_secret(name: &str, is_set: bool) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.map(|it| it.to_ascii_lowercase()).collect();
    SECRET.iter().any(|it| name.contains(it))
        || (is_set
            && (SECRET_IF_SET.iter().any(|it| name.contains(it))
                || SECRET_ENDS.iter().any(|it| name.ends_with(it))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sifted(text: &str) -> String {
        String::from_utf8(settings(text.as_bytes())).unwrap()
    }

    #[test]
    fn of_a_pem_file_only_certificates_are_shown() {
        let pem = "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n\
            -----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\nCANARY\n\
            -----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nCANARY\n-----END CERTIFICATE-----\n\
            -----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nCANARY";
        let shown = String::from_utf8(certificates(pem.as_bytes())).unwrap();
        assert!(shown.contains("AAAA") && shown.contains("BBBB"), "{shown}");
        assert!(!shown.contains("CANARY") && !shown.contains("PRIVATE"), "{shown}");
    }

    fn check(cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            let shown = sifted(text);
            assert!(!shown.contains("NARY"), "{shown}");
            assert_eq!(shown, *expected);
        }
    }

    /// Constructed from the manual pages of the programs that the files belong to.
    #[test]
    fn secrets_of_networks_are_withheld_and_the_rest_is_kept() {
        check(&[
            // nm-settings-keyfile(5), wpa_supplicant.conf(5), iwd.network(5)
            (
                "[wifi-security]\nkey-mgmt=wpa-psk\npsk=CANARY two\n",
                "[wifi-security]\nkey-mgmt=wpa-psk\npsk=withheld\n",
            ),
            ("wep-key0=CANARY\nid=Office\n", "wep-key0=withheld\nid=Office\n"),
            (
                "[vpn-secrets]\nIPSec x=CANARY\n[ipv4]\nmethod=auto\n",
                "[vpn-secrets]\n[ipv4]\nmethod=auto\n",
            ),
            (
                "network={\n  ssid=\"a\"\n  psk=\"CANARY\"\n  key_mgmt=WPA-PSK SAE\n}\n",
                "network={\n  ssid=\"a\"\n  psk=\"withheld\"\n  key_mgmt=WPA-PSK SAE\n}\n",
            ),
            (
                "PreSharedKey=CANARY\nSAE-PT-Group19=CANARY\nAutoConnect=true\n",
                "PreSharedKey=withheld\nSAE-PT-Group19=withheld\nAutoConnect=true\n",
            ),
            // wg(8)
            (
                "PrivateKey = CANARY=\nPublicKey = abc=\nPresharedKey = CANARY\n",
                "PrivateKey = withheld\nPublicKey = abc=\nPresharedKey = withheld\n",
            ),
            // openvpn(8)
            (
                "remote a 1194\n<key>\n-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n</key>\n",
                "remote a 1194\n<key>\n</key>\n",
            ),
            (
                "<auth-user-pass>\nCANARY\nCANARY\n</auth-user-pass>\ndev tun\n",
                "<auth-user-pass>\nwithheld\n</auth-user-pass>\ndev tun\n",
            ),
            // swanctl.conf(5), named.conf(5), dhcpd.conf(5), haproxy
            (
                "secrets {\n ike { secret = \"CANARY\" }\n}\n",
                "secrets {\n ike { secret = \"withheld\" }\n}\n",
            ),
            (
                "key \"k\" { algorithm hmac; secret \"CANARY\"; };",
                "key \"k\" { algorithm hmac; secret \"withheld\"; };",
            ),
            ("  secret CANARY==;\n}", "  secret withheld;\n}"),
            (" user a insecure-password CANARY\n", " user a insecure-password withheld\n"),
        ]);
    }

    /// As before.
    #[test]
    fn secrets_of_servers_are_withheld_and_the_rest_is_kept() {
        check(&[
            // redis.conf, slapd, sssd.conf(5), snmpd.conf(5), auto.master(5)
            ("requirepass CANARY\nport 6379\n", "requirepass withheld\nport 6379\n"),
            (
                "olcRootPW: {SSHA}CANARY\nolcSuffix: dc=a\n",
                "olcRootPW: withheld\nolcSuffix: dc=a\n",
            ),
            ("ldap_default_authtok = CANARY\n", "ldap_default_authtok = withheld\n"),
            ("rocommunity CANARY 192.0.2.1\n", "rocommunity withheld\n"),
            (
                "x -fstype=cifs,username=a,password=CANARY ://h/s\n",
                "x -fstype=cifs,username=a,password=withheld\n",
            ),
            // Kea, docker, check_mk
            (
                "{\"password\": \"CANARY \\\" CANARY\", \"port\": 1}",
                "{\"password\": \"withheld\", \"port\": 1}",
            ),
            (
                "{\"secret\":\n [\"CANARY\", {\"a\": \"]\"}], \"b\": [1]}",
                "{\"secret\":\n withheld, \"b\": [1]}",
            ),
            (
                "{'snmp_community': 'CANARY', 'site': 'a'}",
                "{'snmp_community': 'withheld', 'site': 'a'}",
            ),
            // libvirt
            (
                "<graphics type='vnc' passwd='CANARY' port='-1'/>",
                "<graphics type='vnc' passwd='withheld' port='-1'/>",
            ),
            (
                "<password>CANARY</password><port>1</port>",
                "<password>withheld</password><port>1</port>",
            ),
            // Addresses with accounts
            (
                "DeviceURI smb://a:CANARY@print.example.test/q?x\n",
                "DeviceURI smb://print.example.test/q?x\n",
            ),
            ("proxy=http://a:CA/NARY@h:1 b=ftp://c:CANARY@d\n", "proxy=http://h:1 b=ftp://d\n"),
            ("url = https://h/a@b\n", "url = https://h/a@b\n"),
            // Nothing to withhold
            ("Password =\n[a]\nb=c\n", "Password =\n[a]\nb=c\n"),
            ("compass 7\nports = 80\n", "compass withheld\nports = 80\n"),
        ]);
    }

    #[test]
    fn private_keys_of_a_zone_are_withheld() {
        let key = "Private-key-format: v1.3\nAlgorithm: 8 (RSASHA256)\nModulus: abc=\nPublicExponent: CANARY\n\
            PrivateExponent: CANARY\nPrime1: CANARY\nPrime2: CANARY\nCoefficient: CANARY\nPrivateKey: CANARY\n";
        assert!(!sifted(key).contains("CANARY"), "{}", sifted(key));
    }

    #[test]
    fn of_containers_neither_environment_nor_arguments_nor_labels_are_shown() {
        let text = r#"{"Config": {"Image": "nginx", "Env": ["A=CANARY"], "Cmd": ["CANARY"],
            "Labels": {"com.docker.compose.project": "shop", "traefik.users": "CANARY"}},
            "Args": ["CANARY"], "State": {"Running": true}, "process": {"env": ["CANARY"]},
            "auth": {"registrytoken": "CANARY"}, "list": [{"env": "CANARY", "id": "a"}]}"#;
        let shown = String::from_utf8(containers(text.as_bytes()).unwrap()).unwrap();
        assert!(!shown.contains("CANARY"), "{shown}");
        for kept in
            ["nginx", "\"com.docker.compose.project\":\"shop\"", "\"Running\":true", "\"id\":\"a\""]
        {
            assert!(shown.contains(kept), "{shown}");
        }
        assert_eq!(containers(b"{broken"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_sifted(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (certificates(&bytes), settings(&bytes), containers(&bytes));
        }

        #[test]
        fn a_password_in_a_line_of_its_own_is_never_shown(
            before in "([ -~]|\n){0,40}", name in "(my_)?(password|PASSWD|secret|psk|PrivateKey)",
            blank in "[ \t]{0,2}", sign in "[=:]", secret in "\"?zq[a-z ]{2,10}zq\"?", after in "(\n[ -~]{0,20}){0,2}",
        ) {
            let shown = sifted(&format!("{before}\n{blank}{name}{blank}{sign}{blank}{secret}{after}"));
            prop_assume!(!before.contains("zq") && !after.contains("zq"));
            prop_assert!(!shown.contains("zq"), "{}", shown);
        }
    }
}
