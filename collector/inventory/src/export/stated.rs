//! What the register says of an asset: its room, its owner and the applications on it.

use std::collections::HashMap;
use std::net::IpAddr;

use super::view::names_a_host;
use crate::asset::Asset;
use crate::asset::Lifecycle;
use crate::asset::ServicePort;
use crate::register::Application;
use crate::register::Condition;
use crate::register::Entry;
use crate::register::Recogniser;
use crate::register::Register;
use crate::register::Subject;

/// The rules of a register, read once.
pub(super) struct Stated<'a> {
    rooms: Vec<(Condition, &'a str)>,
    owners: Vec<(Condition, &'a str)>,
    applications: Vec<(&'a Application, Vec<Recogniser>)>,
    /// What is stated of single systems, by label: stronger than any rule.
    systems: HashMap<&'a str, &'a Entry>,
}

/// An application that runs on an asset, and what it was recognised by.
pub(super) struct Recognised<'a> {
    /// The application.
    pub application: &'a Application,
    /// Services, ports and packages by which it was recognised.
    pub by: Vec<Trace<'a>>,
}

/// One thing that an application was recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trace<'a> {
    /// A service.
    Service(&'a str),
    /// A port, with its transport.
    Port(&'a str, u16),
    /// A package with its version.
    Package(&'a str, &'a str),
}

impl<'a> Stated<'a> {
    /// The rules of this register. Those that cannot be read never got into it.
    pub(super) fn of(register: &'a Register) -> Self {
        let read = |when: &str| Condition::parse(when).ok();
        let rooms = register.location_rule.iter();
        let owners = register.owner_rule.iter();
        let applications = register.application.iter().map(|it| {
            (it, it.recognise.iter().filter_map(|by| Recogniser::parse(by).ok()).collect())
        });
        Self {
            rooms: rooms.filter_map(|it| Some((read(&it.when)?, it.room.as_str()))).collect(),
            owners: owners.filter_map(|it| Some((read(&it.when)?, it.owner.as_str()))).collect(),
            applications: applications.collect(),
            systems: register.system.iter().filter_map(|it| Some((it.text("id")?, it))).collect(),
        }
    }

    /// The code of the asset's room: as stated of the asset itself, else by the first rule that fits.
    pub(super) fn room(&self, asset: &Asset) -> Option<&'a str> {
        self.of_system(asset, "room").or_else(|| first_fit(&self.rooms, asset))
    }

    /// The role that owns the asset: as stated of the asset itself, else by the first rule that fits.
    pub(super) fn owner(&self, asset: &Asset) -> Option<&'a str> {
        self.of_system(asset, "owner").or_else(|| first_fit(&self.owners, asset))
    }

    fn of_system(&self, asset: &Asset, key: &str) -> Option<&'a str> {
        self.systems.get(asset.label.0.as_str())?.text(key)
    }

    /// The applications that run on an asset, in the order of the register.
    pub(super) fn applications_on<'b>(&self, asset: &'b Asset) -> Vec<Recognised<'b>>
    where
        'a: 'b,
    {
        let found = self.applications.iter().map(|(application, recognisers)| Recognised {
            application,
            by: traces(recognisers, asset),
        });
        found.filter(|it| !it.by.is_empty()).collect()
    }

    /// The codes of the applications that answer on a port.
    pub(super) fn applications_at(&self, asset: &Asset, port: &ServicePort) -> Vec<&'a str> {
        let addresses = addresses(asset);
        let subject = subject(asset, &addresses);
        let fits = |it: &Recogniser| {
            it.fits_port(port.port, &subject)
                || port.unit.as_deref().is_some_and(|unit| it.fits_service(unit))
                || port.package_name.as_deref().is_some_and(|package| it.fits_package(package))
        };
        let found = self.applications.iter().filter(|(_, by)| by.iter().any(fits));
        found.map(|(application, _)| application.code.as_str()).collect()
    }

    /// The codes of the applications that a package belongs to.
    pub(super) fn applications_of_package(&self, package: &str) -> Vec<&'a str> {
        let found =
            self.applications.iter().filter(|(_, by)| by.iter().any(|it| it.fits_package(package)));
        found.map(|(application, _)| application.code.as_str()).collect()
    }
}

