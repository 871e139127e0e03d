//! What the answers of its services say of an asset as a whole.

use std::collections::BTreeSet;

use observation::latest::{PhysicalEntity, ServiceProtocol, Statement};

use super::parts::{Parts, best};
use super::system::inferred;
use crate::asset::{AssetKind, Attested, Evidence, FirmwareLevel, OperatingSystemDescription};
use crate::recognise::{Confidence, serial_text, stated_text};

/// entPhysicalClass of chassis and stack (RFC 6933): the device itself.
const CLASS_CHASSIS: u32 = 3;

/// Protocols that only servers speak to others.
const OF_SERVERS: [ServiceProtocol; 7] = [
    ServiceProtocol::Dns,
    ServiceProtocol::Ftp,
    ServiceProtocol::Imap,
    ServiceProtocol::Mysql,
    ServiceProtocol::Pop3,
    ServiceProtocol::Postgresql,
    ServiceProtocol::Redis,
];

/// Protocols that workplaces speak to find one another and their printers.
const OF_WORKPLACES: [ServiceProtocol; 2] = [ServiceProtocol::Mdns, ServiceProtocol::Ipp];

/// What it is: as an answer says it; else as is typical of what it says; else by what it offers.
pub(super) fn kind(parts: &Parts<'_>) -> Option<Attested<AssetKind>> {
    let told = parts.recognised.iter().filter_map(|it| {
        let kind = it.value.kind?;
        Some((it.value.confidence, Attested { value: kind, evidence: it.evidence.clone() }))
    });
    let best = told.max_by(|left, right| {
        let key =
            |it: &(Confidence, Attested<AssetKind>)| (it.0, it.1.evidence.clone(), it.1.value);
        key(left).cmp(&key(right))
    });
    best.map(|it| it.1).or_else(|| by_offer(parts)).map(inferred)
}

/// A machine that offers what only servers offer, or that offers more than a way to log in to a
/// system of servers, serves others. One that speaks Modbus and serves nobody controls or measures
/// something. What we give up: a power supply that speaks nothing else is taken for a control.
fn by_offer(parts: &Parts<'_>) -> Option<Attested<AssetKind>> {
    let offered: BTreeSet<ServiceProtocol> =
        parts.answers.iter().map(|it| it.value.protocol).collect();
    let is_workplace = OF_WORKPLACES.iter().any(|it| offered.contains(it));
    let serves = |protocol: ServiceProtocol| {
        OF_SERVERS.contains(&protocol)
            || protocol == ServiceProtocol::Smtp
            || (protocol == ServiceProtocol::Ssh && !is_workplace && has_named_system(parts))
    };
    let newest = |tells: &dyn Fn(ServiceProtocol) -> bool| {
        let telling = parts.answers.iter().filter(|it| tells(it.value.protocol));
        telling.map(|it| &it.evidence).max()
    };
    let of_kind = |value, evidence: &Evidence| Attested { value, evidence: evidence.clone() };
    let server = newest(&serves).map(|it| of_kind(AssetKind::Server, it));
    let is_modbus = |it| it == ServiceProtocol::Modbus;
    server.or_else(|| newest(&is_modbus).map(|it| of_kind(AssetKind::Control, it)))
}

fn has_named_system(parts: &Parts<'_>) -> bool {
    parts.recognised.iter().any(|it| it.value.system.is_some())
}

/// The system as the most exact answer names it.
pub(super) fn operating_system(parts: &Parts<'_>) -> Option<Attested<OperatingSystemDescription>> {
    let told = parts.recognised.iter().filter_map(|it| {
        let system = it.value.system.clone()?;
        Some((it.value.confidence, Attested { value: system, evidence: it.evidence.clone() }))
    });
    let key = |it: &(Confidence, Attested<OperatingSystemDescription>)| {
        let system = &it.1.value;
        let parts = [&system.version, &system.version_detail, &system.kernel, &system.name];
        let exactness = parts.map(|it| it.is_some());
        (it.0, exactness, it.1.evidence.clone(), serde_json::to_string(system).unwrap_or_default())
    };
    told.max_by(|left, right| key(left).cmp(&key(right))).map(|it| inferred(it.1))
}

pub(super) fn manufacturer(parts: &Parts<'_>) -> Option<Attested<String>> {
    of_chassis(parts, |it| it.manufacturer.as_ref())
        .or_else(|| said(parts, Statement::Manufacturer))
        .or_else(|| recognised(parts, |it| it.vendor.clone()))
}

pub(super) fn model(parts: &Parts<'_>) -> Option<Attested<String>> {
    of_chassis(parts, |it| it.model.as_ref())
        .or_else(|| said(parts, Statement::Model))
        .or_else(|| recognised(parts, |it| it.model.clone()))
}

pub(super) fn serial(parts: &Parts<'_>) -> Option<Attested<String>> {
    best(&chassis(parts), |it| it.serial.as_deref().and_then(serial_text)).or_else(|| {
        best(&parts.answers, |it| {
            it.statements.get(&Statement::Serial).and_then(|it| serial_text(it))
        })
    })
}

/// Levels that the device itself and its answers tell.
pub(super) fn firmware(parts: &Parts<'_>) -> Vec<Attested<FirmwareLevel>> {
    let of_chassis = of_chassis(parts, |it| it.firmware.as_ref());
    let told = of_chassis
        .or_else(|| said(parts, Statement::Firmware))
        .or_else(|| recognised(parts, |it| it.firmware.clone()));
    let level = |component: &str, version: String| FirmwareLevel {
        component: component.to_owned(),
        device: None,
        vendor: None,
        version: Some(version),
        released_on: None,
    };
    let own = told.map(|it| it.map(|version| level("device", version)));
    let software =
        of_chassis_software(parts).map(|it| it.map(|version| level("device_software", version)));
    own.into_iter().chain(software).collect()
}

fn of_chassis_software(parts: &Parts<'_>) -> Option<Attested<String>> {
    of_chassis(parts, |it| it.software.as_ref()).or_else(|| said(parts, Statement::Software))
}

fn chassis<'a>(parts: &Parts<'a>) -> Vec<Attested<&'a PhysicalEntity>> {
    let entities = parts.entities.iter();
    entities.filter(|it| it.value.class_number == Some(CLASS_CHASSIS)).cloned().collect()
}

fn of_chassis(
    parts: &Parts<'_>,
    field: impl Fn(&PhysicalEntity) -> Option<&String>,
) -> Option<Attested<String>> {
    best(&chassis(parts), |it| field(it).and_then(|it| stated_text(it)))
}

fn said(parts: &Parts<'_>, statement: Statement) -> Option<Attested<String>> {
    best(&parts.answers, |it| it.statements.get(&statement).and_then(|it| stated_text(it)))
}

fn recognised(
    parts: &Parts<'_>,
    field: impl Fn(&crate::recognise::Recognition) -> Option<String>,
) -> Option<Attested<String>> {
    let told = parts.recognised.iter().filter_map(|it| {
        let value = field(&it.value)?;
        Some((it.value.confidence, Attested { value, evidence: it.evidence.clone() }))
    });
    let key =
        |it: &(Confidence, Attested<String>)| (it.0, it.1.evidence.clone(), it.1.value.clone());
    told.max_by(|left, right| key(left).cmp(&key(right))).map(|it| inferred(it.1))
}
