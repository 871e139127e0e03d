//! The effective settings of the SSH server, as `sshd -T` would state them (sshd_config(5)).

use observation::latest::{Absent, Cadence, Fact, Platform, Setting, SettingOrigin, SourceId};

use crate::sources::context::Context;
use crate::sources::settings::not_set;
use crate::sources::{Found, Source, sshd_config};

/// The settings of the SSH server.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.sshd"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const SUBJECT: &str = "sshd";
/// Those of which it is said, too, that nobody set them: a reference always speaks of them.
const STATED: &[&str] = &[
    "AllowTcpForwarding",
    "Ciphers",
    "GatewayPorts",
    "KbdInteractiveAuthentication",
    "KexAlgorithms",
    "LogLevel",
    "LoginGraceTime",
    "MACs",
    "MaxAuthTries",
    "PasswordAuthentication",
    "PermitEmptyPasswords",
    "PermitRootLogin",
    "PubkeyAuthentication",
    "UsePAM",
    "X11Forwarding",
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let read = sshd_config::read(context)?;
    let is_set = |name: &str| read.values.contains_key(&(None, name.to_owned()));
    let unset = STATED.iter().filter(|it| !is_set(it));
    let mut facts: Vec<Fact> =
        unset.map(|it| Fact::Setting(not_set(SUBJECT, it, &read.path))).collect();
    facts.extend(read.values.into_iter().map(|((scope, name), value)| {
        Fact::Setting(Setting {
            subject: SUBJECT.to_owned(),
            scope,
            name,
            value: Some(value.text),
            place: value.place,
            origin: SettingOrigin::Configured,
        })
    }));
    Ok(Found { facts, gaps: read.gaps, complaints: read.complaints })
}

#[cfg(test)]
mod tests;
