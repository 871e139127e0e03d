//! The report as a table for the person who started the run: first the machine, then its listeners
//! as chains, then what each source gave and what more rights would add.

use std::collections::BTreeSet;

use comfy_table::{ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle};
use observation::latest::written::{Outcome, Report, Section};
use observation::latest::{
    Absent, Account, AccountKind, Binding, FactText, Gap, HostName, Kernel, Listener, Memory,
    OperatingSystem, Privilege, SystemProduct, Transport, UserName,
};
use wording::{Language, Wording};

/// One rule below the headings and none between rows: a report has many of them.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .content_lines(ContentLineStyle::none());
/// The kinds of facts that are shown or counted, as the wire names them.
const ACCOUNT: &str = "account";
const CERTIFICATE: &str = "certificate";
const HOST_NAME: &str = "host_name";
const INSTALLED_PACKAGE: &str = "installed_package";
const KERNEL: &str = "kernel";
const LISTENER: &str = "listener";
const MEMORY: &str = "memory";
const OPERATING_SYSTEM: &str = "operating_system";
const SERVICE: &str = "service";
const SYSTEM_PRODUCT: &str = "system_product";
/// Bytes of a gibibyte.
const GIB: f64 = 1_073_741_824.0;

/// The table. `width` is that of the terminal; none leaves lines as long as they are.
#[must_use]
pub fn table(report: &Report, words: &Wording, width: Option<u16>) -> String {
    let page = Page { report, words, width };
    let parts = [page.machine(), page.listeners(), page.sources(), page.rights()];
    let parts: Vec<String> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    parts.join("\n\n") + "\n"
}

struct Page<'a> {
    report: &'a Report,
    words: &'a Wording,
    width: Option<u16>,
}

