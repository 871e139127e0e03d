use proptest::prelude::*;

use super::*;
use crate::sources::packed::tests::packed;
use crate::sources::testing::{MapHost, with_context};

const CACHE: &str = "/var/cache/dnf/updates-0123456789abcdef/repodata/abc-updateinfo.xml";

/// Constructed from the form of createrepo_c and of Red Hat's own notices.
fn notice(id: &str, kind: &str, severity: &str, packages: &str) -> String {
    format!(
        "  <update from=\"x@example.org\" status=\"final\" type=\"{kind}\" version=\"2\">\n    <id>{id}</id>\n\
         <title>A &lt;title&gt;</title><issued date=\"2026-01-02\"/><severity>{severity}</severity>\n\
         <description>text &amp; <![CDATA[<package name=\"bash\"/>]]></description>\n\
         <references><reference href=\"x\" id=\"CVE-2026-1\" type=\"cve\"/></references>\n\
         <pkglist><collection short=\"a\"><name>b</name>{packages}</collection></pkglist>\n  </update>\n"
    )
}

fn package(name: &str, version: &str, release: &str, architecture: &str) -> String {
    format!(
        "<package name=\"{name}\" version=\"{version}\" release=\"{release}\" epoch=\"0\" arch=\"{architecture}\" \
         src=\"{name}.src.rpm\"><filename>{name}.rpm</filename><sum type=\"sha256\">00</sum></package>"
    )
}

fn document(notices: &[String]) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<updates>\n{}</updates>\n",
        notices.concat()
    )
}

/// A machine with the real database of `sources/rpm`, which holds three packages.
fn machine() -> MapHost {
    let database = include_bytes!("../../rpm/samples/rpmdb.sqlite.zst");
    let database = zstd::decode_all(&database[..]).unwrap();
    MapHost::new().file("/usr/lib/sysimage/rpm/rpmdb.sqlite", database)
}

fn installed() -> Vec<InstalledPackage> {
    let host = machine();
    Database::find(&host).unwrap().packages(&host).unwrap().0
}

fn with_notices(host: MapHost, path: &str, notices: &[String]) -> MapHost {
    let [gzip, ..] = packed(document(notices).as_bytes());
    host.file(&format!("{path}{}", gzip.0), gzip.1)
}

fn check(host: &MapHost) -> Vec<String> {
    let found = with_context(host, observe).unwrap();
    assert_eq!((found.complaints, found.gaps), (vec![], vec![]));
    let line = |it: &Fact| {
        let Fact::MissingUpdate(it) = it else { panic!("{it:?}") };
        let (advisory, severity) = (it.advisory.as_deref(), it.severity.as_deref());
        let origin = it.origin.as_deref().unwrap_or_default();
        let words = [advisory, severity].map(|it| it.unwrap_or("-")).join(" ");
        format!("{} {} {words} {:?} {origin}", it.name, it.offered_version, it.is_security)
    };
    let mut lines: Vec<String> = found.facts.iter().map(line).collect();
    lines.sort();
    lines
}

/// Name, architecture and version of an installed package without an epoch, so that a large number is newer.
fn known() -> (String, String, String) {
    let first = installed()
        .into_iter()
        .find(|it| it.architecture.is_some() && !it.version.contains(':'))
        .unwrap();
    (first.name, first.architecture.unwrap(), first.version)
}

#[test]
fn what_is_noticed_and_not_installed_is_missing() {
    let (name, architecture, _) = known();
    let new = |version: &str, architecture: &str| package(&name, version, "1", architecture);
    let notices = [
        notice("A-1", "security", "Important", &new("9000", &architecture)),
        notice("A-2", "bugfix", "None", &new("9001", &architecture)),
        notice("A-3", "security", "Low", &new("9002", "s390")),
        notice("A-4", "security", "Low", &package("absent", "2", "1", &architecture)),
        notice("A-5", "security", "Low", &new("0", &architecture)),
    ];
    let host = with_notices(machine(), CACHE, &notices);
    assert_eq!(check(&host), [format!("{name} 9001-1 A-1 Important Some(true) updates")]);
}

