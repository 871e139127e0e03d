//! Domains and directories that the machine belongs to: sssd.conf(5), smb.conf(5), krb5.conf(5), FreeIPA's
//! default.conf(5), himmelblau.conf(5). Passwords and keys that stand in these files are not read.

use observation::latest::{
    Absent, Cadence, DomainKind, DomainMembership, Fact, Gap, Platform, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source, drop_ins, ini};

/// Domains that the machine belongs to.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("accounts.domain"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const SSSD: &str = "/etc/sssd/sssd.conf";
const SSSD_ADDITIONS: &str = "/etc/sssd/conf.d";
const SAMBA: &str = "/etc/samba/smb.conf";
const KERBEROS: &str = "/etc/krb5.conf";
const IPA: &str = "/etc/ipa/default.conf";
const HIMMELBLAU: &str = "/etc/himmelblau/himmelblau.conf";
/// The machine's own keys.
const KEYTAB: &str = "/etc/krb5.keytab";
/// Most domains of one file.
const DOMAINS_MAX: usize = 100;
/// Most servers of one domain.
const SERVERS_MAX: usize = 50;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let mut found = Found::default();
    let has_key = has_machine_key(host);
    let mut memberships = sssd(host, &mut found.gaps);
    memberships.extend(ipa(host, &mut found.gaps));
    memberships.extend(samba(host, &mut found.gaps));
    memberships.extend(himmelblau(host, &mut found.gaps));
    memberships.extend(kerberos(host, &memberships, &mut found.gaps));
    for membership in &mut memberships {
        membership.has_machine_key = has_key.filter(|_| {
            membership.kind != DomainKind::EntraId && membership.kind != DomainKind::Ldap
        });
    }
    found.facts = memberships.into_iter().map(Fact::DomainMembership).collect();
    if found.facts.is_empty() && found.gaps.is_empty() {
        let looked_at = [SSSD, IPA, SAMBA, HIMMELBLAU, KERBEROS].join(", ");
        return Err(Absent::NotHere { looked_at });
    }
    Ok(found)
}

/// Whether a keytab is there; it is not opened.
fn has_machine_key(host: &dyn Host) -> Option<bool> {
    match host.status(KEYTAB) {
        Ok(_) => Some(true),
        Err(Absent::NotHere { .. }) => Some(false),
        Err(_) => None,
    }
}

fn texts(host: &dyn Host, path: &str, gaps: &mut Vec<Gap>) -> Option<String> {
    let mut read = Vec::new();
    let found = drop_ins::texts(host, [path.to_owned()], &mut read);
    gaps.extend(read.into_iter().map(|it| Gap { field: "domain_membership".to_owned(), ..it }));
    found.into_iter().next().map(|(_, text)| text)
}

/// Each section `[domain/NAME]` is one; those that `domains` of `[sssd]` does not name are switched off.
fn sssd(host: &dyn Host, gaps: &mut Vec<Gap>) -> Vec<DomainMembership> {
    let Some(mut text) = texts(host, SSSD, gaps) else { return Vec::new() };
    for path in drop_ins::paths(host, &[SSSD_ADDITIONS], ".conf") {
        // sssd passes over hidden files.
        if !path.contains("/.") {
            text.push('\n');
            text.push_str(&texts(host, &path, gaps).unwrap_or_default());
        }
    }
    let enabled = ini::last(&text, "sssd", "domains").unwrap_or_default();
    let enabled: Vec<&str> = enabled.split(',').map(str::trim).collect();
    let mut names: Vec<&str> =
        ini::lines(&text).filter_map(|it| it.section.strip_prefix("domain/")).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|it| {
        let key = format!("domain/{it}");
        enabled.contains(it) || ini::last(&text, &key, "enabled").is_some_and(is_true)
    });
    names.into_iter().take(DOMAINS_MAX).map(|it| sssd_domain(&text, it)).collect()
}

fn sssd_domain(text: &str, name: &str) -> DomainMembership {
    let section = format!("domain/{name}");
    let value = |key: &str| ini::last(text, &section, key).filter(|it| !it.is_empty());
    let (kind, domain, servers) = match value("id_provider") {
        Some("ad") => (DomainKind::ActiveDirectory, value("ad_domain"), value("ad_server")),
        Some("ipa") => (DomainKind::FreeIpa, value("ipa_domain"), value("ipa_server")),
        Some("ldap") if value("ldap_schema").is_some_and(|it| it.eq_ignore_ascii_case("ad")) => {
            (DomainKind::ActiveDirectory, None, value("ldap_uri"))
        }
        Some("ldap") => (DomainKind::Ldap, None, value("ldap_uri")),
        Some("idp") => (DomainKind::EntraId, None, None),
        _ => (DomainKind::Other, None, None),
    };
    let servers = servers.unwrap_or_default().split(',').map(str::trim);
    // `_srv_` says: found by DNS.
    let servers = servers.filter(|it| !it.is_empty() && *it != "_srv_").take(SERVERS_MAX);
    DomainMembership {
        kind,
        domain: printable(domain.unwrap_or(name)),
        realm: value("krb5_realm").map(printable),
        servers: servers.map(without_credentials).collect(),
        joined_with: "sssd".to_owned(),
        has_machine_key: None,
        place: SSSD.to_owned(),
    }
}

