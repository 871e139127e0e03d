//! Which credentials are for an address, and how they are spoken.

use std::net::IpAddr;

use observation::latest::scan::{SnmpAccess, SnmpAuthentication, SnmpCredential, SnmpPrivacy};
use snmp2::v3::{Auth, AuthProtocol, Cipher, KeyExtension, Security};

use super::session::Speech;
use crate::packet::snmp::engine::Engine;

/// Longest secret: what the file of credentials allows.
const SECRET_BYTES_MAX: usize = 255;

/// One way to speak with an agent.
#[derive(Clone)]
pub(super) struct Way {
    access: SnmpAccess,
    extension: KeyExtension,
}

/// The ways that are allowed at this address, protected ones first.
pub(super) fn ways(address: IpAddr, credentials: &[SnmpCredential]) -> Vec<Way> {
    let here = credentials.iter().filter(|it| it.scope.iter().any(|net| net.contains(&address)));
    let mut ways: Vec<Way> = here
        .filter(|it| is_usable(&it.access))
        .flat_map(|it| extensions(&it.access).iter().map(move |extension| (it, *extension)))
        .map(|(it, extension)| Way { access: it.access.clone(), extension })
        .collect();
    ways.sort_by_key(|it| match it.access {
        SnmpAccess::V3 { .. } => 0,
        SnmpAccess::V2c { .. } => 1,
        SnmpAccess::V1 { .. } => 2,
    });
    ways
}

/// What the library cannot take: it reads the first letter of an empty password, and puts names of
/// any length into a buffer of 64 KiB.
fn is_usable(access: &SnmpAccess) -> bool {
    let fits = |it: &str| (1..=SECRET_BYTES_MAX).contains(&it.len());
    match access {
        SnmpAccess::V1 { community } | SnmpAccess::V2c { community } => fits(community),
        SnmpAccess::V3 { user, auth, auth_password, privacy, privacy_password } => {
            let is_whole = |is_used: bool, password: &Option<String>| match password {
                Some(password) => is_used && fits(password),
                None => !is_used,
            };
            fits(user)
                && is_whole(auth.is_some(), auth_password)
                && is_whole(privacy.is_some(), privacy_password)
                && (auth.is_some() || privacy.is_none())
        }
    }
}

/// No standard says how a digest becomes a longer key; devices know two ways, the agents of servers
/// the first, most network devices the second.
fn extensions(access: &SnmpAccess) -> &'static [KeyExtension] {
    use SnmpAuthentication::{Md5, Sha1, Sha224};
    use SnmpPrivacy::{Aes192, Aes256};
    match access {
        SnmpAccess::V3 { auth: Some(Md5 | Sha1), privacy: Some(Aes192 | Aes256), .. }
        | SnmpAccess::V3 { auth: Some(Sha224), privacy: Some(Aes256), .. } => {
            &[KeyExtension::Blumenthal, KeyExtension::Reeder]
        }
        SnmpAccess::V1 { .. } | SnmpAccess::V2c { .. } | SnmpAccess::V3 { .. } => {
            &[KeyExtension::Blumenthal]
        }
    }
}

impl Way {
    pub(super) const fn is_version_3(&self) -> bool {
        matches!(self.access, SnmpAccess::V3 { .. })
    }

    /// How it is spoken. Keys are made from passwords by a million rounds, away from the runtime.
    pub(super) async fn speech(&self, engine: Option<Engine>) -> Option<Speech> {
        match &self.access {
            SnmpAccess::V1 { community } => Some(Speech::V1(community.clone().into_bytes())),
            SnmpAccess::V2c { community } => Some(Speech::V2c(community.clone().into_bytes())),
            SnmpAccess::V3 { .. } => {
                let (way, engine) = (self.clone(), engine?);
                let made = tokio::task::spawn_blocking(move || way.security(&engine)).await;
                made.ok().flatten().map(|it| Speech::V3(Box::new(it)))
            }
        }
    }

    fn security(&self, engine: &Engine) -> Option<Security> {
        let SnmpAccess::V3 { user, auth, auth_password, privacy, privacy_password } = &self.access
        else {
            return None;
        };
        let auth_password = auth_password.as_deref().unwrap_or_default().as_bytes();
        let mut security = Security::new(user.as_bytes(), auth_password)
            .with_key_extension_method(self.extension)
            .with_auth(match (auth, privacy) {
                (None, _) => Auth::NoAuthNoPriv,
                (Some(_), None) => Auth::AuthNoPriv,
                (Some(_), Some(privacy)) => Auth::AuthPriv {
                    cipher: cipher(*privacy),
                    privacy_password: privacy_password.clone()?.into_bytes(),
                },
            });
        if let Some(auth) = auth {
            security = security.with_auth_protocol(protocol(*auth));
        }
        let security = security.with_engine_id(&engine.id).ok()?;
        let (boots, time) = (i64::from(engine.boots), i64::from(engine.time));
        Some(security.with_engine_boots_and_time(boots, time))
    }
}