#[test]
fn each_manager_keeps_its_lists_elsewhere() {
    let (name, architecture, _) = known();
    let notices = [notice("A-1", "bugfix", "", &package(&name, "9000", "1", &architecture))];
    for (path, origin) in [
        ("/var/cache/libdnf5/updates-0123456789abcdef/repodata/abc-updateinfo.xml", "updates"),
        ("/var/cache/yum/x86_64/7/base/abc-updateinfo.xml", "base"),
        ("/var/cache/zypp/raw/repo-update/repodata/abc-updateinfo.xml", "repo-update"),
    ] {
        let host = with_notices(machine(), path, &notices);
        assert_eq!(check(&host), [format!("{name} 9000-1 A-1 - Some(false) {origin}")]);
    }
}

#[test]
fn a_repository_that_is_off_and_a_stream_that_is_not_used_do_not_count() {
    let (name, architecture, _) = known();
    let of_module = format!(
        "<module name=\"m\" stream=\"2\" version=\"1\" context=\"a\" arch=\"x\"/>{}",
        package(&name, "9000", "1", &architecture)
    );
    let notices = [notice("A-1", "security", "Low", &of_module)];
    let host = with_notices(machine(), CACHE, &notices);
    assert_eq!(check(&host), [""; 0]);
    let module = |stream: &str| format!("[m]\nname=m\nstream={stream}\nprofiles=\nstate=enabled\n");
    let host = host.file("/etc/dnf/modules.d/m.module", module("1"));
    assert_eq!(check(&host), [""; 0]);
    let host = host.file("/etc/dnf/modules.d/m.module", module("2"));
    assert_eq!(check(&host).len(), 1);
    let off = "[other]\nenabled=1\n[updates]\nname=Updates\nenabled=0\n";
    let reason = with_context(&host.file("/etc/yum.repos.d/a.repo", off), observe).unwrap_err();
    assert!(matches!(reason, Absent::NotHere { .. }));
}

#[test]
fn a_notice_across_two_pieces_is_one() {
    let (name, architecture, _) = known();
    let piece = PIECE_BYTES;
    for shift in (0..700).step_by(7) {
        let filler = "y".repeat(piece - 900 + shift);
        let notices = [
            notice("A-0", "bugfix", &filler, ""),
            notice("A-1", "security", "Low", &package(&name, "9000", "1", &architecture)),
        ];
        let text = document(&notices);
        let mut seen = Vec::new();
        each(&mut text.as_bytes(), &mut |it| seen.push(it)).unwrap();
        let ids: Vec<&str> = seen.iter().map(|it| &*it.id).collect();
        assert_eq!(ids, ["A-0", "A-1"], "{shift}");
        assert_eq!(seen[1].packages.len(), 1, "{shift}");
    }
}

#[test]
fn a_notice_without_an_end_and_a_broken_file_are_told() {
    let endless = format!("<update type=\"x\">{}", "y".repeat(NOTICE_BYTES_MAX + 600_000));
    let told = each(&mut endless.as_bytes(), &mut |_| {});
    assert_eq!(told, Err("a notice is too long".to_owned()));
    let host = machine().file(&format!("{CACHE}.gz"), "nonsense");
    let found = with_context(&host, observe).unwrap();
    assert_eq!((found.facts.len(), found.complaints.len()), (0, 1));
    let host = machine().file(&format!("{CACHE}.bz2"), "");
    assert_eq!(with_context(&host, observe).unwrap().gaps.len(), 1);
}

#[test]
fn a_machine_without_such_lists_is_not_here() {
    let reason = with_context(&machine(), observe).unwrap_err();
    assert!(matches!(reason, Absent::NotHere { .. }));
}

#[test]
fn packages_of_texts_are_none() {
    let notice = Notice::parse(&notice("A", "x", "s", "")).unwrap();
    assert_eq!((notice.packages.len(), notice.severity.as_deref()), (0, Some("s")));
    assert_eq!(Notice::parse("<update type=\"x\"></update>"), None);
}

proptest! {
    #[test]
    fn hostile_documents_never_panic(text in "(<(update|package|module|id|severity)( name=\"?a\"?)?/?>|</update>|\\PC){0,30}") {
        let whole = format!("<update {text}");
        let _ = Notice::parse(&whole);
        let _ = each(&mut whole.as_bytes(), &mut |_| {});
        let _ = each(&mut text.as_bytes(), &mut |_| {});
    }
}
