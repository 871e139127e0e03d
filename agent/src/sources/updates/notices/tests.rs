use proptest::prelude::*;

use super::document::Package;
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

/// Real: written by createrepo_c 0.17.3 of Debian 12 from notices of our own.
const WRITTEN: &str = include_str!("../samples/updateinfo.xml");

fn notices(text: &str) -> Vec<Notice> {
    let mut seen = Vec::new();
    each(&mut text.as_bytes(), &mut |it| seen.push(it)).unwrap();
    seen
}

#[test]
fn what_createrepo_writes_is_read() {
    let said = notices(WRITTEN).into_iter().map(|it| {
        let packages = it.packages.into_iter().map(|it| {
            let module = it.module.map(|(name, stream)| format!(" of {name}:{stream}"));
            format!("{} {} {}{}", it.name, it.version, it.architecture, module.unwrap_or_default())
        });
        let severity = it.severity.unwrap_or_else(|| "-".to_owned());
        format!("{} {} {severity}: {}", it.id, it.kind, packages.collect::<Vec<_>>().join(", "))
    });
    let expected = [
        "EX-2026:0001 security Important: openssl 1:3.0.7-25.el9 x86_64, \
         openssl-libs 1:3.0.7-25.el9 x86_64, openssl-libs 1:3.0.7-25.el9 i686",
        "EX-2026:0002 bugfix None: bash 5.1.8-9.el9 x86_64",
        "EX-2026:0003 security Moderate: nodejs 1:18.19.1-1.module x86_64 of nodejs:18",
        "EX-2026:0004 newpackage -: ",
    ];
    assert_eq!(said.collect::<Vec<_>>(), expected);
}

#[test]
fn a_document_that_is_cut_anywhere_names_only_what_stood_in_it() {
    let whole = notices(WRITTEN);
    for (at, _) in WRITTEN.char_indices().step_by(13) {
        let cut = notices(&WRITTEN[..at]);
        assert!(cut.len() <= whole.len(), "{at}");
        for (one, expected) in cut.iter().zip(&whole) {
            // The last one may be a part.
            assert!(expected.id.starts_with(&one.id), "{at}: {one:?}");
            assert!(expected.packages.starts_with(&one.packages), "{at}: {one:?}");
        }
    }
}

#[test]
fn lists_are_read_however_they_are_packed() {
    let (name, architecture, _) = known();
    let text =
        document(&[notice("A-1", "security", "Low", &package(&name, "9000", "1", &architecture))]);
    for (ending, bytes) in packed(text.as_bytes()) {
        let host = machine().file(&format!("{CACHE}{ending}"), bytes);
        assert_eq!(check(&host), [format!("{name} 9000-1 A-1 Low Some(true) updates")], "{ending}");
    }
}

#[test]
fn folders_that_are_none_of_a_repository_are_passed_over() {
    let text = document(&[notice("A-1", "security", "Low", "")]);
    let [gzip, ..] = packed(text.as_bytes());
    for path in [
        "/var/cache/dnf/updates/repodata/a-updateinfo.xml.gz",
        "/var/cache/dnf/updates-0123456789abcdeg/repodata/a-updateinfo.xml.gz",
        "/var/cache/dnf/updates-0123/repodata/a-updateinfo.xml.gz",
        "/var/cache/dnf/updates-0123456789abcdef/a-updateinfo.xml.gz",
        "/var/cache/dnf/updates-0123456789abcdef/repodata/primary.xml.gz",
    ] {
        let reason = with_context(&machine().file(path, &gzip.1), observe).unwrap_err();
        assert!(matches!(reason, Absent::NotHere { .. }), "{path}");
    }
}

#[test]
fn a_repository_is_off_by_each_word_for_it() {
    for (value, is_off) in
        [("0", true), ("no", true), ("false", true), ("off", true), ("1", false), ("yes", false)]
    {
        for folder in REPOSITORIES {
            let text = format!("[main]\nx=0\n[updates]\nname=x\nenabled={value}\n");
            let host = MapHost::new().file(&format!("{folder}/a.repo"), &text);
            let host = host.file(&format!("{folder}/b.repo.rpmsave"), "[other]\nenabled=0\n");
            let expected: HashSet<String> =
                is_off.then(|| "updates".to_owned()).into_iter().collect();
            assert_eq!(turned_off(&host), expected, "{folder} {value}");
        }
    }
}

#[test]
fn only_streams_that_are_enabled_count() {
    let host = MapHost::new()
        .file("/etc/dnf/modules.d/a.module", "[a]\nstate=enabled\nstream=1\n")
        .file("/etc/dnf/modules.d/b.module", "[b]\nstate=disabled\nstream=2\n")
        .file("/etc/dnf/modules.d/c.module", "[c]\nstate=enabled\n");
    assert_eq!(streams(&host), HashMap::from([("a".to_owned(), "1".to_owned())]));
}

fn installed_as(versions: &[(&str, &str)]) -> Vec<InstalledPackage> {
    let one = installed().remove(0);
    let of = |(version, architecture): &(&str, &str)| InstalledPackage {
        name: "p".to_owned(),
        version: (*version).to_owned(),
        architecture: Some((*architecture).to_owned()),
        ..one.clone()
    };
    versions.iter().map(of).collect()
}

