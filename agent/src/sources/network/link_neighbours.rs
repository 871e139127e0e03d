//! The devices at the other ends of the cables, as they introduce themselves: heard by the service
//! itself, or by systemd-networkd where it listens.
//!
//! networkd keeps what it heard in a file per link: of each neighbour the length of its frame, 64 bits
//! with the least significant byte first, and the frame (systemd, `network/networkd-lldp-rx.c`).

use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, LinkNeighbour, Platform, SourceId,
};
use scan::packet::link_neighbour;

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::links::LinkNames;
use crate::sources::{Found, Source};

/// The devices at the other ends of the cables.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("network.link_neighbours"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const NETWORKD: &str = "/run/systemd/netif/lldp";
/// Largest file: networkd keeps at most 128 neighbours of a link.
const FILE_BYTES_MAX: u64 = 512 * 1024;
/// Links that are looked at.
const FILES_MAX: usize = 1_000;
/// Neighbours of one link.
const FRAMES_MAX: usize = 200;
/// Largest frame; networkd refuses larger ones too.
const FRAME_BYTES_MAX: u64 = 4_096;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let has_networkd = networkd(context.host, &mut found);
    match context.host.heard_on_links() {
        Ok(heard) => found.facts.extend(heard.into_iter().map(fact)),
        Err(reason) if !has_networkd => return Err(reason),
        // Cables that networkd does not serve were not heard.
        Err(reason) => {
            found.gaps.push(Gap { field: "link_neighbour".to_owned(), of: None, reason });
        }
    }
    Ok(found)
}

fn fact(neighbour: LinkNeighbour) -> Fact {
    Fact::LinkNeighbour(Box::new(neighbour))
}

/// Whether networkd has heard anything.
fn networkd(host: &dyn Host, found: &mut Found) -> bool {
    let Ok(files) = host.names(NETWORKD) else { return false };
    let Ok(names) = LinkNames::read(host) else { return false };
    let mut has_any = false;
    for file in files.iter().take(FILES_MAX) {
        let Some(interface) = file.parse().ok().and_then(|it| names.name(it)) else { continue };
        let path = format!("{NETWORKD}/{file}");
        let Ok(bytes) = host.bytes(&path, FILE_BYTES_MAX) else { continue };
        let (neighbours, is_whole) = frames(&bytes, interface);
        has_any |= !neighbours.is_empty();
        found.facts.extend(neighbours.into_iter().map(fact));
        if !is_whole {
            let problem = "not all of it is frames of LLDP with their lengths".to_owned();
            found.complaints.push(Complaint { place: path, problem });
        }
    }
    has_any
}

/// The neighbours of one file, and whether all of it was understood.
fn frames(bytes: &[u8], interface: &str) -> (Vec<LinkNeighbour>, bool) {
    let (mut rest, mut found) = (bytes, Vec::new());
    for _ in 0..FRAMES_MAX {
        let Some((head, behind)) = rest.split_first_chunk::<8>() else { break };
        let length = u64::from_le_bytes(*head);
        let length = usize::try_from(length).ok().filter(|_| length <= FRAME_BYTES_MAX);
        let Some((frame, behind)) = length.and_then(|it| behind.split_at_checked(it)) else {
            break;
        };
        let Some(heard) = link_neighbour::read(frame, interface) else { break };
        found.push(heard.neighbour);
        rest = behind;
    }
    (found, rest.is_empty())
}

#[cfg(test)]
mod tests {
    use observation::latest::LinkProtocol;
    use proptest::prelude::*;

    use super::*;
    use crate::host::{Reply, Request};
    use crate::sources::links::sample_link;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from IEEE 802.1AB, clause 8.5: chassis, port, time to live, name, end.
    const FRAME: &[u8] = b"\x01\x80\xc2\x00\x00\x0e\x02\x00\x00\x00\x00\x01\x88\xcc\
        \x02\x02\x07a\x04\x02\x07b\x06\x02\x00\x78\x0a\x02sw\x00\x00";

    fn with_length(frame: &[u8]) -> Vec<u8> {
        [&(frame.len() as u64).to_le_bytes(), frame].concat()
    }

    fn machine(file: &[u8]) -> MapHost {
        MapHost::new()
            .answer(Request::Links, Ok(Reply::Links(vec![sample_link(2, "eth0")])))
            .file("/run/systemd/netif/lldp/2", file)
    }

    fn names(found: &Found) -> Vec<(&str, Option<&str>)> {
        let neighbours = found.facts.iter().map(|it| {
            let Fact::LinkNeighbour(it) = it else { panic!("{it:?}") };
            (it.interface.as_str(), it.system_name.as_deref())
        });
        neighbours.collect()
    }

    #[test]
    fn what_networkd_heard_is_read_and_the_rest_is_a_gap() {
        let host = machine(&[with_length(FRAME), with_length(FRAME)].concat());
        let found = with_context(&host, observe).unwrap();
        assert_eq!(names(&found), [("eth0", Some("sw")), ("eth0", Some("sw"))]);
        assert_eq!(found.gaps[0].field, "link_neighbour");
        assert_eq!(found.complaints, []);
    }

    #[test]
    fn what_the_service_heard_stands_beside() {
        let other = LinkNeighbour::empty(LinkProtocol::Cdp, "eth1");
        let host = machine(&with_length(FRAME))
            .answer(Request::HeardOnLinks, Ok(Reply::HeardOnLinks(vec![other])));
        let found = with_context(&host, observe).unwrap();
        assert_eq!(names(&found), [("eth0", Some("sw")), ("eth1", None)]);
        assert_eq!(found.gaps, []);
    }

    #[test]
    fn without_networkd_the_reason_of_the_service_counts() {
        let reason = Absent::NotLookedAt { why: "not_yet_heard".into(), what: "LLDP, CDP".into() };
        let host = MapHost::new().answer(Request::HeardOnLinks, Err(reason.clone()));
        assert_eq!(with_context(&host, observe), Err(reason));
        let silent =
            MapHost::new().answer(Request::HeardOnLinks, Ok(Reply::HeardOnLinks(Vec::new())));
        assert_eq!(with_context(&silent, observe), Ok(Found::default()));
    }

    #[test]
    fn a_file_that_is_none_is_complained_about_and_costs_only_itself() {
        let mut cut = with_length(FRAME);
        cut.pop();
        let huge = [u64::MAX.to_le_bytes().as_slice(), FRAME].concat();
        for file in [cut, huge, with_length(b"no frame"), b"short".to_vec()] {
            let host =
                machine(&file).answer(Request::HeardOnLinks, Ok(Reply::HeardOnLinks(Vec::new())));
            let found = with_context(&host, observe).unwrap();
            assert_eq!((found.facts.len(), found.complaints.len()), (0, 1), "{file:?}");
        }
    }

    proptest! {
        #[test]
        fn hostile_files_stay_bounded(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let (found, _) = frames(&bytes, "eth0");
            prop_assert!(found.len() <= FRAMES_MAX);
            let (found, _) = frames(&with_length(&bytes), "eth0");
            prop_assert!(found.len() <= 1);
        }
    }
}
