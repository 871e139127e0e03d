//! What `nmap -oX` says, in the form in which results are compared.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::lab::compare::{Said, Seen, SeenService};

/// Reads a report of nmap's.
///
/// # Errors
/// If it is not well formed.
pub fn read(xml: &str) -> anyhow::Result<Said> {
    let mut reader = Reader::from_str(xml);
    let mut devices: Vec<Seen> = Vec::new();
    let mut links: Vec<(String, String)> = Vec::new();
    // The station before, with its place.
    let mut station: Option<(u32, String)> = None;
    let mut port = SeenService::default();
    let mut is_open = false;
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(Said { devices, links }),
            // What nmap guesses before it has looked.
            Event::Start(tag) if tag.name().as_ref() == "hosthint" => {
                reader.read_to_end(tag.name())?;
            }
            Event::Start(tag) if tag.name().as_ref() == "host" => devices.push(Seen::default()),
            Event::Start(tag) | Event::Empty(tag) => {
                let Some(device) = devices.last_mut() else { continue };
                let value = |name: &str| attribute(&tag, name);
                match tag.name().as_ref() {
                    "address" if value("addrtype").as_deref() == Some("mac") => {
                        device.macs.extend(value("addr").map(|it| it.to_lowercase()));
                    }
                    "address" => {
                        device.name = value("addr").unwrap_or_default();
                        device.addresses.extend(value("addr"));
                    }
                    "trace" => station = None,
                    "hop" => {
                        let place = value("ttl").and_then(|it| it.parse().ok());
                        let this = place.zip(value("ipaddr"));
                        if let (Some((before, from)), Some((place, to))) = (&station, &this)
                            && before + 1 == *place
                        {
                            links.push((to.clone(), from.clone()));
                        }
                        station = this;
                    }
                    "distance" => device.hops = value("value").and_then(|it| it.parse().ok()),
                    "port" => {
                        let number = value("portid").and_then(|it| it.parse().ok());
                        port = SeenService {
                            port: number.unwrap_or_default(),
                            proto: value("protocol").unwrap_or_default(),
                            ..SeenService::default()
                        };
                    }
                    "state" => is_open = value("state").as_deref() == Some("open"),
                    "service" if is_open => {
                        port.product = value("product");
                        port.version = value("version");
                    }
                    _ => {}
                }
            }
            Event::End(tag) if tag.name().as_ref() == "port" && is_open => {
                if let Some(device) = devices.last_mut() {
                    device.services.push(std::mem::take(&mut port));
                }
            }
            Event::End(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok()??;
    Some(found.value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_distance_and_open_ports_are_read() {
        let xml = r#"<nmaprun><hosthint><address addr="10.0.0.7" addrtype="ipv4"/></hosthint><host><status state="up"/><address addr="10.0.0.7" addrtype="ipv4"/>
            <address addr="52:54:00:AA:00:07" addrtype="mac"/><ports>
            <port protocol="tcp" portid="22"><state state="open"/>
            <service name="ssh" product="OpenSSH" version="9.2p1"/></port>
            <port protocol="tcp" portid="23"><state state="closed"/><service name="telnet"/></port>
            </ports><distance value="1"/></host></nmaprun>"#;
        let devices = read(xml).unwrap().devices;
        assert_eq!(devices.len(), 1);
        assert_eq!(devices[0].macs, ["52:54:00:aa:00:07"]);
        assert_eq!((devices[0].hops, devices[0].services.len()), (Some(1), 1));
        assert_eq!(devices[0].services[0].version.as_deref(), Some("9.2p1"));
    }

    #[test]
    fn stations_of_a_trace_are_links_where_none_between_them_was_silent() {
        let xml = r#"<nmaprun><host><address addr="10.0.3.7" addrtype="ipv4"/><trace>
            <hop ttl="1" ipaddr="10.0.0.1"/><hop ttl="2" ipaddr="10.0.1.1"/>
            <hop ttl="4" ipaddr="10.0.3.7"/></trace></host></nmaprun>"#;
        let links = read(xml).unwrap().links;
        assert_eq!(links, [("10.0.1.1".to_owned(), "10.0.0.1".to_owned())]);
    }
}
