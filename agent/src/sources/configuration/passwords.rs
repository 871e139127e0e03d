//! What guards passwords: login.defs(5), the modules of PAM that check and lock, and their own files.

use std::collections::BTreeMap;

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::host::Host;
use crate::sources::context::Context;
use crate::sources::drop_ins;
use crate::sources::settings::{LastWins, configured};
use crate::sources::{Found, Source, ini};

/// What guards passwords.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.passwords"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// login.defs(5); the vendor's where there is no other (SUSE).
const LOGIN_DEFS: &[&str] = &["/etc/login.defs", "/usr/etc/login.defs"];
/// Its keys that matter.
const LOGIN_DEFS_KEYS: &[&str] = &[
    "CREATE_HOME",
    "ENCRYPT_METHOD",
    "FAILLOG_ENAB",
    "FAIL_DELAY",
    "GID_MIN",
    "HMAC_CRYPTO_ALGO",
    "HOME_MODE",
    "LOGIN_RETRIES",
    "LOGIN_TIMEOUT",
    "LOG_OK_LOGINS",
    "PASS_MAX_DAYS",
    "PASS_MIN_DAYS",
    "PASS_MIN_LEN",
    "PASS_WARN_AGE",
    "SHA_CRYPT_MAX_ROUNDS",
    "SHA_CRYPT_MIN_ROUNDS",
    "SULOG_FILE",
    "SU_WHEEL_ONLY",
    "UID_MIN",
    "UMASK",
    "USERGROUPS_ENAB",
    "YESCRYPT_COST_FACTOR",
];
/// Those of which it is said, too, that nobody set them.
const LOGIN_DEFS_STATED: &[&str] = &["ENCRYPT_METHOD", "PASS_MAX_DAYS", "PASS_MIN_DAYS", "UMASK"];
/// What useradd(8) gives a new account.
const USERADD: &str = "/etc/default/useradd";
const USERADD_KEYS: &[&str] =
    &["CREATE_MAIL_SPOOL", "EXPIRE", "GROUP", "INACTIVE", "SHELL", "UMASK"];
/// Files of `key = value` lines of single modules, each with its additions, which go before it.
const MODULE_FILES: &[(&str, &str)] = &[
    ("faillock", "/etc/security/faillock.conf"),
    ("pwhistory", "/etc/security/pwhistory.conf"),
    ("pwquality", "/etc/security/pwquality.conf"),
];
/// Folders with the stacks of PAM, the strongest first.
const PAM_FOLDERS: &[&str] = &["/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d"];
/// Stacks that others include, and those by which passwords are changed and rights won.
const PAM_STACKS: &[&str] = &[
    "common-account",
    "common-auth",
    "common-password",
    "password-auth",
    "passwd",
    "postlogin",
    "su",
    "system-auth",
    "system-login",
];
/// Modules that decide about passwords and locks; their options hold no secret.
const PAM_MODULES: &[&str] = &[
    "pam_cracklib.so",
    "pam_faildelay.so",
    "pam_faillock.so",
    "pam_passwdqc.so",
    "pam_pwhistory.so",
    "pam_pwquality.so",
    "pam_tally.so",
    "pam_tally2.so",
    "pam_unix.so",
    "pam_wheel.so",
];
/// Modules of which only their place in the stack is said.
const PAM_OTHERS: &[&str] = &[
    "pam_duo.so",
    "pam_google_authenticator.so",
    "pam_himmelblau.so",
    "pam_krb5.so",
    "pam_ldap.so",
    "pam_oath.so",
    "pam_sss.so",
    "pam_u2f.so",
    "pam_winbind.so",
    "pam_yubico.so",
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    login_defs(context.host, &mut found);
    useradd(context.host, &mut found);
    for (subject, path) in MODULE_FILES {
        module_file(context.host, subject, path, &mut found);
    }
    for stack in PAM_STACKS {
        let paths = PAM_FOLDERS.iter().map(|it| format!("{it}/{stack}"));
        // The first one that is there, or may not be read, is the one that counts.
        let gaps = found.gaps.len();
        for path in paths {
            let texts = drop_ins::texts(context.host, [path], &mut found.gaps);
            if let [(path, text)] = &*texts {
                found.facts.extend(pam(stack, path, text));
            }
            if !texts.is_empty() || found.gaps.len() > gaps {
                break;
            }
        }
    }
    if found.facts.is_empty() && found.gaps.is_empty() {
        let looked_at = format!("{}, {}", LOGIN_DEFS.join(", "), PAM_FOLDERS.join(", "));
        return Err(Absent::NotHere { looked_at });
    }
    Ok(found)
}

