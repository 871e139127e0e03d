//! A host that is looked at from an empty folder to an answer of its collector.

use std::path::Path;

use jiff::Timestamp;
use observation::latest::ReportNumber;
use observation::latest::protocol::{HelloAnswer, ProblemCode};
use pki::{Authority, TlsFailure};
use wording::Language;

use super::checks::{check, of_answer};
use super::*;
use crate::clock::{Clock, SystemClock};
use crate::data_dir::DataDir;
use crate::data_dir::tests::enrolment;
use crate::deliver::DeliverError;
use crate::deliver::network::NetworkError;
use crate::spool::tests::report;

fn now() -> Timestamp {
    SystemClock.now()
}

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    pki::install_provider();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn verdict(found: &[Check], id: &str) -> (Verdict, &'static str) {
    let check = found.iter().find(|it| it.id == id).unwrap();
    (check.verdict, check.key)
}

fn page(checks: Vec<Check>, sources: Vec<SourceState>) {
    let findings = Findings { checks, sources };
    for language in [Language::German, Language::English] {
        let text = findings.text(language.wording(), Some(80));
        assert!(!text.contains('⟨'), "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn a_host_without_anything_is_told_what_is_missing() {
    let found = wait_for(checks(Path::new("/nowhere/agent"), None, now()));
    assert_eq!(verdict(&found, "folder"), (Verdict::Hint, "missing"));
    assert_eq!(verdict(&found, "enrolment"), (Verdict::Bad, "missing"));
    assert_eq!(verdict(&found, "collector").0, Verdict::Open);
    page(found, Vec::new());
}

#[test]
fn the_way_to_the_collector_is_looked_at_step_by_step() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(&folder.path().join("agent")).unwrap();
    let mut kept = enrolment(&Authority::create("A", now()).unwrap(), now());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    kept.agent_address = address;
    data.keep(&kept).unwrap();
    let broken = folder.path().join("agent.toml");
    std::fs::write(&broken, "colour = 1\n").unwrap();
    let found = wait_for(checks(data.path(), Some(&broken), now()));
    assert_eq!(verdict(&found, "service"), (Verdict::Good, "running"));
    assert_eq!(verdict(&found, "config"), (Verdict::Bad, "broken"));
    assert_eq!(verdict(&found, "name"), (Verdict::Good, "known"));
    assert_eq!(verdict(&found, "port"), (Verdict::Bad, "closed"));
    assert_eq!(verdict(&found, "collector").0, Verdict::Open);
    page(found, Vec::new());
    let late = now().checked_add(jiff::SignedDuration::from_hours(24 * 100)).unwrap();
    let found = wait_for(checks(data.path(), None, late));
    assert_eq!(verdict(&found, "certificate"), (Verdict::Hint, "expired"));
    page(found, Vec::new());
}

#[test]
fn every_answer_of_a_collector_has_its_words() {
    let network =
        |failure| DeliverError::Network(NetworkError::Tls { address: "c:1".to_owned(), failure });
    let problem = |status| DeliverError::NotUnderstood {
        path: "/v1/hello",
        status,
        cause: "none".to_owned(),
    };
    let refused = DeliverError::Refused { code: ProblemCode::Revoked, title: "no".to_owned() };
    for (error, key) in [
        (network(TlsFailure::OtherAuthority), "another"),
        (network(TlsFailure::OwnCertificateExpired), "expired"),
        (problem(404), "trusted"),
        (problem(200), "failed"),
        (refused, "refused"),
    ] {
        let found = of_answer("c:1", Err(error), now());
        assert_eq!(found[0].key, key);
        page(found, Vec::new());
    }
    for key in ["clock", "not-trusted"] {
        page(vec![check("collector", Verdict::Bad, key, "c:1")], Vec::new());
    }
    for (id, key, verdict) in [
        ("space", "full", Verdict::Bad),
        ("space", "little", Verdict::Hint),
        ("space", "read-only", Verdict::Bad),
        ("space", "unknown", Verdict::Bad),
        ("folder", "open", Verdict::Bad),
        ("folder", "closed", Verdict::Bad),
        ("service", "unknown", Verdict::Bad),
        ("enrolment", "damaged", Verdict::Bad),
        ("name", "unknown", Verdict::Bad),
        ("name", "no-answer", Verdict::Bad),
        ("port", "no-answer", Verdict::Bad),
    ] {
        page(vec![check(id, verdict, key, "x")], Vec::new());
    }
    let answer = |seconds| {
        let at = now().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
        of_answer("c:1", Ok(HelloAnswer { server_time: at }), now())
    };
    assert_eq!(verdict(&answer(0), "clock"), (Verdict::Good, "agrees"));
    assert_eq!(verdict(&answer(315_360_000), "clock"), (Verdict::Hint, "off"));
    page(answer(-315_360_000), Vec::new());
}

#[test]
fn missing_rights_are_named_with_what_they_would_add() {
    let gap = |field: &str, needs| Gap {
        field: field.to_owned(),
        of: Some("x".to_owned()),
        reason: Absent::NotAllowed { what: "/x".to_owned(), needs },
    };
    let number = ReportNumber { epoch: 1, sequence: 1 };
    let mut report = report(
        number,
        &[("accounts.accounts", 1), ("services.listeners", 1), ("software.dpkg", 1), ("x.y", 1)],
    );
    let outcomes = [
        Outcome::Absent {
            reason: Absent::NotAllowed { what: "/x".to_owned(), needs: Privilege::Root },
        },
        Outcome::Read {
            facts: Vec::new(),
            gaps: vec![
                gap("listener.process", Privilege::Ptrace),
                gap("listener.process", Privilege::Ptrace),
                gap("listener.unit", Privilege::Group),
                Gap {
                    field: "setting".to_owned(),
                    of: None,
                    reason: Absent::NotAllowed {
                        what: "/proc/sys/vm/mmap_rnd_bits".to_owned(),
                        needs: Privilege::Root,
                    },
                },
            ],
            complaints: Vec::new(),
        },
        Outcome::Absent {
            reason: Absent::Failed { doing: "reading".to_owned(), cause: "broken".to_owned() },
        },
        Outcome::Absent { reason: Absent::NotHere { looked_at: "/y".to_owned() } },
    ];
    for (section, outcome) in report.sections.iter_mut().zip(outcomes) {
        section.body.outcome = outcome;
    }
    let found = sources(&report);
    let states: Vec<&str> = found.iter().map(|it| it.state).collect();
    assert_eq!(states, ["not_allowed", "limited", "failed", "not_here"]);
    assert_eq!((found[1].missing.len(), &*found[1].closed), (3, &["sysctl"][..]));
    let findings = Findings { checks: Vec::new(), sources: found.clone() };
    assert!(findings.has_failures() && !findings.has_bad());
    let text = findings.text(Language::English.wording(), Some(80));
    assert!(text.contains("mode 0600"), "{text}");
    assert!(text.contains("CAP_SYS_PTRACE") && text.contains("reading: broken"), "{text}");
    page(Vec::new(), found);
}
