//! Name, kind, operating system, software, accounts.

use jiff::Timestamp;
use observation::latest::{
    Account, Group, InitSystem, InstalledPackage, Kernel, OperatingSystem, UserName,
    VirtualisationHint,
};
use serde::Serialize;

use super::Chosen;
use super::answers;
use super::outside;
use super::parts::{Parts, best, list};
use crate::asset::{
    AccountDescription, AssetKind, Attested, Evidence, GroupDescription,
    OperatingSystemDescription, SoftwarePackage, Trust, VirtualMachine,
};
use crate::recognise::{VIRTUALISATION_SOURCE, conclude, kind_of_chassis, stated_text};
use crate::reconcile::wire;

/// 1980-01-01: earlier moments are a clock that was never set.
const STATED_SECONDS_MIN: i64 = 315_532_800;

/// The host's own name; else the best that scans were told.
pub(super) fn name(parts: &Parts<'_>) -> Option<Attested<String>> {
    let own = best(&parts.host_names, |it| {
        let name = it.name.trim();
        (!name.is_empty() && name != "(none)").then(|| name.to_owned())
    });
    own.or_else(|| outside::told_name(parts))
}

pub(super) fn domain(parts: &Parts<'_>) -> Option<Attested<String>> {
    let own = best(&parts.host_names, |it| {
        let domain = it.domain.as_deref().and_then(stated_text)?;
        (domain != "localdomain").then_some(domain)
    });
    own.or_else(|| outside::told_domain(parts))
}

/// Lower case; none for the zero address of links that have none.
pub(super) fn hardware_address(text: &str) -> Option<String> {
    let has_digit = text.chars().any(|it| it.is_ascii_hexdigit() && it != '0');
    has_digit.then(|| text.to_ascii_lowercase())
}

/// What a person said; else what the enclosure or the edition of the system says; else that it was
/// looked at and says nothing. A hypervisor's enclosure is an invention and not asked.
pub(super) fn kind(
    stated: Option<Attested<AssetKind>>,
    parts: &Parts<'_>,
    virtual_machine: Option<&Attested<VirtualMachine>>,
) -> Option<Attested<AssetKind>> {
    if stated.is_some() {
        return stated;
    }
    let is_virtual = virtual_machine.is_some_and(|it| it.value.is_virtual);
    let of_edition = best(&parts.systems, |it| {
        let words = [it.edition.as_deref(), it.name.as_deref(), it.pretty_name.as_deref()];
        let mut words = words.into_iter().flatten().map(str::to_lowercase);
        words.any(|it| it.contains("server")).then_some(AssetKind::Server)
    });
    let of_chassis = best(&parts.chassis, |it| {
        it.kind_number.map(|number| kind_of_chassis(number).unwrap_or(AssetKind::Unknown))
    });
    let of_chassis =
        of_chassis.map(|it| if is_virtual { it.map(|_| AssetKind::Unknown) } else { it });
    let by_chassis = of_chassis.as_ref().filter(|it| it.value != AssetKind::Unknown).cloned();
    let by_host = by_chassis.or(of_edition).map(inferred);
    by_host.or_else(|| answers::kind(parts)).or_else(|| of_chassis.map(inferred))
}

pub(super) fn virtual_machine(
    parts: &Parts<'_>,
    chosen: &[Chosen<'_>],
) -> Option<Attested<VirtualMachine>> {
    let mut hints: Vec<VirtualisationHint> =
        parts.hints.iter().map(|it| it.value.clone()).collect();
    hints.sort_by(|left, right| (&left.origin, &left.text).cmp(&(&right.origin, &right.text)));
    let was_looked = chosen.iter().find(|it| it.section.source.as_str() == VIRTUALISATION_SOURCE);
    let names = names(parts);
    let concluded = conclude(&hints, &names)?;
    if !concluded.is_virtual && was_looked.is_none() {
        return None;
    }
    let of_hints = parts.hints.iter().map(|it| &it.evidence).max();
    let of_names = parts.products.iter().map(|it| &it.evidence).max();
    let evidence = was_looked.map(|it| &it.evidence).or(of_hints).or(of_names)?;
    Some(inferred(Attested { value: concluded, evidence: evidence.clone() }))
}

/// Maker with model, as hypervisors write them.
fn names(parts: &Parts<'_>) -> Vec<String> {
    let pair = |maker: Option<&String>, model: Option<&String>| {
        let texts = [maker, model].into_iter().flatten().filter_map(|it| stated_text(it));
        texts.collect::<Vec<_>>().join(" ")
    };
    let systems = parts
        .products
        .iter()
        .map(|it| pair(it.value.manufacturer.as_ref(), it.value.product.as_ref()));
    let boards = parts
        .boards
        .iter()
        .map(|it| pair(it.value.manufacturer.as_ref(), it.value.product.as_ref()));
    let firmware = parts.firmware.iter().map(|it| pair(it.value.vendor.as_ref(), None));
    let mut names: Vec<String> = systems.chain(boards).chain(firmware).collect();
    names.retain(|it| !it.is_empty());
    names.sort();
    names
}

pub(super) fn inferred<T>(attested: Attested<T>) -> Attested<T> {
    let evidence = Evidence { trust: Trust::Inferred, ..attested.evidence };
    Attested { value: attested.value, evidence }
}

/// The fact with the greatest evidence; of equal evidence the greatest by its text.
fn greatest<'a, 'b, T: Serialize>(seen: &'b [Attested<&'a T>]) -> Option<&'b Attested<&'a T>> {
    let key = |it: &Attested<&T>| {
        (it.evidence.clone(), serde_json::to_string(it.value).unwrap_or_default())
    };
    seen.iter().max_by_key(|it| key(it))
}

