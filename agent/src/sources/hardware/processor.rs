//! Processors with their microcode, from `/proc/cpuinfo` and the topology in sysfs.

use std::collections::{BTreeMap, BTreeSet};

use observation::latest::{
    Absent, Cadence, Fact, Firmware, FirmwareComponent, Gap, Platform, Processor, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Processors with their microcode.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.processor"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const CPUINFO_PATH: &str = "/proc/cpuinfo";
const CPU_FOLDER: &str = "/sys/devices/system/cpu";
/// Hypervisors that hide the revision let the kernel read one of these.
const MICROCODE_UNKNOWN: [&str; 2] = ["0x0", "0xffffffff"];

/// One hardware thread, as one block of cpuinfo describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Thread {
    number: Option<u32>,
    model: Option<String>,
    vendor: Option<String>,
    microcode: Option<String>,
    package: Option<u32>,
    core: Option<u32>,
}

/// What threads of one kind of processor have in common.
type Kind = (Option<String>, Option<String>, Option<String>);

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let text = context.host.text(CPUINFO_PATH)?;
    let mut threads = parse(&text);
    for thread in &mut threads {
        complete(context.host, thread);
    }
    let mut kinds: BTreeMap<Kind, Vec<Thread>> = BTreeMap::new();
    for thread in threads {
        let kind = (thread.vendor.clone(), thread.model.clone(), thread.microcode.clone());
        kinds.entry(kind).or_default().push(thread);
    }
    if kinds.is_empty() {
        return Err(Absent::Failed {
            doing: format!("reading {CPUINFO_PATH}"),
            cause: "it describes no processor".to_owned(),
        });
    }
    // What sysinfo counts is the whole machine's, so it serves only where there is one kind.
    let cores_of_all =
        if kinds.len() == 1 { context.host.figures().ok().and_then(|it| it.cores) } else { None };
    let mut found = Found::default();
    for ((vendor, model, microcode), threads) in kinds {
        let processor = Processor {
            sockets: count(&threads, |it| it.package),
            cores: count(&threads, |it| Some((it.package?, it.core?))).or(cores_of_all),
            threads: u32::try_from(threads.len()).ok(),
            model,
            vendor,
            microcode,
        };
        push(&mut found, processor);
    }
    Ok(found)
}

fn push(found: &mut Found, processor: Processor) {
    match &processor.microcode {
        Some(version) => found.facts.push(Fact::Firmware(Firmware {
            component: FirmwareComponent::Microcode,
            device: None,
            vendor: processor.vendor.clone(),
            version: Some(version.clone()),
            revision: None,
            released_on: None,
        })),
        None => found.gaps.push(Gap {
            field: "processor.microcode".to_owned(),
            of: processor.model.clone(),
            reason: Absent::NotHere { looked_at: CPUINFO_PATH.to_owned() },
        }),
    }
    found.facts.push(Fact::Processor(processor));
}

/// How many different values there are; none unless every thread has one.
fn count<T: Ord>(threads: &[Thread], value: impl Fn(&Thread) -> Option<T>) -> Option<u32> {
    let values: Option<BTreeSet<T>> = threads.iter().map(value).collect();
    u32::try_from(values?.len()).ok()
}

/// What cpuinfo leaves out on some architectures stands in sysfs.
fn complete(host: &dyn Host, thread: &mut Thread) {
    let Some(number) = thread.number else { return };
    let id = |name: &str| {
        // -1 is the kernel's word for unknown and is no u32.
        host.line(&format!("{CPU_FOLDER}/cpu{number}/topology/{name}"))?.parse().ok()
    };
    if thread.package.is_none() {
        thread.package = id("physical_package_id");
    }
    if thread.core.is_none() {
        thread.core = id("core_id");
    }
}