const fn protocol(auth: SnmpAuthentication) -> AuthProtocol {
    match auth {
        SnmpAuthentication::Md5 => AuthProtocol::Md5,
        SnmpAuthentication::Sha1 => AuthProtocol::Sha1,
        SnmpAuthentication::Sha224 => AuthProtocol::Sha224,
        SnmpAuthentication::Sha256 => AuthProtocol::Sha256,
        SnmpAuthentication::Sha384 => AuthProtocol::Sha384,
        SnmpAuthentication::Sha512 => AuthProtocol::Sha512,
    }
}

const fn cipher(privacy: SnmpPrivacy) -> Cipher {
    match privacy {
        SnmpPrivacy::Des => Cipher::Des,
        SnmpPrivacy::Aes128 => Cipher::Aes128,
        SnmpPrivacy::Aes192 => Cipher::Aes192,
        SnmpPrivacy::Aes256 => Cipher::Aes256,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v2c(scope: &str, community: &str) -> SnmpCredential {
        let access = SnmpAccess::V2c { community: community.to_owned() };
        SnmpCredential { scope: vec![scope.parse().unwrap()], access }
    }

    fn v3(auth: Option<SnmpAuthentication>, privacy: Option<SnmpPrivacy>) -> SnmpAccess {
        SnmpAccess::V3 {
            user: "u".to_owned(),
            auth,
            auth_password: auth.map(|_| "authentic1".to_owned()),
            privacy,
            privacy_password: privacy.map(|_| "privately1".to_owned()),
        }
    }

    fn count(address: &str, credentials: &[SnmpCredential]) -> usize {
        ways(address.parse().unwrap(), credentials).len()
    }

    #[test]
    fn a_credential_is_used_in_its_scope_and_nowhere_else() {
        let credentials = [v2c("10.0.0.0/24", "a"), v2c("10.0.0.7/32", "b")];
        assert_eq!(count("10.0.0.7", &credentials), 2);
        assert_eq!(count("10.0.0.8", &credentials), 1);
        assert_eq!(count("10.0.1.7", &credentials), 0);
        assert_eq!(count("::ffff:10.0.0.7", &credentials), 0);
    }

    #[test]
    fn nothing_is_tried_that_nobody_entered() {
        assert_eq!(count("10.0.0.7", &[]), 0);
    }

    #[test]
    fn protected_versions_come_first() {
        let scope = vec!["10.0.0.0/8".parse().unwrap()];
        let old = SnmpAccess::V1 { community: "c".to_owned() };
        let credentials = [
            SnmpCredential { scope: scope.clone(), access: old },
            v2c("10.0.0.0/8", "c"),
            SnmpCredential { scope, access: v3(None, None) },
        ];
        let ways = ways("10.0.0.7".parse().unwrap(), &credentials);
        assert!(ways[0].is_version_3());
        assert!(matches!(ways[2].access, SnmpAccess::V1 { .. }));
    }

    #[test]
    fn both_ways_to_a_longer_key_are_tried() {
        use SnmpAuthentication::{Md5, Sha224, Sha256};
        use SnmpPrivacy::{Aes128, Aes192, Aes256};
        assert_eq!(extensions(&v3(Some(Md5), Some(Aes192))).len(), 2);
        assert_eq!(extensions(&v3(Some(Sha224), Some(Aes256))).len(), 2);
        assert_eq!(extensions(&v3(Some(Sha224), Some(Aes192))).len(), 1);
        assert_eq!(extensions(&v3(Some(Sha256), Some(Aes256))).len(), 1);
        assert_eq!(extensions(&v3(Some(Md5), Some(Aes128))).len(), 1);
    }

    #[test]
    fn what_the_library_cannot_take_is_not_given_to_it() {
        let whole = v3(Some(SnmpAuthentication::Md5), Some(SnmpPrivacy::Des));
        assert!(is_usable(&whole));
        let SnmpAccess::V3 { user, auth, auth_password, privacy, .. } = whole else { panic!() };
        let empty = Some(String::new());
        let access = SnmpAccess::V3 { user, auth, auth_password, privacy, privacy_password: empty };
        assert!(!is_usable(&access));
        assert!(!is_usable(&v3(None, Some(SnmpPrivacy::Des))));
        assert!(!is_usable(&SnmpAccess::V1 { community: "c".repeat(256) }));
    }
}
