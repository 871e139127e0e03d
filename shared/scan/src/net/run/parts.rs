//! Cuts what was found into parts that fit through the pipe and the collector's door.

use std::io;

use observation::latest::Outcome;
use observation::latest::scan::TargetReport;
use observation::limits::SECTION_BODY_BYTES_MAX;

use super::sections::failed;

/// Hosts whose results travel together.
const PART_TARGETS_MAX: usize = 512;
/// Most bytes of the hosts of one part. A line of the pipe takes four times as much.
const PART_BYTES_MAX: usize = SECTION_BODY_BYTES_MAX;
/// Most bytes of one host: as much as the collector takes, less the frame around it.
const TARGET_BYTES_MAX: usize = SECTION_BODY_BYTES_MAX - 64 * 1024;

/// The parts, in the order of the hosts.
pub(super) fn split(targets: impl Iterator<Item = TargetReport>) -> Vec<Vec<TargetReport>> {
    let mut parts: Vec<Vec<TargetReport>> = Vec::new();
    let mut bytes = 0;
    for target in targets {
        let (target, size) = bounded(target, TARGET_BYTES_MAX);
        bytes += size;
        match parts.last_mut() {
            Some(last) if last.len() < PART_TARGETS_MAX && bytes <= PART_BYTES_MAX => {
                last.push(target);
            }
            Some(_) | None => {
                parts.push(vec![target]);
                bytes = size;
            }
        }
    }
    parts
}

/// A target of at most so many bytes, and its size. The largest sections give way to the reason why they
/// are not there.
fn bounded(mut target: TargetReport, bytes_max: usize) -> (TargetReport, usize) {
    let mut sizes: Vec<usize> = target.sections.iter().map(json_bytes).collect();
    let mut total: usize = sizes.iter().sum();
    while total > bytes_max {
        let largest = sizes.iter_mut().zip(&mut target.sections).max_by_key(|it| *it.0);
        let Some((size, section)) = largest.filter(|it| *it.0 > 0) else { break };
        let reason = failed("telling what was found", "it is more than a report may hold");
        section.body.outcome = Outcome::Absent { reason };
        total -= std::mem::take(size);
    }
    (target, total)
}

fn json_bytes(value: &impl serde::Serialize) -> usize {
    let mut count = Count(0);
    // Nothing fails that writes to a counter.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::{Cadence, Fact, OpenPort, Section, SectionBody, SourceId, Transport};

    use super::*;

    fn section(source: &str, ports: u16) -> Section {
        let fact = |port| Fact::OpenPort(OpenPort { transport: Transport::Tcp, port });
        let facts = (0..ports).map(fact).collect();
        let outcome = Outcome::Read { facts, gaps: Vec::new(), complaints: Vec::new() };
        Section {
            observed_at: jiff::Timestamp::UNIX_EPOCH,
            duration_ms: 0,
            cadence: Cadence::Steady,
            body: SectionBody { source: SourceId::new(source.to_owned()), outcome },
        }
    }

    fn target(last: u8, ports: u16) -> TargetReport {
        let sections = vec![section("scan.arp", 1), section("scan.ports", ports)];
        TargetReport { address: [10, 0, 0, last].into(), sections }
    }

    #[test]
    fn what_is_large_travels_alone_and_nothing_is_lost() {
        // Some 4 MB each: four fit into a part.
        let targets: Vec<TargetReport> = (0..9).map(|it| target(it, u16::MAX)).collect();
        let parts = split(targets.clone().into_iter());
        assert!(parts.len() > 1);
        for part in &parts {
            assert!(part.iter().map(json_bytes).sum::<usize>() <= PART_BYTES_MAX + 1024);
        }
        assert_eq!(parts.concat(), targets);
    }

    #[test]
    fn many_small_ones_travel_together_up_to_a_number() {
        let targets = (0..1_025).map(|_| target(1, 1));
        let sizes: Vec<usize> = split(targets).iter().map(Vec::len).collect();
        assert_eq!(sizes, [512, 512, 1]);
    }

    #[test]
    fn a_host_that_is_too_large_loses_its_largest_section_and_says_so() {
        let (small, size) = bounded(target(1, 5_000), 10_000);
        assert!(size <= 10_000);
        assert!(matches!(small.sections[0].body.outcome, Outcome::Read { .. }));
        assert!(matches!(small.sections[1].body.outcome, Outcome::Absent { .. }));
    }
}
