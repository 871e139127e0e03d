//! The row of what a service is kept from.

use observation::latest::ServiceHardening;

use super::{Row, one_of, truth};

pub(super) fn row(it: &ServiceHardening) -> Row {
    let fields = vec![
        ("has_dynamic_user", truth(it.has_dynamic_user)),
        ("no_new_privileges", truth(it.no_new_privileges)),
        ("protect_system", it.protect_system.clone()),
        ("protect_home", it.protect_home.clone()),
        ("protect_proc", it.protect_proc.clone()),
        ("protect_clock", truth(it.protect_clock)),
        ("protect_control_groups", it.protect_control_groups.clone()),
        ("protect_host_name", it.protect_host_name.clone()),
        ("protect_kernel_logs", truth(it.protect_kernel_logs)),
        ("protect_kernel_modules", truth(it.protect_kernel_modules)),
        ("protect_kernel_tunables", truth(it.protect_kernel_tunables)),
        ("private_tmp", it.private_tmp.clone()),
        ("private_devices", truth(it.private_devices)),
        ("private_network", truth(it.private_network)),
        ("private_users", it.private_users.clone()),
        ("capability_bounding_set", lines(it.capability_bounding_set.as_deref())),
        ("ambient_capabilities", lines(it.ambient_capabilities.as_deref())),
        ("restrict_address_families", lines(it.restrict_address_families.as_deref())),
        ("restrict_namespaces", lines(it.restrict_namespaces.as_deref())),
        ("restrict_realtime", truth(it.restrict_realtime)),
        ("restrict_suid_sgid", truth(it.restrict_suid_sgid)),
        ("lock_personality", truth(it.lock_personality)),
        ("memory_deny_write_execute", truth(it.memory_deny_write_execute)),
        ("system_call_filter", lines(it.system_call_filter.as_deref())),
        ("system_call_architectures", lines(it.system_call_architectures.as_deref())),
        ("device_policy", it.device_policy.clone()),
        ("ip_address_deny", lines(it.ip_address_deny.as_deref())),
        ("file_mode_mask", it.file_mode_mask.clone()),
    ];
    one_of("service_hardening", it.service.clone(), fields)
}

/// Lines that follow one another; an empty list is a statement too.
fn lines(lines: Option<&[String]>) -> Option<String> {
    let lines = lines?;
    Some(if lines.is_empty() { "empty".to_owned() } else { lines.join("; ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_stated_is_told_and_an_empty_set_is_stated() {
        let hardening = ServiceHardening {
            service: "a.service".to_owned(),
            no_new_privileges: Some(true),
            protect_system: Some("strict".to_owned()),
            capability_bounding_set: Some(Vec::new()),
            system_call_filter: Some(vec!["@system-service".to_owned(), "~@clock".to_owned()]),
            ..ServiceHardening::default()
        };
        let row = row(&hardening);
        assert_eq!(row.object.as_deref(), Some("a.service"));
        assert_eq!(
            row.summary().unwrap(),
            "no_new_privileges yes, protect_system strict, capability_bounding_set empty, \
             system_call_filter @system-service; ~@clock"
        );
    }
}