fn login_defs(host: &dyn Host, found: &mut Found) {
    let paths = LOGIN_DEFS.iter().map(|it| (*it).to_owned());
    let texts = drop_ins::texts(host, paths, &mut found.gaps);
    let Some((path, text)) = texts.first() else { return };
    let mut settings = LastWins::new("login.defs");
    for line in text.lines() {
        let line = line.trim();
        let Some((key, value)) = line.split_once(|it: char| it.is_whitespace()) else { continue };
        if LOGIN_DEFS_KEYS.contains(&key) {
            settings.set(None, key, ini::unquoted(value.trim()), path);
        }
    }
    settings.state_defaults(LOGIN_DEFS_STATED, path);
    found.facts.extend(settings.facts());
}

fn useradd(host: &dyn Host, found: &mut Found) {
    for (path, text) in drop_ins::texts(host, [USERADD.to_owned()], &mut found.gaps) {
        let mut settings = LastWins::new("useradd");
        for line in ini::lines(&text).filter(|it| USERADD_KEYS.contains(&it.key)) {
            settings.set(None, line.key, line.value, &path);
        }
        found.facts.extend(settings.facts());
    }
}

/// `key = value`, or a key alone, which switches something on; comments begin with `#`.
fn module_file(host: &dyn Host, subject: &str, path: &str, found: &mut Found) {
    let additions = drop_ins::paths(host, &[&format!("{path}.d")], ".conf");
    let paths = additions.into_iter().chain([path.to_owned()]);
    let mut settings = LastWins::new(subject);
    for (path, text) in drop_ins::texts(host, paths, &mut found.gaps) {
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let is_key = |it: &str| it.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
            let (key, value) = match line.split_once('=') {
                Some((key, value)) => (key.trim(), value.trim()),
                None => (line, "yes"),
            };
            if !key.is_empty() && is_key(key) {
                settings.set(None, key, value, &path);
            }
        }
    }
    found.facts.extend(settings.facts());
}

/// The modules of a stack: type and module as the name, control and options as the value. A module that
/// stands in a stack more than once has its lines one behind the other.
fn pam(stack: &str, path: &str, text: &str) -> Vec<Fact> {
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    for line in joined(text) {
        let line = line.split('#').next().unwrap_or_default().trim();
        let line = line.strip_prefix('-').unwrap_or(line);
        let Some((kind, rest)) = line.split_once(|it: char| it.is_whitespace()) else { continue };
        let rest = rest.trim_start();
        let (control, rest) = if rest.starts_with('[') {
            let Some(end) = rest.find(']') else { continue };
            rest.split_at_checked(end + 1).unwrap_or_default()
        } else {
            rest.split_once(|it: char| it.is_whitespace()).unwrap_or_default()
        };
        let mut words = rest.split_whitespace();
        let module = words.next().and_then(|it| it.rsplit('/').next()).unwrap_or_default();
        let mut said = vec![control];
        if PAM_MODULES.contains(&module) {
            said.extend(words);
        } else if !PAM_OTHERS.contains(&module) {
            continue;
        }
        let entry = lines.entry(format!("{kind} {module}")).or_default();
        if !entry.is_empty() {
            entry.push_str("; ");
        }
        entry.push_str(&said.join(" "));
    }
    let fact = |(name, value): (String, String)| {
        let mut setting = configured("pam", &name, &value, path);
        setting.scope = Some(stack.to_owned());
        Fact::Setting(setting)
    };
    lines.into_iter().map(fact).collect()
}

