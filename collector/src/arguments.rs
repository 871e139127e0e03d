//! The command line: what may be typed. What is said about it stands in the catalogue, as
//! `command-help-<path>` and `command-help-<path>--<argument>`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use inventory::export::Profile;
use inventory::import::Take;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use observation::latest::AgentId;
use observation::latest::protocol::AgentKind;
use observation::latest::scan::ScanProfile;
use store::Access;
use uuid::Uuid;
use wording::{Language, Wording};

use crate::command::LOG_EVENTS_MAX;

/// Everything that was typed.
#[derive(Debug, Parser)]
#[command(name = "kataster", version, disable_help_subcommand = true)]
pub struct Arguments {
    /// The data folder of the company.
    #[arg(long, global = true)]
    pub data_dir: Option<PathBuf>,
    /// The configuration file.
    #[arg(long, global = true)]
    pub config: Option<PathBuf>,
    /// The language of everything that is shown.
    #[arg(long, global = true, value_enum)]
    pub lang: Option<LanguageName>,
    /// The account that the command is executed as.
    #[arg(long = "as", global = true, value_name = "NAME")]
    pub as_account: Option<String>,
    /// The file with the password of that account.
    #[arg(long, global = true, value_name = "F")]
    pub password_file: Option<PathBuf>,
    /// Shows libraries and licences; acted on before anything else is read.
    #[arg(long)]
    pub licences: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The languages by their tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the tags of the languages")]
pub enum LanguageName {
    De,
    En,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names of the accesses")]
pub enum AccessName {
    Admin,
    Operator,
    Auditor,
    Viewer,
}

/// How something is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names of the forms")]
pub enum FormName {
    Table,
    Json,
}

/// What a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names of the kinds")]
pub enum KindName {
    Server,
    Client,
}

/// Whose value holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names of the sides")]
pub enum TakeName {
    Workbook,
    Register,
}

/// How thorough a scan is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names of the profiles")]
pub enum ProfileName {
    #[default]
    Gentle,
    Normal,
    Deep,
}

/// How a scan is done. Networks and probes stay text here: what is wrong with them is explained in
/// the language of the user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[expect(missing_docs, reason = "the catalogue says what each option does")]
pub struct ScanOptions {
    #[arg(long, value_name = "CIDR", num_args = 1.., value_delimiter = ',')]
    pub exclude: Vec<String>,
    #[arg(long, value_enum)]
    pub profile: Option<ProfileName>,
    #[arg(long, value_name = "discovery|LIST")]
    pub probes: Option<String>,
    #[arg(long, value_name = "N")]
    pub rate: Option<u32>,
    #[arg(long)]
    pub allow_range: bool,
    #[arg(long, value_name = "F")]
    pub credentials: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum Command {
    Quick {
        #[arg(long)]
        out: PathBuf,
        #[arg(long)]
        register: Option<PathBuf>,
        #[arg(long, value_name = "CIDR", num_args = 1.., value_delimiter = ',')]
        scan: Vec<String>,
        #[command(flatten)]
        options: ScanOptions,
    },
    Serve,
    #[command(subcommand)]
    Scan(ScanCommand),
    /// The process that scans; started by the collector or as a unit of its own.
    #[command(hide = true)]
    Scanner {
        #[arg(long)]
        socket: Option<PathBuf>,
    },
    #[command(subcommand)]
    Agent(AgentCommand),
    #[command(subcommand)]
    Asset(AssetCommand),
    #[command(subcommand)]
    Register(RegisterCommand),
    #[command(subcommand)]
    Import(ImportCommand),
    Undo {
        #[arg(value_name = "EVENT|IMPORT")]
        change: String,
    },
    #[command(subcommand)]
    Export(ExportCommand),
    #[command(subcommand)]
    Backup(BackupCommand),
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
    #[command(subcommand)]
    Audit(AuditCommand),
    #[command(subcommand)]
    User(UserCommand),
    Completions {
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum AgentCommand {
    List {
        #[arg(long)]
        health: bool,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Approve {
        agent: AgentId,
    },
    Revoke {
        agent: AgentId,
    },
    #[command(subcommand)]
    Token(TokenCommand),
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum TokenCommand {
    Create {
        #[arg(long, value_enum, default_value = "client")]
        kind: KindName,
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        uses: u32,
        #[arg(long, default_value = "24h", value_parser = seconds)]
        valid: i64,
        #[arg(long)]
        label: Option<String>,
        #[arg(long, action = ArgAction::SetTrue)]
        approve: bool,
        #[arg(long)]
        out: Option<PathBuf>,
    },
    List {
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Revoke {
        token: Uuid,
    },
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum ScanCommand {
    Run {
        #[arg(value_name = "CIDR", required_unless_present = "resume")]
        networks: Vec<String>,
        #[arg(long, value_name = "RUN", conflicts_with_all = ["networks", "exclude", "profile", "probes", "rate", "allow_range"])]
        resume: Option<String>,
        #[command(flatten)]
        options: ScanOptions,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    #[command(subcommand)]
    Plan(PlanCommand),
    List {
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Show {
        run: String,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Stop {
        run: String,
    },
    Explain {
        ip: IpAddr,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum PlanCommand {
    Add {
        name: String,
        #[arg(value_name = "CIDR", required = true)]
        networks: Vec<String>,
        #[arg(long, value_name = "\"M H D M W\"")]
        cron: String,
        #[arg(long, value_name = "22:00-05:00")]
        window: Option<String>,
        #[arg(long, value_name = "AGENT")]
        vantage: Option<AgentId>,
        #[command(flatten)]
        options: ScanOptions,
    },
    List {
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Remove {
        name: String,
    },
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum AssetCommand {
    List {
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Show {
        asset: String,
        #[arg(long)]
        evidence: bool,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    History {
        asset: String,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Conflicts {
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Merge {
        left: String,
        right: String,
    },
    Split {
        asset: String,
        agent: AgentId,
    },
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum RegisterCommand {
    Import {
        file: PathBuf,
    },
    Export {
        #[arg(long)]
        out: Option<PathBuf>,
    },
    Show {
        table: String,
        entry: Option<String>,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Set {
        #[arg(value_name = "TABLE[/ENTRY]")]
        entry: String,
        #[arg(value_name = "KEY=VALUE", required = true)]
        fields: Vec<String>,
    },
    Remove {
        table: String,
        entry: String,
    },
    Next {
        #[arg(long, default_value_t = 20)]
        limit: usize,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Due {
        #[arg(long, default_value_t = inventory::export::DUE_DAYS)]
        days: u16,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    #[command(subcommand)]
    Template(TemplateCommand),
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum TemplateCommand {
    List {
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Show {
        template: String,
    },
    Apply {
        template: String,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum ImportCommand {
    Report {
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    Workbook {
        file: PathBuf,
        #[arg(long)]
        dry_run: bool,
        #[arg(long)]
        clear_emptied: bool,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Licences {
        file: PathBuf,
        #[arg(long)]
        dry_run: bool,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    List {
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Show {
        import: String,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Resolve {
        conflict: String,
        #[arg(long, value_enum)]
        take: TakeName,
    },
    Accept {
        candidate: String,
        #[arg(long, value_name = "CODE")]
        code: Option<String>,
    },
}

/// For whom a workbook is.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[expect(missing_docs, reason = "the words on the command line")]
pub enum WorkbookProfileName {
    Grundschutz,
    Iso27001,
    Vds10000,
    Kompakt,
}

impl WorkbookProfileName {
    /// The profile of this name.
    #[must_use]
    pub const fn profile(self) -> Profile {
        match self {
            Self::Grundschutz => Profile::Grundschutz,
            Self::Iso27001 => Profile::Iso27001,
            Self::Vds10000 => Profile::Vds10000,
            Self::Kompakt => Profile::Kompakt,
        }
    }
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum ExportCommand {
    Workbook {
        #[arg(long)]
        out: PathBuf,
        #[arg(long, value_enum)]
        profile: Option<WorkbookProfileName>,
    },
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum BackupCommand {
    Create {
        #[arg(long)]
        out: PathBuf,
        #[arg(long)]
        passphrase_file: Option<PathBuf>,
    },
    Restore {
        file: PathBuf,
        #[arg(long, conflicts_with = "without_key")]
        passphrase_file: Option<PathBuf>,
        #[arg(long)]
        without_key: bool,
    },
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum SnapshotCommand {
    Create {
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    List {
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Show {
        #[arg(value_name = "SNAPSHOT")]
        snapshot: String,
        #[arg(long, value_name = "KEY")]
        sheet: Option<String>,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Diff {
        #[arg(value_name = "FROM")]
        from: String,
        #[arg(value_name = "TO")]
        to: Option<String>,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Verify {
        #[arg(value_name = "SNAPSHOT")]
        snapshot: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum AuditCommand {
    Log {
        #[arg(long, value_name = "DAY|TIME", value_parser = moment)]
        since: Option<Timestamp>,
        #[arg(long, value_name = "OBJECT")]
        object: Option<String>,
        #[arg(long, value_name = "EVENT", default_value_t = 0)]
        after: u64,
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=i64::from(LOG_EVENTS_MAX)))]
        limit: u32,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Verify,
    Pending {
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Confirm {
        #[arg(value_name = "ID", required = true)]
        claims: Vec<String>,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Reject {
        #[arg(value_name = "ID", required = true)]
        claims: Vec<String>,
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
}

#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the catalogue says what each command does")]
pub enum UserCommand {
    Add {
        name: String,
        #[arg(long, value_enum)]
        access: AccessName,
        #[arg(long, value_name = "ROLE")]
        role: Vec<String>,
        #[arg(long, value_name = "NAME|UID")]
        system_user: Option<String>,
        #[arg(long, value_name = "F", conflicts_with = "no_password")]
        new_password_file: Option<PathBuf>,
        #[arg(long, requires = "system_user")]
        no_password: bool,
    },
    List {
        #[arg(short, long, value_enum)]
        output: Option<FormName>,
    },
    Remove {
        name: String,
    },
    Role {
        name: String,
        #[arg(long, value_enum)]
        access: Option<AccessName>,
        #[arg(long, value_name = "ROLE")]
        add: Vec<String>,
        #[arg(long, value_name = "ROLE")]
        remove: Vec<String>,
        #[arg(long, value_name = "NAME|UID")]
        system_user: Option<String>,
        #[arg(long, conflicts_with = "system_user")]
        no_system_user: bool,
    },
    Password {
        name: String,
        #[arg(long, value_name = "F")]
        new_password_file: Option<PathBuf>,
    },
    Recover {
        name: String,
        #[arg(long, value_name = "F")]
        new_password_file: Option<PathBuf>,
    },
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::De => Self::German,
            LanguageName::En => Self::English,
        }
    }
}

impl From<ProfileName> for ScanProfile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Gentle => Self::Gentle,
            ProfileName::Normal => Self::Normal,
            ProfileName::Deep => Self::Deep,
        }
    }
}

impl From<TakeName> for Take {
    fn from(name: TakeName) -> Self {
        match name {
            TakeName::Workbook => Self::Workbook,
            TakeName::Register => Self::Register,
        }
    }
}

impl From<AccessName> for Access {
    fn from(name: AccessName) -> Self {
        match name {
            AccessName::Admin => Self::Admin,
            AccessName::Operator => Self::Operator,
            AccessName::Auditor => Self::Auditor,
            AccessName::Viewer => Self::Viewer,
        }
    }
}

impl From<KindName> for AgentKind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Server => Self::Server,
            KindName::Client => Self::Client,
        }
    }
}

impl Arguments {
    /// Reads what was typed; help is in the words of `wording`.
    ///
    /// # Errors
    /// What clap has to say: help, version, or a mistake.
    pub fn read(
        typed: impl IntoIterator<Item = std::ffi::OsString>,
        wording: &Wording,
    ) -> Result<Self, clap::Error> {
        let matches = worded(wording).try_get_matches_from(typed)?;
        Self::from_arg_matches(&matches)
    }
}

/// The command line with its help in one language.
#[must_use]
pub fn worded(wording: &Wording) -> clap::Command {
    let template = format!(
        "{{about}}\n\n{} {{usage}}\n\n{{all-args}}\n\n{}",
        wording.text("command-help-usage"),
        wording.text("command-help-after"),
    );
    explain(Arguments::command(), "command-help", wording, &template)
}

fn explain(command: clap::Command, key: &str, wording: &Wording, template: &str) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    let mut command = command
        .about(wording.text(key))
        .help_template(template.to_owned())
        .subcommand_help_heading(wording.text("command-help-commands"))
        .subcommand_value_name(wording.text("command-help-command"))
        .mut_args(|argument| {
            let id = argument.get_id().to_string().replace('_', "-");
            let common = format!("command-help--{id}");
            let own = format!("{key}--{id}");
            let help = wording.text(if wording.has(&own) { &own } else { &common });
            let heading = match argument.is_positional() {
                true => wording.text("command-help-arguments"),
                false => wording.text("command-help-options"),
            };
            argument.help(help).help_heading(heading)
        })
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(
            clap::Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help(wording.text("command-help--help"))
                .help_heading(wording.text("command-help-options")),
        );
    if key == "command-help" {
        command = command.arg(
            clap::Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help(wording.text("command-help--version"))
                .help_heading(wording.text("command-help-options")),
        );
    }
    for name in names {
        let key = format!("{key}-{name}");
        command = command.mut_subcommand(name, |it| explain(it, &key, wording, template));
    }
    command
}

/// A time such as `30m`, `24h`, `7d`, in seconds.
fn seconds(text: &str) -> Result<i64, String> {
    let wrong = || "a number with m, h or d, such as 24h; at most 365d".to_owned();
    let unit = match text.chars().last() {
        Some('m') => 60,
        Some('h') => 60 * 60,
        Some('d') => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number = text.get(..text.len() - 1).and_then(|it| it.parse::<i64>().ok());
    let total = number.and_then(|it| it.checked_mul(unit)).ok_or_else(wrong)?;
    (1..=365 * 24 * 60 * 60).contains(&total).then_some(total).ok_or_else(wrong)
}

/// A moment such as `2026-11-28T10:00:00Z`, or a day, which begins at midnight where this machine stands.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let wrong = |_| "2026-11-28 or 2026-11-28T10:00:00Z".to_owned();
    let day: Date = text.parse().map_err(wrong)?;
    TimeZone::system().to_timestamp(day.at(0, 0, 0, 0)).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_or_a_time() {
        let at = |text: &str| moment(text).map(|it| it.to_string());
        assert_eq!(at("2026-11-28T10:00:00Z").as_deref(), Ok("2026-11-28T10:00:00Z"));
        let day = TimeZone::system().to_datetime(moment("2026-11-28").unwrap());
        assert_eq!((day.day(), day.hour()), (28, 0));
        assert!(at("yesterday").is_err());
    }

    fn assert_worded(command: &clap::Command, key: &str, wording: &Wording) {
        assert!(wording.has(key), "{key} is missing");
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.starts_with('⟨'), "{key}: {help} is missing");
        }
        for below in command.get_subcommands() {
            assert_worded(below, &format!("{key}-{}", below.get_name()), wording);
        }
    }

    #[test]
    fn every_command_and_argument_is_explained_in_both_languages() {
        for language in [Language::German, Language::English] {
            let command = worded(language.wording());
            command.clone().debug_assert();
            assert_worded(&command, "command-help", language.wording());
        }
    }

    fn typed(line: &str) -> Command {
        let wording = Language::English.wording();
        Arguments::read(line.split(' ').map(Into::into), wording).unwrap().command
    }

    #[test]
    fn exclusions_are_several_values_and_may_follow_one_another() {
        let line = "kataster scan run 10.0.0.0/24 10.0.1.0/24 --exclude 10.0.0.1 10.0.0.2,10.0.0.3";
        let Command::Scan(ScanCommand::Run { networks, options, output, .. }) = typed(line) else {
            panic!("another command");
        };
        assert_eq!(networks, ["10.0.0.0/24", "10.0.1.0/24"]);
        assert_eq!(options.exclude, ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        assert_eq!((options.profile, output), (None, None));
    }

    #[test]
    fn quick_takes_the_same_options_as_a_scan() {
        let options = "--profile deep --probes discovery --rate 9 --exclude 10.0.0.1 --allow-range";
        let run = typed(&format!("kataster scan run 10.0.0.0/24 {options}"));
        let quick = typed(&format!("kataster quick --out x.xlsx --scan 10.0.0.0/24 {options}"));
        let Command::Scan(ScanCommand::Run { networks, options, .. }) = run else {
            panic!("another command");
        };
        let Command::Quick { scan, options: same, .. } = quick else { panic!("another command") };
        assert_eq!((networks, options), (scan, same));
    }

    #[test]
    fn a_plan_has_its_times_as_one_value() {
        let wording = Language::English.wording();
        let line = ["kataster", "scan", "plan", "add", "nightly", "10.0.0.0/24", "--cron"];
        let line = line.into_iter().chain(["0 2 * * *", "--window", "22:00-05:00"]);
        let command = Arguments::read(line.map(Into::into), wording).unwrap().command;
        let Command::Scan(ScanCommand::Plan(PlanCommand::Add { name, cron, window, .. })) = command
        else {
            panic!("another command");
        };
        assert_eq!((name.as_str(), cron.as_str()), ("nightly", "0 2 * * *"));
        assert_eq!(window.as_deref(), Some("22:00-05:00"));
    }

    #[test]
    fn a_scan_without_a_network_is_refused() {
        let line = ["kataster", "scan", "run"].map(Into::into);
        let error = Arguments::read(line, Language::English.wording()).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn times_have_a_unit_and_an_end() {
        assert_eq!(seconds("24h"), Ok(86_400));
        assert_eq!(seconds("30m"), Ok(1800));
        for text in ["", "h", "24", "-1h", "0d", "366d", "9999999999999999d", "1µ"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