/// The system with its kernel and what starts it. The evidence is that of the system's own word, or
/// of the kernel's where the system says nothing.
pub(super) fn operating_system(parts: &Parts<'_>) -> Option<Attested<OperatingSystemDescription>> {
    let system = greatest(&parts.systems);
    let kernel = greatest(&parts.kernels);
    let init = greatest(&parts.init_systems);
    let evidence = system
        .map(|it| &it.evidence)
        .or_else(|| kernel.map(|it| &it.evidence))
        .or_else(|| init.map(|it| &it.evidence));
    let Some(evidence) = evidence else { return answers::operating_system(parts) };
    let mut described = OperatingSystemDescription::default();
    if let Some(it) = system {
        let OperatingSystem {
            id,
            name,
            version,
            version_detail,
            edition,
            pretty_name,
            installed_at: _,
        } = it.value;
        described.id.clone_from(id);
        described.name.clone_from(name);
        described.version.clone_from(version);
        described.version_detail.clone_from(version_detail);
        described.edition.clone_from(edition);
        described.pretty_name.clone_from(pretty_name);
    }
    if let Some(it) = kernel {
        let Kernel { name, release, version: _, architecture } = it.value;
        described.kernel = Some(format!("{name} {release}"));
        described.architecture = Some(architecture.clone());
    }
    if let Some(it) = init {
        let InitSystem { name, version } = it.value;
        let version = version.as_deref().map(|it| format!(" {it}")).unwrap_or_default();
        described.init_system = Some(format!("{name}{version}"));
    }
    Some(Attested { value: described, evidence: evidence.clone() })
}

pub(super) fn software(parts: &Parts<'_>) -> Vec<Attested<SoftwarePackage>> {
    list(&parts.packages, |it| {
        let InstalledPackage {
            manager,
            name,
            version,
            architecture,
            source_name,
            source_version: _,
            publisher,
            summary,
            category,
            home_page: _,
            size_bytes,
            installed_at,
            place,
            owner,
            licence,
        } = it;
        SoftwarePackage {
            manager: wire::package_manager(*manager).to_owned(),
            name: name.clone(),
            version: version.clone(),
            architecture: architecture.clone(),
            source_name: source_name.clone(),
            publisher: publisher.clone(),
            summary: summary.clone(),
            category: category.clone(),
            size_bytes: *size_bytes,
            installed_at: installed_at
                .filter(|it: &Timestamp| it.as_second() >= STATED_SECONDS_MIN),
            place: place.clone(),
            owner: owner.as_ref().map(wire::user_name),
            licence: licence.clone(),
        }
    })
}

pub(super) fn accounts(parts: &Parts<'_>) -> Vec<Attested<AccountDescription>> {
    list(&parts.accounts, |it| {
        let Account {
            name,
            kind,
            can_log_in,
            is_administrator,
            password,
            is_expired,
            password_never_expires,
        } = it;
        AccountDescription {
            name: wire::user_name(name),
            is_pseudonym: matches!(name, UserName::Pseudonym(_)),
            kind: wire::account_kind(*kind).to_owned(),
            can_log_in: *can_log_in,
            is_administrator: *is_administrator,
            password: password.map(|it| wire::password(it).to_owned()),
            is_expired: *is_expired,
            password_never_expires: *password_never_expires,
        }
    })
}

pub(super) fn groups(parts: &Parts<'_>) -> Vec<Attested<GroupDescription>> {
    list(&parts.groups, |it| {
        let Group { name, gives_administration, members } = it;
        let mut members: Vec<String> = members.iter().map(wire::user_name).collect();
        members.sort();
        members.dedup();
        GroupDescription {
            name: wire::user_name(name),
            gives_administration: *gives_administration,
            members,
        }
    })
}
