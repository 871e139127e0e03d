//! Writes the table of hardware vendors that the collector carries:
//!
//! `cargo run -p tests --bin hardware_vendors -- index.json "oui-data 2.1.9, 2026-08-26"`
//!
//! `index.json` is that of the package `oui-data` (BSD-2-Clause; its data are the public registries
//! MA-L, MA-M and MA-S of the IEEE): an object with prefixes of 6, 7 or 9 hexadecimal digits as keys
//! and the lines of name and address as values. Only names are kept. The form of the table stands in
//! `collector/inventory/src/recognise/hardware_vendor.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;

/// Digits of a prefix, and the bytes that hold it.
const WIDTHS: [(usize, usize); 3] = [(6, 3), (7, 4), (9, 5)];

/// What stands where there is no name.
const NOBODY: [&str; 2] = ["IEEE Registration Authority", "Private"];

#[expect(clippy::disallowed_methods, reason = "a development tool reads what it was given")]
fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(input), Some(origin)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("needs the path of index.json, and what it is of which date");
    };
    let text = std::fs::read_to_string(&input).with_context(|| format!("reading {input}"))?;
    let given: BTreeMap<String, String> =
        serde_json::from_str(&text).context("understanding it")?;
    let table = table(&given, &origin)?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../collector/inventory/data/hardware_vendors.bin");
    std::fs::write(&path, table).context("writing the table")
}

fn table(given: &BTreeMap<String, String>, origin: &str) -> anyhow::Result<Vec<u8>> {
    let named: BTreeMap<String, &str> = given
        .iter()
        .map(|(prefix, text)| {
            (prefix.to_lowercase(), text.lines().next().unwrap_or_default().trim())
        })
        .filter(|(_, name)| !name.is_empty() && !NOBODY.contains(name))
        .collect();
    let names: Vec<&str> = named.values().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let place = |name: &str| -> anyhow::Result<u16> {
        Ok(u16::try_from(names.binary_search(&name).ok().context("a name")?)?)
    };
    let mut table =
        format!("Hardware vendors of the IEEE registries, from {origin}, BSD-2-Clause\n")
            .into_bytes();
    put_names(&mut table, &names)?;
    for (digits, bytes) in WIDTHS {
        let of_width: Vec<_> = named.iter().filter(|it| it.0.len() == digits).collect();
        table.extend(u32::try_from(of_width.len())?.to_be_bytes());
        for (prefix, name) in of_width {
            let filled = format!("{prefix:0<width$}", width = bytes * 2);
            let number = u64::from_str_radix(&filled, 16).context("a prefix")?.to_be_bytes();
            table.extend(number.get(number.len() - bytes..).unwrap_or_default());
            table.extend(place(name)?.to_be_bytes());
        }
    }
    Ok(table)
}

fn put_names(table: &mut Vec<u8>, names: &[&str]) -> anyhow::Result<()> {
    table.extend(u32::try_from(names.len())?.to_be_bytes());
    let mut before = "";
    for name in names {
        let shared =
            name.bytes().zip(before.bytes()).take_while(|(one, other)| one == other).count();
        let shared = shared.min(usize::from(u8::MAX));
        let own = name.as_bytes().get(shared..).unwrap_or_default();
        table.push(u8::try_from(shared)?);
        table.push(u8::try_from(own.len()).context("a name is too long")?);
        table.extend(own);
        before = name;
    }
    Ok(())
}
