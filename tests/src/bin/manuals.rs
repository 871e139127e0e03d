//! Writes manual pages and completions of both programs, as their packages carry them:
//! `cargo run -p tests --bin manuals -- FOLDER`.
//!
//! `FOLDER/<program>/man/man1` in English, `FOLDER/<program>/man/de/man1` in German,
//! `FOLDER/<program>/completions`.

use std::fs;
use std::path::Path;

use anyhow::Context;
use clap_complete::{Shell, generate_to};
use wording::Language;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).context("manuals FOLDER")?;
    for language in [Language::English, Language::German] {
        let words = language.wording();
        let programs =
            [kataster::arguments::worded(words), kataster_agent::command::command(words)];
        for mut program in programs {
            let folder = Path::new(&folder).join(program.get_name());
            let section = match language {
                Language::English => folder.join("man/man1"),
                Language::German => folder.join("man/de/man1"),
            };
            write_pages(&program, &section)?;
            if language == Language::English {
                write_completions(&mut program, &folder.join("completions"))?;
            }
        }
    }
    Ok(())
}

/// One page for the program and one for each of its commands.
fn write_pages(program: &clap::Command, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    // The template is made for a terminal; a page has headings of its own.
    clap_mangen::generate_to(program.clone().help_template("{all-args}"), folder)
        .with_context(|| format!("writing pages of {}", program.get_name()))
}

fn write_completions(program: &mut clap::Command, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let name = program.get_name().to_owned();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, program, &name, folder)?;
    }
    Ok(())
}
