//! The command line as it is written: commands, their arguments, and their help in both languages.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use wording::{Language, Wording};

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::failure::Failure;

/// Documents this machine: reads what it is and hands it to the collector.
#[derive(Debug, Parser)]
#[command(name = "kataster-agent", version)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Args)]
pub(super) struct Common {
    /// Configuration file (TOML).
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Folder of this agent: identity and undelivered reports.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(super) data_dir: Option<PathBuf>,
    /// Language of messages.
    #[arg(long, global = true, value_name = "de|en")]
    pub(super) lang: Option<Lang>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Reads this machine once and delivers the report, or prints it.
    Once {
        /// Print what is found instead; needs neither collector nor enrolment.
        #[arg(long, conflicts_with = "out")]
        print: bool,
        /// Write a signed file instead, to be carried to a collector.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// How to print.
        #[arg(short, long, value_enum, requires = "print", value_name = "FORMAT")]
        output: Option<Output>,
    },
    /// Makes this machine known to a collector.
    Enrol {
        /// File with the token that `kataster agent token create` made; `-` reads standard input.
        #[arg(long, value_name = "FILE")]
        token_file: PathBuf,
        /// Give up the present enrolment of this folder.
        #[arg(long)]
        replace: bool,
    },
    /// Keeps reading and delivering until it is stopped.
    Run,
    /// Prints the script that completes commands in a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// The process that reads for the agent what needs the rights of root; started by a service manager
    /// with the agent's connection as standard input.
    #[command(hide = true)]
    Reader {
        /// The account that may ask besides root.
        #[arg(long, default_value = "kataster-agent", value_name = "NAME")]
        account: String,
    },
    /// How the agent of this machine is.
    Status {
        /// How to print.
        #[arg(short, long, value_enum, value_name = "FORMAT")]
        output: Option<Output>,
    },
    /// What the agent can read here, and what it needs.
    Doctor {
        /// How to print.
        #[arg(short, long, value_enum, value_name = "FORMAT")]
        output: Option<Output>,
    },
    /// Shows the last report.
    Show {
        /// A source (`software.dpkg`) or a domain (`software`).
        source: Option<String>,
        /// Only what differs from the last report of another state.
        #[arg(long)]
        diff_last: bool,
        /// How to print.
        #[arg(short, long, value_enum, value_name = "FORMAT")]
        output: Option<Output>,
    },
    /// The service of this machine.
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Newer versions of this program.
    #[command(subcommand)]
    Update(UpdateCommand),
    /// Hands over signed reports of other machines.
    Upload {
        /// Files that `once --out` wrote.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// The process that scans; started by the agent or as a unit of its own.
    #[command(hide = true)]
    Scanner {
        /// Take jobs from this socket in place of standard input.
        #[arg(long, value_name = "PATH")]
        socket: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ServiceCommand {
    /// Puts the units in place.
    Install {
        /// The account of the service.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// Takes the units away.
    Uninstall,
}

#[derive(Debug, Subcommand)]
pub(super) enum UpdateCommand {
    /// Says whether an update would be taken.
    Check {
        /// The update.
        file: PathBuf,
    },
    /// Puts an update in the place of this program.
    Apply {
        /// The update.
        file: PathBuf,
    },
    /// The previous program, which a service manager calls before each start.
    #[command(hide = true)]
    Guard,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people.
    Table,
    /// The report as it goes over the wire.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Lang {
    De,
    En,
}

impl Common {
    pub(super) fn words(&self) -> &'static Wording {
        words_of(self.lang.map(Lang::language))
    }

    pub(super) fn config(&self) -> Result<Config, Failure> {
        Ok(self.config.as_deref().map(Config::load).transpose()?.unwrap_or_default())
    }

    pub(super) fn data_dir(&self) -> Result<PathBuf, Failure> {
        Ok(self.data_dir.clone().map_or_else(DataDir::default_path, Ok)?)
    }
}

impl Lang {
    const fn language(self) -> Language {
        match self {
            Self::De => Language::German,
            Self::En => Language::English,
        }
    }
}

/// The words of the language that was asked for, else of the session, else German.
pub(super) fn words_of(asked: Option<Language>) -> &'static Wording {
    asked.unwrap_or_else(|| Language::of_session(|it| std::env::var(it).ok())).wording()
}

/// The language named on the command line, before it is parsed: help needs it already then.
pub(super) fn asked_language(arguments: &[OsString]) -> Option<Language> {
    let texts: Vec<&str> = arguments.iter().filter_map(|it| it.to_str()).collect();
    let joined = texts.iter().find_map(|it| it.strip_prefix("--lang="));
    let apart = || texts.iter().skip_while(|it| **it != "--lang").nth(1).copied();
    joined.or_else(apart).and_then(Language::from_tag)
}

/// The command with its help in the language of the person: message `<key>` for itself, and
/// `<key>-<name>` for what it has.
fn in_words(command: clap::Command, key: &str, words: &'static Wording) -> clap::Command {
    let key_of = |name: &str| format!("{key}-{name}");
    let command = command.about(words.text(key)).mut_args(|argument| {
        let key = key_of(argument.get_id().as_str());
        if words.has(&key) { argument.help(words.text(&key)) } else { argument }
    });
    command.mut_subcommands(|it| {
        let key = key_of(it.get_name());
        if words.has(&key) { in_words(it, &key, words) } else { it }
    })
}

/// The whole command line with its help in one language.
#[must_use]
pub fn command(words: &'static Wording) -> clap::Command {
    in_words(Cli::command(), "agent-help", words)
}
