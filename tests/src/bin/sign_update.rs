//! Makes the keys of a publisher and signs updates with them. For the publisher's own machine: neither
//! agent nor collector has a command that signs, and private keys belong on neither.
//!
//! ```text
//! sign_update key FILE                    makes FILE (private, mode 0600) and prints the public key
//! sign_update sign --key FILE [--key FILE …] --version 1.2.3 --libc gnu|musl [--os linux]
//!                  [--architecture x86_64] [--days 90] PROGRAM OUT
//! ```

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use clap::{Args, Parser};
use data_encoding::{BASE64, HEXLOWER};
use jiff::{SignedDuration, Timestamp};
use kataster_agent::update::bundle::{Manifest, PRODUCT, key_id};

/// Largest program or key that is read.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Effort of the compression; its window of 8 MiB is within what agents unpack.
const ZSTD_LEVEL: i32 = 19;

#[derive(Debug, Parser)]
enum Command {
    /// Makes a key pair.
    Key {
        /// Where the private key goes; never overwritten.
        file: PathBuf,
    },
    /// Signs a program as an update.
    Sign(Sign),
}

#[derive(Debug, Args)]
struct Sign {
    /// A private key that `key` made; several sign together.
    #[arg(long, required = true)]
    key: Vec<PathBuf>,
    /// The version of the program.
    #[arg(long)]
    version: String,
    /// The C library that it was built with.
    #[arg(long, value_parser = ["gnu", "musl"])]
    libc: String,
    /// Its operating system.
    #[arg(long, default_value = "linux")]
    os: String,
    /// Its processor.
    #[arg(long, default_value = "x86_64")]
    architecture: String,
    /// For how many days agents take it.
    #[arg(long, default_value_t = 90)]
    days: u16,
    /// The program.
    program: PathBuf,
    /// The update; never overwritten.
    out: PathBuf,
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::Key { file } => make_key(&file),
        Command::Sign(order) => sign(&order),
    }
}

fn make_key(file: &Path) -> Result<()> {
    let pair = Ed25519KeyPair::generate().map_err(|_| anyhow!("no key could be made"))?;
    let private = pair.to_pkcs8().map_err(|_| anyhow!("the key could not be written"))?;
    write_new(file, format!("{}\n", BASE64.encode(private.as_ref())).as_bytes(), 0o600)?;
    let public: [u8; 32] = pair.public_key().as_ref().try_into()?;
    writeln!(io::stdout(), "{} (id {})", BASE64.encode(&public), key_id(&public))?;
    Ok(())
}

fn sign(order: &Sign) -> Result<()> {
    let program = read(&order.program)?;
    let packed = zstd::bulk::compress(&program, ZSTD_LEVEL)?;
    let sha256 = |bytes: &[u8]| HEXLOWER.encode(digest(&SHA256, bytes).as_ref());
    #[expect(clippy::disallowed_methods, reason = "the outermost edge asks the clock")]
    let created = Timestamp::now();
    let manifest = Manifest {
        product: PRODUCT.to_owned(),
        version: order.version.clone(),
        os: order.os.clone(),
        architecture: order.architecture.clone(),
        libc: order.libc.clone(),
        size_bytes: program.len() as u64,
        sha256: sha256(&program),
        packed_size_bytes: packed.len() as u64,
        packed_sha256: sha256(&packed),
        created,
        expires: created + SignedDuration::from_hours(24 * i64::from(order.days)),
    };
    manifest.version()?;
    let signed = manifest.signed_bytes()?;
    let signatures: Result<Vec<_>> = order.key.iter().map(|it| signature(it, &signed)).collect();
    write_new(&order.out, &manifest.file(&signatures?, &packed)?, 0o644)
}

/// Key id and signature.
fn signature(key: &Path, signed: &[u8]) -> Result<(String, Vec<u8>)> {
    let text = read(key)?;
    let bad = || anyhow!("{} is no key of this tool", key.display());
    let private = BASE64.decode(text.trim_ascii_end()).map_err(|_| bad())?;
    let pair = Ed25519KeyPair::from_pkcs8(&private).map_err(|_| bad())?;
    let public: [u8; 32] = pair.public_key().as_ref().try_into()?;
    Ok((key_id(&public), pair.sign(signed).as_ref().to_vec()))
}

#[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let mut file = options.open(path).with_context(|| path.display().to_string())?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}
