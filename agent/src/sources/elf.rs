//! What programs state of themselves in sections of their files (ELF gABI): Go's build information (`debug/buildinfo`), the
//! crates of Rust that `cargo auditable` adds (`.dep-v0`), the compiler (`.comment`).

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use serde::Deserialize;

use crate::host::{Ask, Host};

/// Bytes of the header that are read.
const HEADER_BYTES: u64 = 64;
/// Bytes before what is asked for that are read with it.
const BEFORE_BYTES: u64 = 2048;
/// Most sections: linkers make some dozens.
const SECTIONS_MAX: u64 = 1024;
/// Largest table of sections' names.
const NAMES_BYTES_MAX: u64 = 64 * 1024;
/// Largest section that is read.
const SECTION_BYTES_MAX: u64 = 1024 * 1024;
/// Largest list of crates when unpacked.
const CRATES_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What Go writes before its build information.
const GO_MAGIC: &[u8] = b"\xff Go buildinf:";
/// Bytes before the texts in the form of Go 1.18 and later, and the flag of that form.
const GO_HEADER_BYTES: usize = 32;
const GO_INLINE: u8 = 2;

/// What a program states of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statement {
    /// What it is, in its language's own name.
    pub(crate) product: Option<String>,
    /// Its version.
    pub(crate) version: Option<String>,
    /// The compiler.
    pub(crate) built_with: Option<String>,
    /// The language, where it is known.
    pub(crate) language: Option<Language>,
}

/// The language that a program says it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Go.
    Go,
    /// Rust.
    Rust,
}

/// What a program states of itself; nothing where it is no whole ELF file.
#[must_use]
pub(crate) fn statement(host: &dyn Host, path: &str) -> Statement {
    let mut file = Pieces { host, path, start: 0, held: Vec::new() };
    let sections = sections(|offset, length| file.read(offset, length)).unwrap_or_default();
    let mut section = |name: &str| {
        let (_, offset, length) = sections.iter().find(|(it, ..)| it == name)?;
        file.read(*offset, (*length).min(SECTION_BYTES_MAX))
    };
    let go = section(".go.buildinfo").and_then(|it| go_statement(&it));
    let mut found = match go {
        Some(go) => go,
        None => section(".dep-v0").and_then(|it| rust_statement(&it)).unwrap_or_default(),
    };
    if found.built_with.is_none() {
        found.built_with = section(".comment").and_then(|it| compiler(&it));
    }
    found
}

/// A file of which the piece that was read last is held: linkers put the names of the sections, and the compiler
/// where nothing else follows, right before the table of sections.
struct Pieces<'a> {
    host: &'a dyn Host,
    path: &'a str,
    start: u64,
    held: Vec<u8>,
}

impl Pieces<'_> {
    fn read(&mut self, offset: u64, length: u64) -> Option<Vec<u8>> {
        if let Some(bytes) = self.held(offset, length) {
            return Some(bytes);
        }
        // The header stands at the beginning; whatever stands behind it is read with what comes before.
        let start = if offset == 0 { 0 } else { offset.saturating_sub(BEFORE_BYTES) };
        let whole = length.saturating_add(offset - start);
        self.held = self.host.part_of_entry(self.path, start, whole).ok()?;
        self.start = start;
        let at = usize::try_from(offset - start).ok()?;
        let bytes = self.held.get(at..).unwrap_or_default();
        Some(bytes.get(..usize::try_from(length).ok()?).unwrap_or(bytes).to_vec())
    }

    fn held(&self, offset: u64, length: u64) -> Option<Vec<u8>> {
        let start = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        self.held.get(start..end).map(<[u8]>::to_vec)
    }
}

