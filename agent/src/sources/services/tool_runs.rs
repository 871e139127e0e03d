//! When the products of the table of places last did their work, as far as a file of this machine tells.

use jiff::Timestamp;
use observation::latest::{Absent, Cadence, Fact, Gap, Platform, ProductRun, SourceId};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::trace_table::{Run, TRACES, Trace};
use crate::sources::{Found, Source, named};

const FIELD: &str = "product_run";

/// Last runs.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.tool_runs"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    for trace in TRACES {
        let Some((pattern, run)) = trace.run else { continue };
        if let Some(reason) = closed(context.host, trace) {
            let (field, of) = (FIELD.to_owned(), Some(trace.id.to_owned()));
            found.gaps.push(Gap { field, of, reason });
            continue;
        }
        for (folder, files) in groups(context.host, pattern) {
            found
                .facts
                .extend(last(context.host, trace, run, &folder, &files).map(Fact::ProductRun));
        }
    }
    Ok(found)
}

fn closed(host: &dyn Host, trace: &Trace) -> Option<Absent> {
    let status = |it: &&str| host.status(it).err();
    trace.places.iter().find_map(status).filter(|it| matches!(it, Absent::NotAllowed { .. }))
}

/// Files by the folder that a first `*` stands for: one repository, one group.
fn groups(host: &dyn Host, pattern: &str) -> Vec<(String, Vec<String>)> {
    match pattern.split_once("/*/") {
        Some((before, after)) => {
            let folders = named::files(host, &format!("{before}/*"));
            folders
                .into_iter()
                .map(|it| (it.clone(), named::files(host, &format!("{it}/{after}"))))
                .collect()
        }
        None => vec![(pattern.to_owned(), named::files(host, pattern))],
    }
}

fn last(
    host: &dyn Host,
    trace: &Trace,
    run: Run,
    place: &str,
    files: &[String],
) -> Option<ProductRun> {
    let written = || {
        let times = files.iter().filter_map(|it| host.status(it).ok());
        times.map(|it| it.modified_seconds).max().and_then(|it| Timestamp::from_second(it).ok())
    };
    let texts = || files.iter().filter_map(|it| host.text(it).ok());
    let (success, data) = match run {
        Run::DataWritten => (None, written()),
        Run::SuccessWritten => (written(), None),
        Run::SuccessTime => (texts().filter_map(|it| time(&it)).max(), None),
        Run::SuccessNamed => (files.iter().filter_map(|it| time_in_name(it)).max(), None),
        Run::PuppetSummary => {
            let summary = texts().next().as_deref().and_then(puppet)?;
            (summary.0.then_some(summary.1), Some(summary.1))
        }
    };
    let is_told = success.is_some() || data.is_some();
    is_told.then(|| ProductRun {
        trace: trace.id.to_owned(),
        place: place.to_owned(),
        last_success_at: success,
        data_as_of: data,
    })
}

/// `2026-11-27T20:00:00.000000`, in UTC.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| format!("{text}Z").parse().ok())
}

/// `duplicity-full.20261127T200000Z.manifest.gpg`; of two times the later is the end.
fn time_in_name(path: &str) -> Option<Timestamp> {
    let parts = named::base_name(path).split('.');
    parts
        .filter_map(|it| if it.len() == 16 && it.ends_with('Z') { it.parse().ok() } else { None })
        .max()
}