/// Lines, joined where one ends in a backslash.
fn joined(text: &str) -> Vec<String> {
    text.replace("\\\n", " ").lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::settings::lines;
    use crate::sources::testing::{MapHost, with_context};

    /// Real: Debian 12 with libpam-pwquality and libpam-sss.
    const COMMON_PASSWORD: &str = include_str!("samples/passwords/common-password");
    const COMMON_AUTH: &str = include_str!("samples/passwords/common-auth");
    const LOGIN: &str = include_str!("samples/passwords/login.defs");
    /// Constructed after authselect(8)'s profile `sssd` with faillock, as on RHEL 9.
    const SYSTEM_AUTH: &str = "auth        required      pam_env.so\n\
        auth        required      pam_faillock.so preauth silent deny=4\n\
        auth        [default=1 ignore=ignore success=ok]  pam_usertype.so isregular\n\
        auth        sufficient    pam_sss.so forward_pass secret=CANARY\n\
        auth        required      pam_faillock.so authfail\n\
        password    requisite     pam_pwquality.so \\\n   local_users_only retry=3\n\
        -session    optional      pam_systemd.so\n\
        password    [success=1 default=ignore] pam_unix.so sha512 shadow # x\n\
        session     optional      pam_exec.so /bin/x CANARY\n";

    fn check(host: &MapHost) -> Vec<String> {
        let found = with_context(host, observe).unwrap();
        assert_eq!((found.gaps, found.complaints), (vec![], vec![]));
        lines(&found.facts)
    }

    #[test]
    fn the_stacks_of_debian_say_what_checks_passwords() {
        let host = MapHost::new()
            .file("/etc/pam.d/common-password", COMMON_PASSWORD)
            .file("/etc/pam.d/common-auth", COMMON_AUTH);
        assert_eq!(
            check(&host),
            [
                "pam [common-auth] auth pam_sss.so = [success=1 default=ignore]",
                "pam [common-auth] auth pam_unix.so = [success=2 default=ignore] nullok",
                "pam [common-password] password pam_pwquality.so = requisite retry=3",
                "pam [common-password] password pam_sss.so = sufficient",
                "pam [common-password] password pam_unix.so = [success=2 default=ignore] obscure \
                 use_authtok try_first_pass yescrypt",
            ]
        );
    }

    #[test]
    fn a_module_that_stands_twice_has_both_lines_and_other_options_stay_here() {
        let lines = check(&MapHost::new().file("/usr/lib/pam.d/system-auth", SYSTEM_AUTH));
        assert_eq!(
            lines,
            [
                "pam [system-auth] auth pam_faillock.so = required preauth silent deny=4; \
                 required authfail",
                "pam [system-auth] auth pam_sss.so = sufficient",
                "pam [system-auth] password pam_pwquality.so = requisite local_users_only retry=3",
                "pam [system-auth] password pam_unix.so = [success=1 default=ignore] sha512 shadow",
            ]
        );
        assert!(!format!("{lines:?}").contains("CANARY"));
    }

    #[test]
    fn login_defs_of_debian_says_ages_and_the_kind_of_hash() {
        let lines = check(&MapHost::new().file(LOGIN_DEFS[0], LOGIN));
        for line in [
            "login.defs ENCRYPT_METHOD = SHA512",
            "login.defs PASS_MAX_DAYS = 99999",
            "login.defs UMASK = 022",
        ] {
            assert!(lines.contains(&line.to_owned()), "{lines:?}");
        }
        let lines = check(&MapHost::new().file(LOGIN_DEFS[1], "PASS_MAX_DAYS\t\"90\"\n#UMASK 1\n"));
        assert!(lines.contains(&"login.defs PASS_MAX_DAYS = 90".to_owned()));
        assert!(lines.contains(&"login.defs UMASK -".to_owned()));
    }

    #[test]
    fn files_of_modules_hold_values_and_switches() {
        let host = MapHost::new()
            .file(MODULE_FILES[2].1, "# minlen = 1\nminlen = 14 # x\ndictcheck = 1\n")
            .file("/etc/security/pwquality.conf.d/10-x.conf", "minlen = 8\nenforce_for_root\n")
            .file(MODULE_FILES[0].1, "deny = 5\neven_deny_root\n!! no key\n")
            .file(USERADD, "SHELL=/bin/bash\nINACTIVE=30\nHOME=/home\n");
        assert_eq!(
            check(&host),
            [
                "faillock deny = 5",
                "faillock even_deny_root = yes",
                "pwquality dictcheck = 1",
                "pwquality enforce_for_root = yes",
                "pwquality minlen = 14",
                "useradd INACTIVE = 30",
                "useradd SHELL = /bin/bash",
            ]
        );
    }

    #[test]
    fn what_may_not_be_read_is_a_gap_and_nothing_at_all_is_not_here() {
        let host = MapHost::unprivileged().forbid("/etc/pam.d/su").file("/usr/lib/pam.d/su", "");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.gaps.len()), (0, 1));
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(text in "((auth|pam_unix.so|minlen)|[\\[\\]= \\\\\n#-]|\\PC){0,60}") {
            let host = MapHost::new().file("/etc/pam.d/su", &text).file(LOGIN_DEFS[0], &text)
                .file(MODULE_FILES[0].1, &text).file(USERADD, &text);
            let _ = with_context(&host, observe);
        }
    }
}