impl Page<'_> {
    fn machine(&self) -> String {
        let mut rows: Vec<[String; 2]> = Vec::new();
        rows.extend(self.facts().filter_map(|it| self.machine_row(it)));
        rows.sort();
        let mut rows: Vec<[String; 2]> =
            rows.into_iter().map(|[key, value]| [self.text(&key), value]).collect();
        rows.extend(self.counts());
        self.draw("agent-print-machine", None, rows)
    }

    /// Key of the label and value of the facts that tell which machine it is.
    fn machine_row(&self, fact: &FactText) -> Option<[String; 2]> {
        let (key, value) = match fact.kind()? {
            HOST_NAME => {
                let it: HostName = fact.read(HOST_NAME)?;
                let domain = it.domain.map(|it| format!(".{it}")).unwrap_or_default();
                ("agent-print-1-host", format!("{}{domain}", it.name))
            }
            SYSTEM_PRODUCT => {
                let it: SystemProduct = fact.read(SYSTEM_PRODUCT)?;
                let parts = [it.manufacturer.as_deref(), it.product.as_deref()];
                ("agent-print-2-model", joined(&parts)?)
            }
            OPERATING_SYSTEM => {
                let it: OperatingSystem = fact.read(OPERATING_SYSTEM)?;
                let name = it.pretty_name.as_deref().or(it.name.as_deref());
                ("agent-print-3-system", joined(&[name])?)
            }
            KERNEL => {
                let it: Kernel = fact.read(KERNEL)?;
                ("agent-print-4-kernel", format!("{} {} {}", it.name, it.release, it.architecture))
            }
            MEMORY => {
                let it: Memory = fact.read(MEMORY)?;
                ("agent-print-5-memory", self.gib(it.total_bytes))
            }
            _ => return None,
        };
        Some([key.to_owned(), clean(&value)])
    }

    fn counts(&self) -> Vec<[String; 2]> {
        let (mut packages, mut services, mut persons, mut certificates) = (0_u64, 0, 0, 0);
        for fact in self.facts() {
            match fact.kind() {
                Some(INSTALLED_PACKAGE) => packages += 1,
                Some(SERVICE) => services += 1,
                Some(CERTIFICATE) => certificates += 1,
                Some(ACCOUNT) => {
                    let is_person = |it: Account| it.kind == AccountKind::Person;
                    persons += u64::from(fact.read(ACCOUNT).is_some_and(is_person));
                }
                Some(_) | None => {}
            }
        }
        let counted = [
            ("agent-print-packages", "software.", packages),
            ("agent-print-services", "services.units", services),
            ("agent-print-persons", "accounts.accounts", persons),
            ("agent-print-certificates", "certificates.", certificates),
        ];
        // What no source read is not counted as none.
        let is_read = |source: &str| self.sections(source).any(|it| facts_of(it).is_some());
        // And what a source deliberately left out may be some.
        let has_gaps = |source: &str| self.sections(source).any(|it| !gaps_of(it).is_empty());
        let read = counted
            .into_iter()
            .filter(|(_, source, count)| is_read(source) && (*count > 0 || !has_gaps(source)));
        read.map(|(key, _, count)| [self.text(key), count.to_string()]).collect()
    }

    fn listeners(&self) -> String {
        let listeners = self.sections("services.listeners").filter_map(facts_of).flatten();
        let mut listeners: Vec<Listener> = listeners.filter_map(|it| it.read(LISTENER)).collect();
        listeners.sort_by_key(|it| (it.transport, it.port, it.address));
        let gaps: Vec<&Gap> = self.sections("services.listeners").flat_map(gaps_of).collect();
        let rows = listeners.iter().map(|it| self.listener_row(it, &gaps)).collect();
        let headings = ["port", "reach", "process", "unit", "package", "account"];
        self.draw("agent-print-listeners", Some(&headings), rows)
    }

    fn listener_row(&self, listener: &Listener, gaps: &[&Gap]) -> [String; 6] {
        let transport = match listener.transport {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        };
        let address = match listener.address {
            std::net::IpAddr::V4(it) => it.to_string(),
            std::net::IpAddr::V6(it) => format!("[{it}]"),
        };
        let label = format!("{transport}/{address}:{}", listener.port);
        let reach = match listener.binding {
            Binding::Loopback => self.text("agent-print-reach-loopback"),
            Binding::Address => address,
            Binding::All => self.text("agent-print-reach-all"),
        };
        let missing = |field: &str| {
            // Whoever does not know the process does not know what follows from it.
            let named = [format!("listener.{field}"), "listener.process".to_owned()];
            let speaks =
                |it: &&&Gap| it.of.as_deref() == Some(label.as_str()) && named.contains(&it.field);
            gaps.iter()
                .find(speaks)
                .map_or_else(|| self.text("agent-print-unknown"), |it| self.short(&it.reason))
        };
        let or_missing = |value: Option<String>, field: &str| {
            value.map_or_else(|| missing(field), |it| clean(&it))
        };
        let account = listener.account.as_ref().map(|it| match it {
            UserName::Clear(name) | UserName::Pseudonym(name) => name.clone(),
        });
        let package = listener.package.as_ref().map(|it| format!("{} {}", it.name, it.version));
        let container = listener.container.as_ref();
        let unit = container.map(|it| format!("{} {:.12}", it.runtime, it.id));
        [
            format!("{transport} {}", listener.port),
            reach,
            or_missing(listener.process.clone(), "process"),
            or_missing(unit.or_else(|| listener.unit.clone()), "unit"),
            or_missing(package, "package"),
            or_missing(account, "account"),
        ]
    }

    fn sources(&self) -> String {
        let rows = self.report.sections.iter().map(|section| {
            let source = section.body.source.as_str();
            let (found, notes) = match &section.body.outcome {
                Outcome::Read { facts, gaps, complaints } => {
                    (facts.len().to_string(), self.notes(gaps, complaints.len()))
                }
                Outcome::Absent { reason } => ("–".to_owned(), self.sentence(reason)),
            };
            let duration = format!("{} ms", section.duration_ms);
            [self.named("absent-source-", source), found, duration, notes]
        });
        let headings = ["source", "found", "duration", "missing"];
        self.draw("agent-print-sources", Some(&headings), rows.collect())
    }

    /// The gaps of a section, each kind once.
    fn notes(&self, gaps: &[Gap], complaints: usize) -> String {
        // What does not exist is a statement and nothing that is missing.
        let missing = gaps.iter().filter(|it| !matches!(it.reason, Absent::NotHere { .. }));
        let mut notes: Vec<String> = Vec::new();
        for gap in missing {
            let note =
                format!("{}: {}", self.named("absent-field-", &gap.field), self.short(&gap.reason));
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        if complaints > 0 {
            notes.push(self.words.text_with(
                "agent-print-complaints",
                &[("count", u64::try_from(complaints).unwrap_or(u64::MAX).into())],
            ));
        }
        notes.join("\n")
    }

    /// What a run with more rights would add.
    fn rights(&self) -> String {
        let mut wanted: BTreeSet<(String, String)> = BTreeSet::new();
        for section in &self.report.sections {
            if let Outcome::Absent { reason: Absent::NotAllowed { needs, .. } } =
                &section.body.outcome
            {
                let source = self.named("absent-source-", section.body.source.as_str());
                wanted.insert((self.privilege(*needs), source));
            }
            for gap in gaps_of(section) {
                if let Absent::NotAllowed { needs, .. } = &gap.reason {
                    let field = self.named("absent-field-", &gap.field);
                    wanted.insert((self.privilege(*needs), field));
                }
            }
        }
        let rows = wanted.into_iter().map(|(needs, thing)| [thing, needs]).collect();
        self.draw("agent-print-rights", Some(&["thing", "needs"]), rows)
    }

    fn sentence(&self, reason: &Absent) -> String {
        absence(reason, self.words)
    }

    /// A reason in a few words, for a cell.
    fn short(&self, reason: &Absent) -> String {
        match reason {
            Absent::NotHere { .. } => self.text("agent-print-none"),
            Absent::NotAllowed { .. } => self.text("agent-print-not-allowed"),
            Absent::Failed { .. } | Absent::TimedOut { .. } => self.sentence(reason),
            Absent::NotLookedAt { why, .. } => self.named("absent-not-looked-at-", why),
        }
    }

    fn privilege(&self, needs: Privilege) -> String {
        privilege(needs, self.words)
    }

    fn named(&self, prefix: &str, code: &str) -> String {
        named(prefix, code, self.words)
    }

    fn text(&self, key: &str) -> String {
        self.words.text(key)
    }

    fn gib(&self, bytes: u64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
        let text = format!("{:.1} GiB", bytes as f64 / GIB);
        match self.words.language() {
            Language::German => text.replace('.', ","),
            Language::English => text,
        }
    }

    fn facts(&self) -> impl Iterator<Item = &FactText> {
        self.report.sections.iter().filter_map(facts_of).flatten()
    }

    fn sections(&self, prefix: &str) -> impl Iterator<Item = &Section> {
        self.report.sections.iter().filter(move |it| it.body.source.as_str().starts_with(prefix))
    }

    fn draw<const N: usize>(
        &self,
        title: &str,
        headings: Option<&[&str; N]>,
        rows: Vec<[String; N]>,
    ) -> String {
        if rows.is_empty() {
            return String::new();
        }
        let mut table = Table::new();
        table.load_style(STYLE);
        if let Some(width) = self.width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        if let Some(headings) = headings {
            table.set_header(headings.map(|it| self.text(&format!("agent-print-column-{it}"))));
        }
        table.add_rows(rows);
        format!("{}\n{}", self.text(title), table.trim_fmt())
    }
}