/// Whether nothing failed, and when it was: `resources: … failed: 0`, `time: … last_run: 1700000000`.
fn puppet(text: &str) -> Option<(bool, Timestamp)> {
    let number = |name: &str| -> Option<i64> {
        let mut lines = text.lines().filter_map(|it| it.trim().split_once(':'));
        lines.find(|it| it.0 == name)?.1.trim().trim_matches('"').parse().ok()
    };
    let at = Timestamp::from_second(number("last_run")?).ok()?;
    Some((number("failed") == Some(0) && number("failure").is_none_or(|it| it == 0), at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::{PathStatus, Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    fn runs(host: &MapHost) -> Vec<ProductRun> {
        let found = with_context(host, observe).unwrap();
        let runs = found.facts.into_iter().map(|it| {
            let Fact::ProductRun(it) = it else { panic!("{it:?}") };
            it
        });
        runs.collect()
    }

    #[test]
    fn each_repository_tells_its_own_last_run() {
        let base = "/root/.config/borg/security";
        let host = MapHost::new()
            .file(&format!("{base}/aa/manifest-timestamp"), "2026-11-27T20:00:00.000000")
            .file(&format!("{base}/bb/manifest-timestamp"), "junk")
            .file("/root/.cache/duplicity/x/duplicity-full.20261120T010203Z.manifest.gpg", "")
            .file("/root/.cache/duplicity/x/duplicity-inc.20261120T010203Z.to.20261121T010203Z.manifest", "");
        let runs = runs(&host);
        assert_eq!(runs.len(), 2, "{runs:?}");
        assert_eq!(runs[0].last_success_at, "2026-11-27T20:00:00Z".parse().ok());
        assert_eq!(runs[0].place, format!("{base}/aa"));
        assert_eq!(runs[1].last_success_at, "2026-11-21T01:02:03Z".parse().ok());
    }

    #[test]
    fn age_of_signatures_is_that_of_their_file() {
        let path = "/var/lib/clamav/daily.cld".to_owned();
        let status = PathStatus {
            is_folder: false,
            is_executable: false,
            size_bytes: 1,
            owner: 0,
            modified_seconds: 1_795_800_000,
            changed_nanoseconds: 0,
        };
        let host = MapHost::new()
            .file(&path, "")
            .answer(Request::Status { path }, Ok(Reply::Status(status)));
        let [run] = &*runs(&host) else { panic!() };
        assert_eq!(
            (run.last_success_at, run.data_as_of.unwrap().as_second()),
            (None, 1_795_800_000)
        );
    }

    #[test]
    fn a_run_of_puppet_that_failed_is_no_success() {
        let text = "---\nversion:\n  config: 1\n  puppet: \"7.1\"\nresources:\n  changed: 1\n  failed: 0\ntime:\n  last_run: 1700000000\nevents:\n  failure: 0\n";
        assert!(puppet(text).unwrap().0);
        assert!(!puppet(&text.replace("failed: 0", "failed: 2")).unwrap().0);
        assert!(!puppet(&text.replace("failure: 0", "failure: 1")).unwrap().0);
        assert_eq!(puppet("x"), None);
    }

    #[test]
    fn closed_places_are_gaps() {
        let path = "/root/.cache/restic".to_owned();
        let needs = observation::latest::Privilege::Root;
        let closed = Absent::NotAllowed { what: path.clone(), needs };
        let host = MapHost::new().answer(Request::Status { path }, Err(closed));
        let gaps = with_context(&host, observe).unwrap().gaps;
        assert!(gaps.iter().any(|it| it.of.as_deref() == Some("restic")));
    }

    #[test]
    fn times_are_those_of_the_files_and_of_nothing_else() {
        let at = |text: &str| text.parse::<Timestamp>().ok();
        for (text, expected) in [
            ("2026-11-27T20:00:00.123456\n", at("2026-11-27T20:00:00.123456Z")),
            ("2026-11-27T20:00:00+02:00", at("2026-11-27T18:00:00Z")),
            ("2026-13-27T20:00:00", None),
            ("2026-11-27", None),
            ("", None),
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
        for (name, expected) in [
            (
                "/x/duplicity-inc.20261120T010203Z.to.20261121T010203Z.manifest",
                "2026-11-21T01:02:03Z",
            ),
            ("/x/duplicity-full-signatures.20261120T010203Z.sigtar.gz", "2026-11-20T01:02:03Z"),
            ("/20261120T010203Z.x/duplicity-full.manifest", ""),
            ("/x/duplicity-full.20261399T010203Z.manifest", ""),
            ("/x/duplicity-full.2026-11-20T01:02.manifest", ""),
        ] {
            assert_eq!(time_in_name(name), at(expected), "{name}");
        }
    }

    /// Constructed from `last_run_summary.yaml` of Puppet's "Report reference"; where no catalogue came, it has no
    /// resources.
    #[test]
    fn a_run_of_puppet_without_a_catalogue_is_no_success() {
        let text = "---\nversion:\n  config: \n  puppet: 7.23.0\napplication:\n  run_mode: agent\ntime:\n  total: 0.4\n  last_run: 1700000000\n";
        let (is_success, at) = puppet(text).unwrap();
        assert_eq!((is_success, at.as_second()), (false, 1_700_000_000));
        assert_eq!(puppet("resources:\n  failed: 0\n"), None, "it does not say when");
        assert_eq!(puppet("last_run: 99999999999999\nfailed: 0\n"), None, "no time of a calendar");
        let host =
            MapHost::new().file("/opt/puppetlabs/puppet/cache/state/last_run_summary.yaml", text);
        let [run] = &*runs(&host) else { panic!() };
        assert_eq!((run.last_success_at, run.data_as_of), (None, Some(at)));
    }

    proptest! {
        #[test]
        fn hostile_texts_never_panic(text in "(last_run|failed|[:0-9TZ.\n é-]){0,40}") {
            let _ = (time(&text), time_in_name(&text), puppet(&text));
        }
    }
}
