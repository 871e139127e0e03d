//! Services that the init system keeps.
//!
//! systemd is read from its files and control groups; without it the start scripts of System V are.
//! Where the first process is neither, nothing follows those scripts' links, and how a service
//! starts is unknown.

use std::collections::{BTreeSet, HashSet};

use observation::latest::{Absent, Cadence, Fact, Gap, Platform, Service, SourceId, StartMode};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::owners::Owners;
use crate::sources::persons::Persons;
use crate::sources::systemd::Unit;
use crate::sources::{Found, Source, processes, systemd, sysv};

/// Exists where systemd was booted, see sd_booted(3).
const BOOTED_PATH: &str = "/run/systemd/system";
/// The name of the first process.
const FIRST_PROCESS_PATH: &str = "/proc/1/comm";
/// First processes that follow the links of the run levels.
const FOLLOWS_LINKS: &[&str] = &["init"];

/// Services.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.units"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let services = if context.host.status(BOOTED_PATH).is_ok() {
        of_systemd(context, &mut found)
    } else {
        of_scripts(context.host, &mut found)?
    };
    add_owners(context, services, &mut found);
    Ok(found)
}

/// Services with the account's name as the init system writes it.
type Known = Vec<(Service, Option<String>)>;

fn of_systemd(context: &Context<'_>, found: &mut Found) -> Known {
    let places = processes::places(context.host);
    if places.is_none() {
        let what = "/proc/*/cgroup".to_owned();
        let needs = observation::latest::Privilege::Root;
        found.gaps.push(gap("service.is_running", Absent::NotAllowed { what, needs }));
    }
    let running: Option<BTreeSet<String>> =
        places.map(|it| it.into_iter().filter_map(|place| place.unit).collect());
    let units = systemd::services(context.host, &running.clone().unwrap_or_default());
    if units.iter().any(|it| it.is_one_shot) {
        let (why, what) = ("one_shot".to_owned(), "Type=oneshot".to_owned());
        found.gaps.push(gap("service.is_running", Absent::NotLookedAt { why, what }));
    }
    units.into_iter().map(|it| of_unit(it, running.as_ref())).collect()
}

fn of_unit(unit: Unit, running: Option<&BTreeSet<String>>) -> (Service, Option<String>) {
    // A service that does its work and ends is between two runs as whole as during one.
    let is_running = running.filter(|_| !unit.is_one_shot).map(|it| it.contains(&unit.name));
    let service = Service {
        name: unit.name,
        description: unit.description,
        start_mode: unit.start_mode,
        is_running,
        account: None,
        executable: unit.executable,
        package: None,
    };
    (service, unit.account)
}

fn of_scripts(host: &dyn Host, found: &mut Found) -> Result<Known, Absent> {
    let scripts = sysv::scripts(host);
    let first = host.line(FIRST_PROCESS_PATH).unwrap_or_default();
    if scripts.is_empty() {
        let looked_at = format!("{BOOTED_PATH}, {}", sysv::SCRIPTS_PATH);
        return Err(Absent::NotHere { looked_at });
    }
    let follows_links = FOLLOWS_LINKS.contains(&first.as_str());
    if !follows_links {
        let (why, what) = ("other_init_system".to_owned(), first);
        found.gaps.push(gap("service.start_mode", Absent::NotLookedAt { why, what }));
    }
    let looked_at = sysv::SCRIPTS_PATH.to_owned();
    found.gaps.push(gap("service.account", Absent::NotHere { looked_at }));
    let programs = processes::executables(host);
    let mut has_unproved = false;
    let services = scripts.into_iter().map(|it| {
        // Only a running program of the script proves anything; its absence may be its end.
        let is_running = it.executable.as_ref().filter(|it| programs.contains(*it)).map(|_| true);
        has_unproved |= is_running.is_none();
        let start_mode: Option<StartMode> = follows_links.then(|| it.start_mode.start_mode());
        let service = Service {
            name: it.name,
            description: it.description,
            start_mode,
            is_running,
            account: None,
            executable: it.executable,
            package: None,
        };
        (service, None)
    });
    let services = services.collect();
    if has_unproved {
        let (why, what) = ("start_script".to_owned(), sysv::SCRIPTS_PATH.to_owned());
        found.gaps.push(gap("service.is_running", Absent::NotLookedAt { why, what }));
    }
    Ok(services)
}

/// Adds packages and accounts, and takes persons' names out.
fn add_owners(context: &Context<'_>, services: Known, found: &mut Found) {
    let programs: HashSet<String> =
        services.iter().filter_map(|(it, _)| it.executable.clone()).collect();
    let owners = Owners::find(context.host, context.now, &context.memory.lists, &programs);
    let persons = Persons::read_or_none(context.host, context.names);
    for (mut service, account) in services {
        service.name = persons.unit(&service.name);
        service.account = account.map(|it| persons.name(&it));
        if let Some(executable) = service.executable.take() {
            match owners.of(&executable) {
                Ok(owner) => service.package = Some(owner),
                Err(reason) => {
                    let of = Some(service.name.clone());
                    found.gaps.push(Gap { field: "service.package".to_owned(), of, reason });
                }
            }
            service.executable = Some(persons.path(&executable));
        }
        found.facts.push(Fact::Service(service));
    }
}