fn ipa(host: &dyn Host, gaps: &mut Vec<Gap>) -> Option<DomainMembership> {
    let text = texts(host, IPA, gaps)?;
    let value = |key: &str| ini::last(&text, "global", key).filter(|it| !it.is_empty());
    Some(DomainMembership {
        kind: DomainKind::FreeIpa,
        domain: printable(value("domain")?),
        realm: value("realm").map(printable),
        servers: value("server").map(printable).into_iter().collect(),
        joined_with: "ipa".to_owned(),
        has_machine_key: None,
        place: IPA.to_owned(),
    })
}

/// Only a server whose security is that of a domain is a member of one; names know neither case nor white
/// space.
fn samba(host: &dyn Host, gaps: &mut Vec<Gap>) -> Option<DomainMembership> {
    let text = texts(host, SAMBA, gaps)?;
    let value = |wanted: &str| {
        let global = ini::lines(&text)
            .filter(|it| it.section.is_empty() || it.section.eq_ignore_ascii_case("global"));
        let folded = |key: &str| key.to_ascii_lowercase().split_whitespace().collect::<String>();
        let fitting = global.filter(|it| folded(it.key) == wanted);
        fitting.last().map(|it| it.value).filter(|it| !it.is_empty())
    };
    let role = value("serverrole").unwrap_or_default().to_ascii_lowercase();
    let is_controller = role.starts_with("active directory domain controller") || role == "dc";
    let security = value("security").unwrap_or_default().to_ascii_lowercase();
    let kind = match security.as_str() {
        _ if is_controller => DomainKind::ActiveDirectory,
        "ads" => DomainKind::ActiveDirectory,
        "domain" => DomainKind::NtDomain,
        _ if role.starts_with("member") && value("realm").is_some() => DomainKind::ActiveDirectory,
        _ if role.starts_with("member") => DomainKind::NtDomain,
        _ => return None,
    };
    let realm = value("realm").map(printable);
    Some(DomainMembership {
        kind,
        domain: realm.clone().or_else(|| value("workgroup").map(printable))?,
        realm,
        servers: Vec::new(),
        joined_with: if is_controller { "samba (domain controller)" } else { "samba" }.to_owned(),
        has_machine_key: None,
        place: SAMBA.to_owned(),
    })
}

fn himmelblau(host: &dyn Host, gaps: &mut Vec<Gap>) -> Vec<DomainMembership> {
    let Some(text) = texts(host, HIMMELBLAU, gaps) else { return Vec::new() };
    let named = ["domain", "domains"].into_iter().filter_map(|it| ini::last(&text, "global", it));
    let names = named.flat_map(|it| it.split(',')).map(str::trim).filter(|it| !it.is_empty());
    let membership = |it: &str| DomainMembership {
        kind: DomainKind::EntraId,
        domain: printable(it),
        realm: None,
        servers: Vec::new(),
        joined_with: "himmelblau".to_owned(),
        has_machine_key: None,
        place: HIMMELBLAU.to_owned(),
    };
    names.take(DOMAINS_MAX).map(membership).collect()
}

/// A realm that no other program has named already. Debian's file names realms of universities, so only the
/// default realm counts.
fn kerberos(
    host: &dyn Host,
    known: &[DomainMembership],
    gaps: &mut Vec<Gap>,
) -> Option<DomainMembership> {
    let text = texts(host, KERBEROS, gaps)?;
    let realm = ini::last(&text, "libdefaults", "default_realm").filter(|it| !it.is_empty())?;
    let is_same = |it: &str| it.eq_ignore_ascii_case(realm);
    let is_known =
        known.iter().any(|it| is_same(&it.domain) || it.realm.as_deref().is_some_and(is_same));
    // What the package brings along names nobody's realm.
    if is_known || is_same("EXAMPLE.COM") || is_same("ATHENA.MIT.EDU") {
        return None;
    }
    Some(DomainMembership {
        kind: DomainKind::Kerberos,
        domain: printable(realm),
        realm: Some(printable(realm)),
        servers: Vec::new(),
        joined_with: "krb5".to_owned(),
        has_machine_key: None,
        place: KERBEROS.to_owned(),
    })
}

/// A server's name or URI without what stands before `@`.
fn without_credentials(text: &str) -> String {
    let text = match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.to_owned(),
        (_, None) => text.to_owned(),
    };
    printable(&text)
}