/// Why there is nothing, as a sentence.
pub(crate) fn absence(reason: &Absent, words: &Wording) -> String {
    let say = |key: &str, arguments: &[(&str, String)]| {
        let arguments: Vec<_> =
            arguments.iter().map(|(name, it)| (*name, clean(it).into())).collect();
        words.text_with(key, &arguments)
    };
    match reason {
        Absent::NotHere { looked_at } => say("absent-not-here", &[("place", looked_at.clone())]),
        Absent::NotAllowed { what, needs } => say(
            "absent-not-allowed",
            &[("what", what.clone()), ("needs", privilege(*needs, words))],
        ),
        Absent::Failed { doing, cause } => {
            say("absent-failed", &[("doing", doing.clone()), ("cause", cause.clone())])
        }
        Absent::TimedOut { doing, after_ms } => {
            say("absent-timed-out", &[("doing", doing.clone()), ("after", after_ms.to_string())])
        }
        Absent::NotLookedAt { why, what } => say(
            "absent-not-looked-at",
            &[("why", named("absent-not-looked-at-", why, words)), ("what", what.clone())],
        ),
    }
}

fn privilege(needs: Privilege, words: &Wording) -> String {
    words.text(match needs {
        Privilege::Root => "absent-privilege-root",
        Privilege::Ptrace => "absent-privilege-ptrace",
        Privilege::ReadAll => "absent-privilege-read-all",
        Privilege::Group => "absent-privilege-group",
    })
}