/// Name, offset and length of each section.
fn sections(mut read: impl FnMut(u64, u64) -> Option<Vec<u8>>) -> Option<Vec<(String, u64, u64)>> {
    let header = read(0, HEADER_BYTES)?;
    if !header.starts_with(b"\x7fELF") {
        return None;
    }
    let is_wide = *header.get(4)? == 2;
    let is_little = *header.get(5)? == 1;
    let number =
        |bytes: &[u8], at: usize, length: usize| number(bytes.get(at..at + length)?, is_little);
    // e_shoff, e_shentsize, e_shnum, e_shstrndx
    let (offset, entry, count, names) = if is_wide {
        (
            number(&header, 40, 8)?,
            number(&header, 58, 2)?,
            number(&header, 60, 2)?,
            number(&header, 62, 2)?,
        )
    } else {
        (
            number(&header, 32, 4)?,
            number(&header, 46, 2)?,
            number(&header, 48, 2)?,
            number(&header, 50, 2)?,
        )
    };
    let least = if is_wide { 64 } else { 40 };
    if count == 0 || count > SECTIONS_MAX || entry < least || entry > 256 {
        return None;
    }
    let table = read(offset, entry * count)?;
    let place = |index: u64| {
        let start = usize::try_from(index * entry).ok()?;
        let bytes = table.get(start..start + usize::try_from(least).ok()?)?;
        let name = usize::try_from(number(bytes, 0, 4)?).ok()?;
        // sh_offset, sh_size
        let (at, width) = if is_wide { (24, 8) } else { (16, 4) };
        Some((name, number(bytes, at, width)?, number(bytes, at + width, width)?))
    };
    let (_, names_at, names_length) = place(names)?;
    let names = read(names_at, names_length.min(NAMES_BYTES_MAX))?;
    let sections = (0..count).filter_map(|index| {
        let (name, offset, length) = place(index)?;
        let name = names.get(name..)?.split(|it| *it == 0).next()?;
        Some((String::from_utf8_lossy(name).into_owned(), offset, length))
    });
    Some(sections.collect())
}

fn number(bytes: &[u8], is_little: bool) -> Option<u64> {
    let fold = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    if bytes.len() > 8 {
        return None;
    }
    Some(if is_little { bytes.iter().rev().fold(0, fold) } else { bytes.iter().fold(0, fold) })
}

/// The version of Go and the main module. The form of Go before 1.18 holds addresses instead of texts and is not read.
fn go_statement(section: &[u8]) -> Option<Statement> {
    if !section.starts_with(GO_MAGIC) || section.get(15)? & GO_INLINE == 0 {
        return None;
    }
    let (go, rest) = counted(section.get(GO_HEADER_BYTES..)?)?;
    let mut found =
        Statement { built_with: text(go), language: Some(Language::Go), ..Statement::default() };
    let modules = counted(rest).map(|(it, _)| it).unwrap_or_default();
    // Sixteen bytes of marks stand on both sides of the lines, and are no text.
    let lines = String::from_utf8_lossy(modules);
    for line in lines.lines() {
        let mut fields = line.split('\t');
        match fields.next() {
            Some("mod") => {
                found.product = fields.next().map(str::to_owned);
                found.version = fields.next().filter(|it| !it.is_empty()).map(str::to_owned);
            }
            Some(first) if first.ends_with("path") && found.product.is_none() => {
                found.product = fields.next().map(str::to_owned);
            }
            _ => {}
        }
    }
    found.product = found.product.filter(|it| it != "command-line-arguments" && !it.is_empty());
    Some(found)
}

/// A text behind its length in groups of seven bits.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        length |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return bytes.get(index + 1..)?.split_at_checked(length);
        }
    }
    None
}

#[derive(Deserialize)]
struct Crates {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    version: String,
    #[serde(default)]
    root: bool,
}

/// The crate that the program was built from.
fn rust_statement(section: &[u8]) -> Option<Statement> {
    let json = decompress_to_vec_zlib_with_limit(section, CRATES_BYTES_MAX).ok()?;
    let crates: Crates = serde_json::from_slice(&json).ok()?;
    let root = crates.packages.into_iter().find(|it| it.root)?;
    Some(Statement {
        product: Some(root.name),
        version: Some(root.version),
        built_with: None,
        language: Some(Language::Rust),
    })
}

/// The last compiler that is named: startup code of the system's compiler stands before it.
fn compiler(section: &[u8]) -> Option<String> {
    section.split(|it| *it == 0).filter_map(text).next_back()
}