fn is_true(text: &str) -> bool {
    ["true", "yes", "1"].iter().any(|it| text.eq_ignore_ascii_case(it))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed as `realm join` writes it (realmd's documentation, sssd-ad(5)).
    const REALMD: &str = "[sssd]\ndomains = ad.firma.example, old\nconfig_file_version = 2\n\
        [domain/ad.firma.example]\nid_provider = ad\nkrb5_realm = AD.FIRMA.EXAMPLE\n\
        realmd_tags = manages-system joined-with-adcli\nad_domain = ad.firma.example\n\
        ad_server = _srv_, dc1.ad.firma.example\nldap_default_authtok = CANARY\n\
        [domain/old]\nid_provider = ldap\nldap_uri = ldaps://user:CANARY@ldap1, ldap://ldap2\n\
        [domain/off]\nid_provider = ipa\n";

    fn check(host: &MapHost) -> Vec<String> {
        let found = with_context(host, observe).unwrap();
        assert!(!format!("{found:?}").contains("CANARY"));
        let line = |it: &Fact| {
            let Fact::DomainMembership(it) = it else { panic!("{it:?}") };
            let servers = it.servers.join(" ");
            let key = it.has_machine_key;
            format!(
                "{:?} {} {:?} [{servers}] {} {key:?}",
                it.kind, it.domain, it.realm, it.joined_with
            )
        };
        found.facts.iter().map(line).collect()
    }

    #[test]
    fn a_machine_joined_by_realmd_names_its_domain_and_no_secret() {
        let host = MapHost::new()
            .file(SSSD, REALMD)
            .file("/etc/sssd/conf.d/10.conf", "[domain/more]\nenabled = true\nid_provider = ipa\n")
            .file("/etc/sssd/conf.d/.hidden.conf", "[domain/none]\nenabled = true\n")
            .file(KERBEROS, "[libdefaults]\n\tdefault_realm = AD.FIRMA.EXAMPLE\n")
            .file(KEYTAB, "");
        assert_eq!(
            check(&host),
            [
                "ActiveDirectory ad.firma.example Some(\"AD.FIRMA.EXAMPLE\") \
                 [dc1.ad.firma.example] sssd Some(true)",
                "FreeIpa more None [] sssd Some(true)",
                "Ldap old None [ldaps://ldap1 ldap://ldap2] sssd None",
            ]
        );
    }

    #[test]
    fn other_ways_into_a_domain_are_named() {
        let host = MapHost::new()
            .file(IPA, "[global]\nrealm = I.EXAMPLE\ndomain = i.example\nserver = ipa1.i.example\n")
            .file(SAMBA, "[global]\n Security = ADS\n realm = AD.EXAMPLE\n workgroup = AD\n")
            .file(HIMMELBLAU, "[global]\ndomains = firma.example, two.example\n")
            .file(KERBEROS, "[libdefaults]\ndefault_realm = OTHER.EXAMPLE\n");
        assert_eq!(
            check(&host),
            [
                "FreeIpa i.example Some(\"I.EXAMPLE\") [ipa1.i.example] ipa Some(false)",
                "ActiveDirectory AD.EXAMPLE Some(\"AD.EXAMPLE\") [] samba Some(false)",
                "EntraId firma.example None [] himmelblau None",
                "EntraId two.example None [] himmelblau None",
                "Kerberos OTHER.EXAMPLE Some(\"OTHER.EXAMPLE\") [] krb5 Some(false)",
            ]
        );
        let nt = MapHost::new().file(SAMBA, "[global]\nsecurity=domain\nworkgroup=OLD\n");
        assert_eq!(check(&nt), ["NtDomain OLD None [] samba Some(false)"]);
        let text = "[global]\nserver role = active directory domain controller\nrealm=A.B\n";
        assert!(check(&MapHost::new().file(SAMBA, text))[0].contains("domain controller"));
    }

    #[test]
    fn a_machine_of_its_own_is_in_no_domain() {
        let host = MapHost::new()
            .file(SAMBA, "[global]\nworkgroup = WORKGROUP\nserver role = standalone server\n")
            .file(KERBEROS, "[libdefaults]\ndefault_realm = ATHENA.MIT.EDU\n");
        assert!(matches!(with_context(&host, observe), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn a_file_that_may_not_be_read_is_a_gap() {
        let found = with_context(&MapHost::unprivileged().forbid(SSSD), observe).unwrap();
        assert_eq!(found.gaps[0].field, "domain_membership");
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(text in "((domain/x|sssd|domains|realm)|[\\[\\]=,@:\n]|\\PC){0,60}") {
            let host = MapHost::new().file(SSSD, &text).file(SAMBA, &text).file(KERBEROS, &text)
                .file(IPA, &text).file(HIMMELBLAU, &text);
            let _ = with_context(&host, observe);
        }
    }
}
