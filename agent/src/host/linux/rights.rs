//! The rights of this process, as the kernel states them.

use super::Rights;

/// CAP_DAC_READ_SEARCH of capabilities(7).
const CAP_DAC_READ_SEARCH: u32 = 2;
/// CAP_SYS_PTRACE of capabilities(7).
const CAP_SYS_PTRACE: u32 = 19;

/// Reads `/proc/self/status`. Without a line of capabilities, user 0 is taken to have them all.
pub(super) fn parse(status: &str) -> Option<Rights> {
    let field = |name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    };
    let user: u32 = field("Uid")?.split_ascii_whitespace().nth(1)?.parse().ok()?;
    let capabilities = field("CapEff").and_then(|it| u64::from_str_radix(it, 16).ok());
    let has = |bit: u32| capabilities.map_or(user == 0, |it| it >> bit & 1 == 1);
    Some(Rights { user, reads_all: has(CAP_DAC_READ_SEARCH), traces_all: has(CAP_SYS_PTRACE) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_decide_and_not_the_user_id() {
        let all = parse("Name:\tx\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n");
        assert_eq!(all, Some(Rights { user: 0, reads_all: true, traces_all: true }));
        let bare = parse("Uid:\t0\t0\t0\t0\nCapEff:\t0000000000000000\n");
        assert_eq!(bare, Some(Rights { user: 0, reads_all: false, traces_all: false }));
        let service = parse("Uid:\t1000\t999\t999\t999\nCapEff:\t0000000000080004\n");
        assert_eq!(service, Some(Rights { user: 999, reads_all: true, traces_all: true }));
    }

    #[test]
    fn without_a_line_of_capabilities_only_user_0_has_rights() {
        let root = Rights { user: 0, reads_all: true, traces_all: true };
        assert_eq!(parse("Uid: 0 0 0 0"), Some(root));
        let person = Rights { user: 1000, reads_all: false, traces_all: false };
        assert_eq!(parse("Uid: 1000 1000 1000 1000\nCapEff:\tnonsense"), Some(person));
    }

    #[test]
    fn a_status_without_user_gives_nothing() {
        for text in ["", "Uid:", "Uid:\t0", "Uid:\tx\ty", "Uidd:\t0\t0"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
