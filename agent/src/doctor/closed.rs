//! What the reader of the service is not shown although it has its rights, because the kernel or the
//! distribution asks for something else: why that is so, and how it is granted.

use observation::latest::Absent;

/// Begin of the path that is closed, and its explanation in the catalogue (`agent-doctor-closed-…`).
const CLOSED: &[(&str, &str)] = &[
    ("/dev/tpmrm0", "tpm"),
    ("/proc/sys/", "sysctl"),
    ("/sys/kernel/security/apparmor/", "apparmor"),
    ("/usr/local/samba/private/", "samba"),
    ("/var/lib/samba/private/", "samba"),
];

/// The explanation of an absence, where there is more to say than which right is missing.
pub(super) fn explanation(reason: &Absent) -> Option<&'static str> {
    let Absent::NotAllowed { what, .. } = reason else { return None };
    CLOSED.iter().find(|it| what.starts_with(it.0)).map(|it| it.1)
}

#[cfg(test)]
mod tests {
    use observation::latest::Privilege;
    use wording::Language;

    use super::*;

    #[test]
    fn what_is_closed_to_the_reader_is_explained_in_both_languages() {
        for (path, expected) in [
            ("/proc/sys/net/core/bpf_jit_harden", Some("sysctl")),
            ("/dev/tpmrm0", Some("tpm")),
            ("/sys/kernel/security/apparmor/profiles", Some("apparmor")),
            ("/var/lib/samba/private/sam.ldb.d", Some("samba")),
            ("/etc/shadow", None),
        ] {
            let what = path.to_owned();
            let reason = Absent::NotAllowed { what, needs: Privilege::Root };
            assert_eq!(explanation(&reason), expected, "{path}");
        }
        assert_eq!(explanation(&Absent::NotHere { looked_at: "/proc/sys/x".to_owned() }), None);
        for language in [Language::German, Language::English] {
            for (_, key) in CLOSED {
                let text = language.wording().text(&format!("agent-doctor-closed-{key}"));
                assert!(!text.contains('⟨') && text.len() > 40, "{text}");
            }
        }
    }
}