/// The words of a code, or the code itself where there are none.
pub(crate) fn named(prefix: &str, code: &str, words: &Wording) -> String {
    let key = format!("{prefix}{}", code.replace(['.', '_'], "-"));
    if words.has(&key) { words.text(&key) } else { clean(code) }
}

fn facts_of(section: &Section) -> Option<&Vec<FactText>> {
    match &section.body.outcome {
        Outcome::Read { facts, .. } => Some(facts),
        Outcome::Absent { .. } => None,
    }
}

fn gaps_of(section: &Section) -> &[Gap] {
    match &section.body.outcome {
        Outcome::Read { gaps, .. } => gaps,
        Outcome::Absent { .. } => &[],
    }
}

fn joined(parts: &[Option<&str>]) -> Option<String> {
    let parts: Vec<&str> = parts.iter().filter_map(|it| *it).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Text of the machine without what a terminal would obey.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).collect()
}

/// A table of labels and values below a title.
pub(crate) fn rows_of_two(title: &str, rows: Vec<[String; 2]>, width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.add_rows(rows);
    format!("{title}\n{}", table.trim_fmt())
}

/// A table with headings below a title; nothing where there are no rows.
pub(crate) fn table_of<const N: usize>(
    title: &str,
    headings: [String; N],
    rows: Vec<[String; N]>,
    width: Option<u16>,
) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(STYLE);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(headings);
    table.add_rows(rows);
    format!("{title}\n{}", table.trim_fmt())
}

/// The text in lines of at most `width` characters, those after the first indented. A word that is
/// longer than a line is broken.
pub(crate) fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    let room = width.max(indent + 8);
    let mut used = 0;
    for word in text.split(' ').filter(|it| !it.is_empty()) {
        let characters: Vec<char> = word.chars().collect();
        let fresh = if lines.len() == 1 { 0 } else { indent };
        if used > fresh && used + 1 + characters.len() > room {
            lines.push(" ".repeat(indent));
            used = indent;
        } else if used > fresh || (used > 0 && lines.len() == 1) {
            push(&mut lines, ' ');
            used += 1;
        }
        for character in characters {
            if used >= room {
                lines.push(" ".repeat(indent));
                used = indent;
            }
            push(&mut lines, character);
            used += 1;
        }
    }
    lines.join("\n")
}

