//! Rows of the addresses that DHCP servers gave.

use observation::latest::DhcpLease;

use super::{Row, one_of, text};

pub(super) fn dhcp_lease(it: &DhcpLease) -> Row {
    let fields = vec![
        ("address", text(it.address)),
        ("server", text(it.server)),
        ("lifetime_seconds", text(it.lifetime_seconds)),
        ("domain", it.domain.clone()),
        ("client", Some(it.client.clone())),
    ];
    one_of("dhcp_lease", it.interface.clone(), fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_names_the_server_of_an_interface() {
        let lease = DhcpLease {
            interface: "eth0".to_owned(),
            client: "dhclient".to_owned(),
            address: None,
            server: Some([10, 0, 0, 1].into()),
            lifetime_seconds: Some(3600),
            domain: None,
        };
        let row = dhcp_lease(&lease);
        assert_eq!(row.object.as_deref(), Some("eth0"));
        let summary = row.summary().unwrap();
        assert_eq!(summary, "server 10.0.0.1, lifetime_seconds 3600, client dhclient");
    }
}
