//! Rows of software and its updates.

use observation::latest::{
    Executable, InstalledPackage, MissingUpdate, RebootPending, UpdateState,
};

use super::{Row, one_of, only, text, truth};
use crate::reconcile::wire;

pub(super) fn package(it: &InstalledPackage) -> Row {
    // Packages with a place may lie on one machine several times.
    let object = match &it.place {
        None => it.name.clone(),
        Some(place) => format!("{} ({}, {place})", it.name, wire::package_manager(it.manager)),
    };
    one_of("installed_package", object, vec![("", Some(it.version.clone()))])
}

pub(super) fn executable(it: &Executable) -> Row {
    let fields = vec![
        ("product", it.product.clone()),
        ("version", it.version.clone()),
        ("built_with", it.built_with.clone()),
        ("size_bytes", Some(it.size_bytes.to_string())),
        ("hash", text(it.hash)),
    ];
    one_of("executable", it.place.clone(), fields)
}

pub(super) fn missing_update(it: &MissingUpdate) -> Row {
    let manager = wire::package_manager(it.manager);
    let architecture = it.architecture.as_ref().map(|it| format!(":{it}")).unwrap_or_default();
    let fields = vec![
        ("installed_version", Some(it.installed_version.clone())),
        ("offered_version", Some(it.offered_version.clone())),
        ("origin", it.origin.clone()),
        ("is_security", truth(it.is_security)),
        ("advisory", it.advisory.clone()),
        ("severity", it.severity.clone()),
    ];
    one_of("missing_update", format!("{}{architecture} ({manager})", it.name), fields)
}

/// Without the time of the lists, which moves every day and says nothing of the machine.
pub(super) fn update_state(it: &UpdateState) -> Row {
    let fields = vec![
        ("last_upgraded_at", text(it.last_upgraded_at)),
        ("is_unattended", truth(it.is_unattended)),
        ("unattended_setting", it.unattended_setting.clone()),
    ];
    one_of("update_state", wire::package_manager(it.manager).to_owned(), fields)
}

pub(super) fn reboot_pending(it: &RebootPending) -> Row {
    let packages = (!it.packages.is_empty()).then(|| it.packages.join(", "));
    let fields = vec![
        ("is_pending", truth(Some(it.is_pending))),
        ("packages", packages),
        ("running_kernel", it.running_kernel.clone()),
        ("newest_kernel", it.newest_kernel.clone()),
    ];
    only("reboot_pending", fields)
}

#[cfg(test)]
mod tests {
    use observation::latest::PackageManager;

    use super::*;

    fn sample(place: Option<&str>) -> InstalledPackage {
        InstalledPackage {
            manager: PackageManager::Python,
            name: "flask".to_owned(),
            version: "3.0".to_owned(),
            architecture: None,
            source_name: None,
            source_version: None,
            publisher: None,
            summary: None,
            category: None,
            home_page: None,
            size_bytes: None,
            installed_at: None,
            place: place.map(str::to_owned),
            owner: None,
            licence: None,
        }
    }

    #[test]
    fn a_package_in_two_places_is_two_objects() {
        let object = |place| package(&sample(place)).object.unwrap();
        assert_eq!(object(None), "flask");
        assert_eq!(object(Some("/opt/a")), "flask (python, /opt/a)");
        assert_ne!(object(Some("/opt/a")), object(Some("/opt/b")));
    }

    #[test]
    fn the_age_of_lists_is_no_change() {
        let state = |seconds| UpdateState {
            manager: PackageManager::Dpkg,
            lists_refreshed_at: jiff::Timestamp::from_second(seconds).ok(),
            last_upgraded_at: None,
            is_unattended: Some(true),
            unattended_setting: None,
        };
        assert_eq!(update_state(&state(1)), update_state(&state(2)));
    }
}
