//! Rows of packet filters.

use observation::latest::{FirewallState, OpenToAny, Transport};

use super::{Row, one_of, text, truth};
use crate::reconcile::wire;

pub(super) fn firewall_state(it: &FirewallState) -> Row {
    let policies: Vec<String> = it
        .policies
        .iter()
        .map(|it| {
            let place = [it.family.as_deref(), it.table.as_deref(), Some(&*it.hook)];
            let place: Vec<&str> = place.into_iter().flatten().collect();
            format!("{} {}", place.join(" "), it.policy)
        })
        .collect();
    let open: Vec<String> = it.open_to_any.iter().map(ports).collect();
    let list = |texts: Vec<String>| (!texts.is_empty()).then(|| texts.join(", "));
    let fields = vec![
        ("is_active", truth(it.is_active)),
        ("policies", list(policies)),
        ("rules", text(it.rule_count)),
        ("open_to_any", list(open)),
    ];
    one_of("firewall_state", wire::firewall(it.kind).to_owned(), fields)
}

/// `tcp/22`, `udp/60000-61000`, `any/9100`.
fn ports(open: &OpenToAny) -> String {
    let transport = match open.transport {
        Some(Transport::Tcp) => "tcp",
        Some(Transport::Udp) => "udp",
        None => "any",
    };
    if open.first_port == open.last_port {
        format!("{transport}/{}", open.first_port)
    } else {
        format!("{transport}/{}-{}", open.first_port, open.last_port)
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::{FirewallKind, FirewallPolicy};

    use super::*;

    #[test]
    fn policies_and_open_ports_are_one_line_each() {
        let open =
            |transport, first_port, last_port| OpenToAny { transport, first_port, last_port };
        let row = firewall_state(&FirewallState {
            kind: FirewallKind::Nftables,
            is_active: Some(true),
            policies: vec![FirewallPolicy {
                hook: "input".to_owned(),
                family: Some("inet".to_owned()),
                table: Some("filter".to_owned()),
                policy: "drop".to_owned(),
            }],
            rule_count: Some(7),
            open_to_any: vec![open(None, 9100, 9100), open(Some(Transport::Tcp), 8000, 8010)],
        });
        assert_eq!(row.object.as_deref(), Some("nftables"));
        let expected = "is_active yes, policies inet filter input drop, rules 7, \
            open_to_any any/9100, tcp/8000-8010";
        assert_eq!(row.summary().as_deref(), Some(expected));
    }
}
