//! The keywords that matter for who may log in, how, and what a session may do (sshd_config(5)).

/// How the arguments of a keyword are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// All words of the first line.
    Words,
    /// Patterns of accounts; lines add up.
    Users,
    /// Patterns of groups; lines add up.
    Groups,
    /// Lines add up.
    Lines,
    /// Paths; the first line.
    Paths,
    /// One path per line; lines add up.
    PathLines,
    /// A program; its arguments are not read.
    Program,
    /// An account.
    Account,
    /// A name and a program: one setting per name.
    Named,
}

/// One keyword.
pub(super) struct Keyword {
    /// As the manual writes it.
    pub(super) name: &'static str,
    /// How it is read.
    pub(super) kind: Kind,
}

const fn keyword(name: &'static str, kind: Kind) -> Keyword {
    Keyword { name, kind }
}

/// All that are read, sorted.
pub(super) const KEYWORDS: &[Keyword] = &[
    keyword("AddressFamily", Kind::Words),
    keyword("AllowAgentForwarding", Kind::Words),
    keyword("AllowGroups", Kind::Groups),
    keyword("AllowStreamLocalForwarding", Kind::Words),
    keyword("AllowTcpForwarding", Kind::Words),
    keyword("AllowUsers", Kind::Users),
    keyword("AuthenticationMethods", Kind::Words),
    keyword("AuthorizedKeysCommand", Kind::Program),
    keyword("AuthorizedKeysCommandUser", Kind::Account),
    keyword("AuthorizedKeysFile", Kind::Paths),
    keyword("Banner", Kind::Paths),
    keyword("CASignatureAlgorithms", Kind::Words),
    keyword("ChrootDirectory", Kind::Paths),
    keyword("Ciphers", Kind::Words),
    keyword("ClientAliveCountMax", Kind::Words),
    keyword("ClientAliveInterval", Kind::Words),
    keyword("Compression", Kind::Words),
    keyword("DenyGroups", Kind::Groups),
    keyword("DenyUsers", Kind::Users),
    keyword("DisableForwarding", Kind::Words),
    keyword("ExposeAuthInfo", Kind::Words),
    keyword("ForceCommand", Kind::Program),
    keyword("GSSAPIAuthentication", Kind::Words),
    keyword("GatewayPorts", Kind::Words),
    keyword("HostKey", Kind::PathLines),
    keyword("HostKeyAlgorithms", Kind::Words),
    keyword("HostbasedAcceptedAlgorithms", Kind::Words),
    keyword("HostbasedAuthentication", Kind::Words),
    keyword("IgnoreRhosts", Kind::Words),
    keyword("IgnoreUserKnownHosts", Kind::Words),
    keyword("KbdInteractiveAuthentication", Kind::Words),
    keyword("KerberosAuthentication", Kind::Words),
    keyword("KexAlgorithms", Kind::Words),
    keyword("ListenAddress", Kind::Lines),
    keyword("LogLevel", Kind::Words),
    keyword("LoginGraceTime", Kind::Words),
    keyword("MACs", Kind::Words),
    keyword("MaxAuthTries", Kind::Words),
    keyword("MaxSessions", Kind::Words),
    keyword("MaxStartups", Kind::Words),
    keyword("PasswordAuthentication", Kind::Words),
    keyword("PermitEmptyPasswords", Kind::Words),
    keyword("PermitRootLogin", Kind::Words),
    keyword("PermitTTY", Kind::Words),
    keyword("PermitTunnel", Kind::Words),
    keyword("PermitUserEnvironment", Kind::Words),
    keyword("PermitUserRC", Kind::Words),
    keyword("Port", Kind::Lines),
    keyword("PubkeyAcceptedAlgorithms", Kind::Words),
    keyword("PubkeyAuthentication", Kind::Words),
    keyword("RekeyLimit", Kind::Words),
    keyword("RequiredRSASize", Kind::Words),
    keyword("StrictModes", Kind::Words),
    keyword("Subsystem", Kind::Named),
    keyword("SyslogFacility", Kind::Words),
    keyword("TCPKeepAlive", Kind::Words),
    keyword("TrustedUserCAKeys", Kind::Paths),
    keyword("UseDNS", Kind::Words),
    keyword("UsePAM", Kind::Words),
    keyword("X11Forwarding", Kind::Words),
    keyword("X11UseLocalhost", Kind::Words),
];

/// Older names that sshd still takes.
const ALIASES: &[(&str, &str)] = &[
    ("challengeresponseauthentication", "kbdinteractiveauthentication"),
    ("skeyauthentication", "kbdinteractiveauthentication"),
    ("hostbasedacceptedkeytypes", "hostbasedacceptedalgorithms"),
    ("pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"),
    ("rsaminsize", "requiredrsasize"),
    ("keepalive", "tcpkeepalive"),
];

/// The keyword of a name in lower case.
pub(super) fn find(name: &str) -> Option<&'static Keyword> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
    KEYWORDS.iter().find(|it| it.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted_and_aliased_ones_are_among_them() {
        assert!(KEYWORDS.is_sorted_by(|left, right| left.name < right.name));
        for name in ALIASES.iter().map(|(_, name)| name) {
            assert!(find(&name.to_ascii_lowercase()).is_some(), "{name}");
        }
        assert!(find("printmotd").is_none());
    }
}