fn parse(text: &str) -> Vec<Thread> {
    let mut threads = Vec::new();
    // Some architectures name the model once, behind the last thread.
    let mut common_model = None;
    for block in text.split("\n\n") {
        let mut thread = Thread::default();
        for line in block.lines() {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = printable(value);
            let value = (!value.is_empty()).then_some(value);
            match name.trim() {
                "processor" => thread.number = value.and_then(|it| it.parse().ok()),
                "vendor_id" | "CPU implementer" => thread.vendor = value,
                "model name" | "cpu" => thread.model = value,
                "Hardware" => common_model = value,
                "microcode" => {
                    thread.microcode = value.filter(|it| !MICROCODE_UNKNOWN.contains(&&**it));
                }
                "physical id" => thread.package = value.and_then(|it| it.parse().ok()),
                "core id" => thread.core = value.and_then(|it| it.parse().ok()),
                _ => {}
            }
        }
        if thread.number.is_some() {
            threads.push(thread);
        }
    }
    for thread in threads.iter_mut().filter(|it| it.model.is_none()) {
        thread.model.clone_from(&common_model);
    }
    threads
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::{Figures, Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    fn x86(number: u32, package: u32, core: u32, microcode: &str) -> String {
        format!(
            "processor\t: {number}\nvendor_id\t: GenuineIntel\n\
             model name\t: Intel(R) Xeon(R) CPU E5-2640 v4 @ 2.40GHz\n\
             microcode\t: {microcode}\nphysical id\t: {package}\ncore id\t\t: {core}\n\n"
        )
    }

    fn processors(found: &Found) -> Vec<&Processor> {
        let facts = found.facts.iter();
        facts.filter_map(|it| if let Fact::Processor(it) = it { Some(it) } else { None }).collect()
    }

    fn check(cpuinfo: &str) -> Found {
        with_context(&MapHost::new().file(CPUINFO_PATH, cpuinfo), observe).unwrap()
    }

    #[test]
    fn threads_are_counted_into_cores_and_sockets() {
        let mut text = String::new();
        for number in 0..8 {
            text.push_str(&x86(number, number / 4, number % 2, "0xb000040"));
        }
        let found = check(&text);
        let [processor] = processors(&found)[..] else { panic!("{found:?}") };
        assert_eq!(processor.sockets, Some(2));
        assert_eq!(processor.cores, Some(4));
        assert_eq!(processor.threads, Some(8));
        assert_eq!(processor.microcode.as_deref(), Some("0xb000040"));
        assert_eq!(found.gaps, []);
        let is_firmware = |it: &Fact| matches!(it, Fact::Firmware(it) if it.version.as_deref() == Some("0xb000040"));
        assert!(found.facts.iter().any(is_firmware));
    }

    #[test]
    fn two_revisions_of_microcode_are_two_statements() {
        let found = check(&(x86(0, 0, 0, "0x1") + &x86(1, 1, 0, "0x2")));
        assert_eq!(processors(&found).len(), 2);
    }

    #[test]
    fn a_hypervisor_that_hides_the_microcode_leaves_a_gap() {
        let found = check(&x86(0, 0, 0, "0xffffffff"));
        assert_eq!(processors(&found)[0].microcode, None);
        assert_eq!(found.gaps[0].field, "processor.microcode");
    }

    #[test]
    fn without_topology_sockets_are_unknown_and_cores_come_from_sysinfo() {
        let figures = Figures { memory_bytes: None, started_seconds: None, cores: Some(4) };
        let text = "processor\t: 0\nCPU implementer\t: 0x41\n\nprocessor\t: 1\n\
                    CPU implementer\t: 0x41\n\nHardware\t: BCM2835\n";
        let host = MapHost::new()
            .file(CPUINFO_PATH, text)
            .file("/sys/devices/system/cpu/cpu0/topology/physical_package_id", "-1\n")
            .answer(Request::Figures, Ok(Reply::Figures(figures)));
        let found = with_context(&host, observe).unwrap();
        let processor = processors(&found)[0];
        assert_eq!(
            (processor.sockets, processor.cores, processor.threads),
            (None, Some(4), Some(2))
        );
        assert_eq!(processor.model.as_deref(), Some("BCM2835"));
    }

    #[test]
    fn topology_of_sysfs_fills_what_cpuinfo_leaves_out() {
        let mut host = MapHost::new().file(CPUINFO_PATH, "processor : 0\n\nprocessor : 1\n");
        for number in 0..2 {
            let folder = format!("{CPU_FOLDER}/cpu{number}/topology");
            host = host
                .file(&format!("{folder}/physical_package_id"), "0\n")
                .file(&format!("{folder}/core_id"), format!("{number}\n"));
        }
        let found = with_context(&host, observe).unwrap();
        assert_eq!(
            (processors(&found)[0].sockets, processors(&found)[0].cores),
            (Some(1), Some(2))
        );
    }

    #[test]
    fn a_text_without_processor_fails_and_is_not_an_empty_list() {
        let host = MapHost::new().file(CPUINFO_PATH, "flags\t: fpu\n");
        assert!(matches!(with_context(&host, observe), Err(Absent::Failed { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(processor|microcode|core id|:|\\PC|\n){0,64}") {
            let _ = parse(&text);
        }
    }
}
