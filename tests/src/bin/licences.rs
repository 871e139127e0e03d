//! Writes the list of libraries and licences that `kataster --version --licences` shows:
//! `cargo run -p tests --bin licences`.

use std::path::Path;

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector/assets/licences.txt");
    std::fs::write(&path, tests::licences::lines()?).context("writing the list")
}