/// The assets that are in use.
pub(super) fn in_use(assets: &[Asset]) -> impl Iterator<Item = &Asset> + Clone {
    assets.iter().filter(|it| it.lifecycle == Lifecycle::Operating)
}

fn traces<'b>(recognisers: &[Recogniser], asset: &'b Asset) -> Vec<Trace<'b>> {
    let addresses = addresses(asset);
    let subject = subject(asset, &addresses);
    let mut traces = Vec::new();
    for service in asset.services.iter().map(|it| &it.value) {
        if recognisers.iter().any(|it| it.fits_service(&service.name)) {
            traces.push(Trace::Service(&service.name));
        }
    }
    for port in asset.ports.iter().map(|it| &it.value) {
        if recognisers.iter().any(|it| it.fits_port(port.port, &subject)) {
            traces.push(Trace::Port(&port.transport, port.port));
        }
        // Where services cannot be listed, the port still names its unit.
        if let Some(unit) = &port.unit
            && recognisers.iter().any(|it| it.fits_service(unit))
        {
            traces.push(Trace::Service(unit));
        }
    }
    for package in asset.software.iter().map(|it| &it.value) {
        if recognisers.iter().any(|it| it.fits_package(&package.name)) {
            traces.push(Trace::Package(&package.name, &package.version));
        }
    }
    traces.sort_unstable();
    traces.dedup();
    traces
}

fn first_fit<'a>(rules: &[(Condition, &'a str)], asset: &Asset) -> Option<&'a str> {
    let addresses = addresses(asset);
    let subject = subject(asset, &addresses);
    rules.iter().find(|(condition, _)| condition.fits(&subject)).map(|(_, result)| *result)
}

fn subject<'a>(asset: &'a Asset, addresses: &'a [IpAddr]) -> Subject<'a> {
    let name = asset.name.as_ref().map(|it| it.value.as_str());
    Subject { label: &asset.label.0, name, addresses }
}

/// The addresses by which others reach the asset.
pub(super) fn addresses(asset: &Asset) -> Vec<IpAddr> {
    asset.all_addresses().into_iter().filter(|it| names_a_host(*it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn the_first_rule_that_fits_gives_room_and_owner() {
        let snapshot = sample::snapshot();
        let stated = Stated::of(&snapshot.register);
        let asset = |name| sample::asset_named(&snapshot, name);
        assert_eq!(stated.room(asset("srv-erp")), Some("R001"));
        assert_eq!(stated.room(asset("PC-BUE-01")), Some("R002"));
        assert_eq!(stated.owner(asset("PC-BUE-01")), Some("Büroleitung"));
        assert_eq!(stated.owner(asset(sample::HOSTILE)), None);
    }

    #[test]
    fn an_application_runs_where_its_service_port_or_package_is() {
        let snapshot = sample::snapshot();
        let stated = Stated::of(&snapshot.register);
        let server = sample::asset_named(&snapshot, "srv-erp");
        let found = stated.applications_on(server);
        let texts: Vec<(&str, &[Trace<'_>])> =
            found.iter().map(|it| (it.application.code.as_str(), it.by.as_slice())).collect();
        assert_eq!(
            texts,
            [
                ("A001", &[Trace::Package("nginx", "1.22.1-9")][..]),
                ("A002", &[Trace::Port("tcp", 5432)]),
            ]
        );
        assert!(stated.applications_on(sample::asset_named(&snapshot, sample::HOSTILE)).is_empty());
    }

    #[test]
    fn a_retired_asset_is_not_in_use() {
        let mut snapshot = sample::snapshot();
        let all = in_use(&snapshot.assets).count();
        snapshot.assets[0].lifecycle = Lifecycle::Retired;
        assert_eq!(in_use(&snapshot.assets).count(), all - 1);
    }
}