fn text(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes).trim().to_owned();
    let is_plain = !text.is_empty() && text.len() < 200 && !text.contains(char::is_control);
    is_plain.then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    /// An ELF file of these sections; constructed from the gABI.
    fn file(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut names = vec![0];
        let mut data = vec![0; 64];
        let mut table = vec![0; 64];
        let mut add = |name: &str, content: &[u8], names: &mut Vec<u8>| {
            let mut entry = vec![0; 64];
            entry[..4].copy_from_slice(&u32::try_from(names.len()).unwrap().to_le_bytes());
            names.extend(name.bytes().chain([0]));
            let content = if name == ".shstrtab" { names.clone() } else { content.to_vec() };
            entry[24..32].copy_from_slice(&(data.len() as u64).to_le_bytes());
            entry[32..40].copy_from_slice(&(content.len() as u64).to_le_bytes());
            data.extend(content);
            table.extend(entry);
        };
        for (name, content) in sections {
            add(name, content, &mut names);
        }
        add(".shstrtab", &[], &mut names);
        let count = u16::try_from(sections.len() + 2).unwrap();
        data[..6].copy_from_slice(b"\x7fELF\x02\x01");
        let end = data.len() as u64;
        data[40..48].copy_from_slice(&end.to_le_bytes());
        data[58..60].copy_from_slice(&64_u16.to_le_bytes());
        data[60..62].copy_from_slice(&count.to_le_bytes());
        data[62..64].copy_from_slice(&(count - 1).to_le_bytes());
        [data, table].concat()
    }

    fn check(sections: &[(&str, &[u8])]) -> Statement {
        statement(&MapHost::new().file("/x", file(sections)), "/x")
    }

    fn go(modules: &str) -> Vec<u8> {
        let mut bytes = [GO_MAGIC, &[8, GO_INLINE]].concat();
        bytes.resize(GO_HEADER_BYTES, 0);
        for text in
            ["go1.22.1".as_bytes(), &[&[0xFF; 16], modules.as_bytes(), &[0xFE; 16]].concat()]
        {
            let length = u8::try_from(text.len()).unwrap();
            bytes.extend(if length < 128 { vec![length] } else { vec![length | 0x80, 1] });
            bytes.extend(text);
        }
        bytes
    }

    #[test]
    fn a_program_of_go_names_its_main_module() {
        let modules = "path\texample.org/tool/cmd/tool\nmod\texample.org/tool\tv1.4.2\th1:x\ndep\ta\tv1\th1:y\n";
        let found = check(&[(".go.buildinfo", &go(modules))]);
        let expected = Statement {
            product: Some("example.org/tool".to_owned()),
            version: Some("v1.4.2".to_owned()),
            built_with: Some("go1.22.1".to_owned()),
            language: Some(Language::Go),
        };
        assert_eq!(found, expected);
        let alone = check(&[(".go.buildinfo", &go("path\tcommand-line-arguments\n"))]);
        assert_eq!((alone.product, alone.built_with.as_deref()), (None, Some("go1.22.1")));
    }

    #[test]
    fn a_program_of_rust_names_its_crate() {
        let json = r#"{"packages":[{"name":"dep","version":"1.0.0","source":"crates.io"},
            {"name":"tool","version":"0.3.1","source":"local","root":true,"dependencies":[0]}]}"#;
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(json.as_bytes(), 6);
        let found = check(&[
            (".comment", b"GCC: (Debian) 12\0rustc version 1.95.0\0"),
            (".dep-v0", &packed),
        ]);
        assert_eq!(
            (found.product.as_deref(), found.version.as_deref()),
            (Some("tool"), Some("0.3.1"))
        );
        assert_eq!(found.built_with.as_deref(), Some("rustc version 1.95.0"));
        assert_eq!(check(&[(".dep-v0", b"nonsense")]), Statement::default());
    }

    #[test]
    fn a_program_of_neither_names_its_compiler_or_nothing() {
        let found = check(&[(".text", b"x"), (".comment", b"GCC: (Debian 12.2.0-14) 12.2.0\0")]);
        assert_eq!(found.built_with.as_deref(), Some("GCC: (Debian 12.2.0-14) 12.2.0"));
        assert_eq!(found.product, None);
        assert_eq!(check(&[]), Statement::default());
        let short = MapHost::new().file("/x", b"\x7fELF\x02\x01");
        assert_eq!(statement(&short, "/x"), Statement::default());
        assert_eq!(statement(&MapHost::new(), "/x"), Statement::default());
    }

    /// Real: the build information of Debian's caddy 2.6.2-5, which was built without modules.
    #[test]
    fn a_program_of_debian_names_its_path_and_compiler() {
        let section = include_bytes!("elf/samples/caddy.buildinfo");
        let found = check(&[(".go.buildinfo", section)]);
        assert_eq!(found.product.as_deref(), Some("github.com/caddyserver/caddy/v2/cmd/caddy"));
        assert_eq!((found.version, found.built_with.as_deref()), (None, Some("go1.19.8")));
        assert_eq!(found.language, Some(Language::Go));
        for length in 0..section.len() {
            // A section that is cut states nothing, or less, and nothing else.
            let product = go_statement(&section[..length]).and_then(|it| it.product);
            let whole = "github.com/caddyserver/caddy/v2/cmd/caddy";
            assert!(product.is_none_or(|it| whole.starts_with(&it)), "{length}");
        }
    }

    /// Constructed from the gABI: an old machine of 32 bits, the larger end first.
    #[test]
    fn files_of_32_bits_and_of_the_other_order_are_read() {
        let comment = b"GCC: 12\0";
        let names = b"\0.shstrtab\0.comment\0";
        let mut bytes = vec![0; 52];
        bytes[..6].copy_from_slice(b"\x7fELF\x01\x02");
        bytes.extend(names);
        let comment_at = bytes.len();
        bytes.extend(comment);
        let table_at = bytes.len();
        for (name, offset, length) in
            [(0, 0, 0), (1, 52, names.len()), (11, comment_at, comment.len())]
        {
            let mut entry = vec![0; 40];
            let words = [(0, name), (16, offset), (20, length)];
            for (at, word) in words {
                entry[at..at + 4].copy_from_slice(&u32::try_from(word).unwrap().to_be_bytes());
            }
            bytes.extend(entry);
        }
        bytes[32..36].copy_from_slice(&u32::try_from(table_at).unwrap().to_be_bytes());
        for (at, half) in [(46, 40_u16), (48, 3), (50, 1)] {
            bytes[at..at + 2].copy_from_slice(&half.to_be_bytes());
        }
        let read = |bytes: &[u8]| statement(&MapHost::new().file("/x", bytes), "/x");
        assert_eq!(read(&bytes).built_with.as_deref(), Some("GCC: 12"));
        // Entries that are too small for what they must hold, or too many of them.
        for (at, half) in [(46, 39_u16), (46, 257), (48, 0), (48, 1025), (50, 3)] {
            let mut broken = bytes.clone();
            broken[at..at + 2].copy_from_slice(&half.to_be_bytes());
            assert_eq!(read(&broken), Statement::default(), "{at} {half}");
        }
    }

    #[test]
    fn words_that_are_no_text_are_not_told() {
        assert_eq!(compiler(b"GCC: 1\0\0"), Some("GCC: 1".to_owned()));
        assert_eq!(compiler(b"GCC: 1\0\x1b[31m\0"), Some("GCC: 1".to_owned()));
        assert_eq!(compiler(&[b'a'; 200]), None);
        assert_eq!((compiler(b""), compiler(b"\0 \0")), (None, None));
        assert_eq!(counted(&[3, b'a', b'b', b'c', b'd']), Some((&b"abc"[..], &b"d"[..])));
        assert_eq!((counted(&[3, b'a']), counted(&[]), counted(&[0xff; 9])), (None, None, None));
    }

    /// Planted: a list of crates that unpacks to more than it may.
    #[test]
    fn a_list_of_crates_that_grows_without_end_is_not_unpacked() {
        let zeros = vec![b' '; CRATES_BYTES_MAX + 1];
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&zeros, 6);
        assert!(packed.len() < 64 * 1024);
        assert_eq!(rust_statement(&packed), None);
    }

    proptest! {
        #[test]
        fn mutated_files_never_panic(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..12)) {
            let mut bytes = file(&[(".go.buildinfo", &go("mod\ta\tb\tc\n")), (".comment", b"x\0")]);
            let length = bytes.len();
            for (at, byte) in changes {
                bytes[at % length] = byte;
            }
            let _ = statement(&MapHost::new().file("/x", bytes), "/x");
        }

        #[test]
        fn hostile_sections_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = go_statement(&bytes);
            let _ = go_statement(&[GO_MAGIC, &[8, 2], &[0; 16], &bytes].concat());
            let _ = rust_statement(&bytes);
            let _ = compiler(&bytes);
        }
    }
}