/// Kind, number and version of notices, all for x86_64; what is missing after them.
fn offered(installed: &[(&str, &str)], all: &[(&str, &str, &str)]) -> Vec<String> {
    let packages = installed_as(installed);
    let mut offers = Offers::new(&packages, HashMap::new());
    for (kind, id, version) in all {
        let package = Package {
            name: "p".to_owned(),
            architecture: "x86_64".to_owned(),
            version: (*version).to_owned(),
            module: None,
        };
        let (id, kind) = ((*id).to_owned(), (*kind).to_owned());
        let notice = Notice { id, kind, severity: None, packages: vec![package] };
        offers.take(&notice, &format!("of-{version}"));
    }
    let line = |it: MissingUpdate| {
        let security = if it.is_security == Some(true) { "security" } else { "other" };
        let (origin, advisory) = (it.origin.unwrap(), it.advisory.unwrap());
        format!("{} -> {} {origin} {advisory} {security}", it.installed_version, it.offered_version)
    };
    offers.missing().map(line).collect()
}

#[test]
fn of_several_notices_the_newest_about_security_is_told_and_the_newest_version_offered() {
    const ONE: &[(&str, &str)] = &[("1-1", "x86_64")];
    let turned = |all: &[(&'static str, &'static str, &'static str)]| {
        let mut turned = all.to_vec();
        turned.reverse();
        turned
    };
    for (all, expected) in [
        (
            vec![("security", "S2", "2-1"), ("security", "S3", "3-1")],
            "1-1 -> 3-1 of-3-1 S3 security",
        ),
        (vec![("bugfix", "B4", "4-1"), ("security", "S2", "2-1")], "1-1 -> 4-1 of-4-1 S2 security"),
        (vec![("bugfix", "B2", "2-1"), ("enhancement", "E3", "3-1")], "1-1 -> 3-1 of-3-1 E3 other"),
        (
            vec![("security", "S9", "1:0-1"), ("security", "S3", "3-1")],
            "1-1 -> 1:0-1 of-1:0-1 S9 security",
        ),
        (
            vec![("bugfix", "B1", "1-1.1"), ("security", "S0", "0-9")],
            "1-1 -> 1-1.1 of-1-1.1 B1 other",
        ),
    ] {
        assert_eq!(offered(ONE, &all), [expected]);
        assert_eq!(offered(ONE, &turned(&all)), [expected], "the order of notices does not matter");
    }
    for older in ["1-1", "0-1", "1-0", "0:1-1"] {
        assert_eq!(offered(ONE, &[("security", "S", older)]), [""; 0], "{older}");
    }
}

#[test]
fn of_kernels_that_stay_installed_the_newest_counts_and_architectures_are_apart() {
    let kernels = [("3-1", "x86_64"), ("1-1", "x86_64")];
    assert_eq!(offered(&kernels, &[("security", "S", "2-1")]), [""; 0]);
    assert_eq!(offered(&kernels, &[("security", "S", "4-1")]), ["3-1 -> 4-1 of-4-1 S security"]);
    let both = [("1-1", "i686"), ("2-1", "x86_64")];
    assert_eq!(offered(&both, &[("security", "S", "2-1")]), [""; 0]);
    assert_eq!(offered(&both, &[("security", "S", "3-1")]), ["2-1 -> 3-1 of-3-1 S security"]);
}

#[test]
fn a_package_needs_name_version_release_and_architecture() {
    let parse = |package: &str| {
        let text = format!("<update type='a'><id>X</id>{package}</update>");
        Notice::parse(&text).unwrap().packages
    };
    let whole = "<package name='a&amp;b' version='1' release='2' epoch='3' arch='noarch'/>";
    let expected = Package {
        name: "a&b".to_owned(),
        architecture: "noarch".to_owned(),
        version: "3:1-2".to_owned(),
        module: None,
    };
    assert_eq!(parse(whole), [expected]);
    for missing in ["name='a&amp;b'", "version='1'", "release='2'", "arch='noarch'"] {
        assert_eq!(parse(&whole.replace(missing, "")), [], "{missing}");
    }
    assert_eq!(parse(&whole.replace(" epoch='3'", ""))[0].version, "1-2");
    assert_eq!(parse(&whole.replace("&amp;", "&unknown;")), [], "an entity that nobody knows");
}

#[test]
fn a_module_holds_for_its_collection_alone() {
    let package = "<package name='p' version='1' release='1' arch='x'/>";
    let text = format!(
        "<update><id>X</id><pkglist><collection><module name='m' stream='1'/>{package}</collection>\
         <collection>{package}</collection></pkglist></update>"
    );
    let modules: Vec<bool> =
        Notice::parse(&text).unwrap().packages.iter().map(|it| it.module.is_some()).collect();
    assert_eq!(modules, [true, false]);
}

#[test]
fn the_number_of_a_notice_is_the_first_and_what_follows_its_end_is_not_of_it() {
    let text = "<update type='a'><id> ONE </id><references><reference id='TWO'/></references><id>THREE</id>\
        <severity>  </severity></update><update><id>FOUR</id></update>";
    let notice = Notice::parse(text).unwrap();
    assert_eq!((&*notice.id, &*notice.kind, notice.severity), ("ONE", "a", None));
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