fn gap(field: &str, reason: Absent) -> Gap {
    Gap { field: field.to_owned(), of: None, reason }
}

#[cfg(test)]
mod tests {
    use observation::latest::{OwnerPackage, PackageManager, UserName};

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    const NGINX: &str = "[Unit]\nDescription=Web\n[Service]\nExecStart=/usr/sbin/nginx -g x\n";

    fn machine() -> MapHost {
        MapHost::new()
            .file(
                "/etc/passwd",
                "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n",
            )
            .file(
                "/var/lib/dpkg/status",
                "Package: nginx\nStatus: install ok installed\nVersion: 1.22.1-9\n",
            )
            .file("/var/lib/dpkg/info/nginx.list", "/usr/sbin/nginx\n")
    }

    fn booted() -> MapHost {
        machine().folder(BOOTED_PATH).file("/usr/lib/systemd/system/nginx.service", NGINX)
    }

    fn check(host: &MapHost) -> (Vec<Service>, Vec<Gap>) {
        let found = with_context(host, observe).unwrap();
        let services = found.facts.into_iter().map(|it| {
            let Fact::Service(service) = it else { panic!("{it:?}") };
            service
        });
        (services.collect(), found.gaps)
    }

    #[test]
    fn a_service_has_its_package_and_whether_it_runs() {
        let group = "/system.slice/nginx.service";
        let host = booted().process(1, "systemd", "/s", "/init.scope", &[]).process(
            7,
            "nginx",
            "/usr/sbin/nginx",
            group,
            &[],
        );
        let (services, gaps) = check(&host);
        let expected = Service {
            name: "nginx.service".to_owned(),
            description: Some("Web".to_owned()),
            start_mode: Some(StartMode::Manual),
            is_running: Some(true),
            account: Some(UserName::Clear("root".to_owned())),
            executable: Some("/usr/sbin/nginx".to_owned()),
            package: Some(OwnerPackage {
                manager: PackageManager::Dpkg,
                name: "nginx".to_owned(),
                version: "1.22.1-9".to_owned(),
            }),
        };
        assert_eq!(services, [expected]);
        assert_eq!(gaps, []);
    }

    #[test]
    fn where_processes_are_hidden_running_is_unknown_and_not_no() {
        let (services, gaps) = check(&booted());
        assert_eq!(services[0].is_running, None);
        assert!(matches!(gaps[0].reason, Absent::NotAllowed { .. }));
    }

    #[test]
    fn a_service_that_ends_by_itself_is_neither_running_nor_stopped() {
        let host = booted().process(1, "systemd", "/s", "/init.scope", &[]).file(
            "/usr/lib/systemd/system/once.service",
            "[Service]\nType=oneshot\nExecStart=/x\n",
        );
        let (services, gaps) = check(&host);
        assert_eq!(services[0].is_running, Some(false));
        assert_eq!(services[1].is_running, None);
        assert!(matches!(&gaps[0].reason, Absent::NotLookedAt { why, .. } if why == "one_shot"));
    }

    #[test]
    fn no_person_is_named_by_instance_account_or_path() {
        let text = "[Service]\nExecStart=/home/alice/bin/sync\nUser=alice\n";
        let host = booted()
            .process(1, "systemd", "/s", "/init.scope", &[])
            .process(7, "sync", "/home/alice/bin/sync", "/system.slice/sync@alice.service", &[])
            .file("/etc/systemd/system/sync@.service", text);
        let (services, gaps) = check(&host);
        assert_eq!(services.len(), 2);
        let text = format!("{services:?}{gaps:?}");
        assert!(!text.contains("alice"), "{text}");
    }

    #[test]
    fn scripts_that_nothing_starts_have_no_start_mode() {
        let host = machine()
            .file("/etc/init.d/nginx", "DAEMON=/usr/sbin/nginx\n")
            .link("/etc/rc2.d/S01nginx", "../init.d/nginx")
            .process(1, "tini", "/p", "/", &[]);
        let (services, gaps) = check(&host);
        assert_eq!(services[0].start_mode, None);
        assert_eq!(services[0].is_running, None);
        assert!(gaps.iter().any(|it| it.field == "service.start_mode"
            && matches!(&it.reason, Absent::NotLookedAt { what, .. } if what == "tini")));
    }

    #[test]
    fn scripts_under_init_start_by_their_links_and_run_where_it_is_proved() {
        let host = machine()
            .file("/etc/init.d/nginx", "DAEMON=/usr/sbin/nginx\n")
            .link("/etc/rc2.d/S01nginx", "../init.d/nginx")
            .process(1, "init", "/sbin/init", "/", &[])
            .process(7, "nginx", "/usr/sbin/nginx", "/", &[]);
        let (services, _) = check(&host);
        assert_eq!(services[0].start_mode, Some(StartMode::Automatic));
        assert_eq!(services[0].is_running, Some(true));
        assert!(services[0].package.is_some());
    }

    #[test]
    fn a_machine_without_any_init_system_is_not_here() {
        let reason = with_context(&machine(), observe).unwrap_err();
        assert!(matches!(reason, Absent::NotHere { .. }));
    }
}