fn push(lines: &mut [String], character: char) {
    if let Some(line) = lines.last_mut() {
        line.push(character);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use observation::latest::written::SectionBody;
    use observation::latest::{
        Cadence, Complaint, FORMAT, Fact, NameKey, Observer, ObserverKind, OwnerPackage,
        PackageManager, Platform, ReportNumber, SourceId,
    };

    use super::*;

    fn section(source: &'static str, outcome: Outcome) -> Section {
        Section {
            observed_at: Timestamp::UNIX_EPOCH,
            duration_ms: 7,
            cadence: Cadence::Steady,
            body: SectionBody { source: SourceId::from_static(source), outcome },
        }
    }

    fn read(facts: Vec<Fact>, gaps: Vec<Gap>) -> Outcome {
        let facts = facts.iter().map(|it| FactText::of(it).unwrap()).collect();
        Outcome::Read { facts, gaps, complaints: Vec::new() }
    }

    fn listener(port: u16, process: Option<&str>) -> Fact {
        Fact::Listener(Listener {
            transport: Transport::Tcp,
            address: "0.0.0.0".parse().unwrap(),
            port,
            binding: Binding::All,
            process: process.map(str::to_owned),
            executable: None,
            account: process.map(|_| UserName::Clear("root".to_owned())),
            unit: process.map(|it| format!("{it}.service")),
            package: process.map(|it| OwnerPackage {
                manager: PackageManager::Dpkg,
                name: it.to_owned(),
                version: "1.22".to_owned(),
            }),
            container: None,
        })
    }

    fn check(sections: Vec<Section>, language: Language) -> String {
        let report = Report {
            format: FORMAT,
            observer: Observer {
                agent: None,
                kind: ObserverKind::Agent,
                software_version: "0".to_owned(),
                platform: Platform::Linux,
                is_privileged: false,
                name_key: NameKey::Run,
                boot: None,
            },
            number: ReportNumber { epoch: 0, sequence: 0 },
            started_at: Timestamp::UNIX_EPOCH,
            sections,
        };
        table(&report, language.wording(), None)
    }

    fn not_allowed() -> Absent {
        Absent::NotAllowed { what: "/proc/*/fd".to_owned(), needs: Privilege::Ptrace }
    }

    #[test]
    fn long_lines_are_broken_between_words_and_long_words_within() {
        let text =
            wrapped("+ package name=openssl version=3.0.11-1~deb12u2 architecture=amd64", 30, 4);
        assert!(text.lines().all(|it| it.chars().count() <= 30), "{text}");
        assert!(text.lines().skip(1).all(|it| it.starts_with("    ")), "{text}");
        let joined: String = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        assert!(joined.contains("version=3.0.11-1~deb12u2"), "{text}");
        let long = wrapped(&"ä".repeat(100), 30, 4);
        assert_eq!(long.matches('ä').count(), 100);
        assert!(long.lines().all(|it| it.chars().count() <= 30), "{long}");
        assert_eq!(wrapped("", 30, 4), "");
    }

    #[test]
    fn a_listener_is_one_line_from_port_to_package() {
        let facts = vec![listener(443, Some("nginx"))];
        let text =
            check(vec![section("services.listeners", read(facts, vec![]))], Language::German);
        let line = text.lines().find(|it| it.contains("443")).unwrap();
        for part in
            ["tcp 443", "auf allen Adressen", "nginx", "nginx.service", "nginx 1.22", "root"]
        {
            assert!(line.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn what_may_not_be_read_is_said_and_so_is_the_right_that_would_be_enough() {
        let gap = Gap {
            field: "listener.process".to_owned(),
            of: Some("tcp/0.0.0.0:22".to_owned()),
            reason: not_allowed(),
        };
        let sections =
            vec![section("services.listeners", read(vec![listener(22, None)], vec![gap]))];
        let text = check(sections, Language::English);
        let line = text.lines().find(|it| it.contains("tcp 22")).unwrap();
        assert_eq!(line.matches("not readable").count(), 4, "{text}");
        assert!(text.contains("What more rights would add"), "{text}");
        assert!(text.contains("CAP_SYS_PTRACE"), "{text}");
    }

    #[test]
    fn what_was_not_read_is_not_counted_as_none() {
        let absent = Outcome::Absent { reason: not_allowed() };
        let text = check(vec![section("software.dpkg", absent)], Language::English);
        assert!(!text.contains("Installed packages"), "{text}");
        let text = check(vec![section("software.dpkg", read(vec![], vec![]))], Language::English);
        assert!(text.contains("Installed packages"), "{text}");
    }

    #[test]
    fn the_machine_comes_first_with_figures_in_the_readers_language() {
        let system = OperatingSystem {
            pretty_name: Some("Debian GNU/Linux 12".to_owned()),
            ..OperatingSystem::default()
        };
        let facts = vec![
            Fact::Memory(Memory { total_bytes: 16_642_998_272 }),
            Fact::OperatingSystem(system),
        ];
        let sections = || vec![section("system.operating_system", read(facts.clone(), vec![]))];
        let german = check(sections(), Language::German);
        assert!(german.starts_with("Dieser Rechner\n"), "{german}");
        assert!(german.contains("15,5 GiB") && german.contains("Debian GNU/Linux 12"), "{german}");
        assert!(check(sections(), Language::English).contains("15.5 GiB"));
    }

    #[test]
    fn text_of_the_machine_does_not_command_the_terminal() {
        let facts = vec![listener(80, Some("a\u{1b}[31m\nb"))];
        let text =
            check(vec![section("services.listeners", read(facts, vec![]))], Language::English);
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert!(text.contains("a[31mb"));
    }

    #[test]
    fn every_source_and_every_word_of_the_table_is_in_the_catalogue() {
        let sections: Vec<Section> = crate::sources::all()
            .map(|it| Section {
                body: SectionBody {
                    source: it.id.clone(),
                    outcome: Outcome::Read {
                        facts: vec![FactText::of(&listener(1, None)).unwrap()],
                        gaps: vec![],
                        complaints: vec![Complaint {
                            place: String::new(),
                            problem: String::new(),
                        }],
                    },
                },
                ..section("x", read(vec![], vec![]))
            })
            .collect();
        for language in [Language::German, Language::English] {
            let text = check(sections.clone(), language);
            assert!(!text.contains('⟨'), "{text}");
            for source in crate::sources::all() {
                assert!(!text.contains(source.id.as_str()), "{} has no words: {text}", source.id);
            }
        }
    }
}
