//! Packed files as they lie on the disk, read in pieces: what comes out is bounded, and so is the memory.

use std::io::{self, BufReader, Read};

use crate::host::{Ask, Host};

/// Bytes of a packed file that are read at once.
const PIECE_BYTES: usize = 256 * 1024;
/// Largest window of a packed file (RFC 8878 asks decoders for 8 MiB), as a power of two.
const WINDOW_LOG_MAX: u32 = 23;
/// Most memory for what is packed with xz: enough for the usual dictionary of 8 MiB (level 6), in KiB.
const XZ_MEMORY_KIB_MAX: u32 = 12 * 1024;

/// How a file is packed, by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// gzip (RFC 1952).
    Gzip,
    /// The frames of LZ4.
    Lz4,
    /// The .xz file format, version 1.2.
    Xz,
    /// Zstandard (RFC 8878).
    Zstandard,
}

impl Packing {
    /// The name without its ending, and how the file is packed. Older forms (`bz2`, `lzma`) are not read.
    #[must_use]
    pub(crate) fn of(name: &str) -> Option<(&str, Self)> {
        let endings = [
            (".gz", Self::Gzip),
            (".lz4", Self::Lz4),
            (".xz", Self::Xz),
            (".zst", Self::Zstandard),
        ];
        endings.into_iter().find_map(|(ending, it)| Some((name.strip_suffix(ending)?, it)))
    }

    /// What is packed in a file, up to a number of bytes; more is an error.
    ///
    /// # Errors
    /// If no reader can be made.
    pub(crate) fn open<'a>(
        self,
        host: &'a dyn Host,
        path: &str,
        bytes_max: u64,
    ) -> io::Result<Box<dyn Read + 'a>> {
        let packed =
            BufReader::with_capacity(PIECE_BYTES, Parts { host, path: path.to_owned(), offset: 0 });
        let unpacked: Box<dyn Read + 'a> = match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
            Self::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(packed)),
            Self::Xz => {
                Box::new(lzma_rust2::XzReader::new_mem_limit(packed, true, XZ_MEMORY_KIB_MAX))
            }
            Self::Zstandard => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
                decoder.window_log_max(WINDOW_LOG_MAX)?;
                Box::new(decoder)
            }
        };
        Ok(Box::new(Bounded { unpacked, left: bytes_max }))
    }
}

/// A file, part by part.
struct Parts<'a> {
    host: &'a dyn Host,
    path: String,
    offset: u64,
}

impl Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = PIECE_BYTES.min(buffer.len());
        let part = self.host.part(&self.path, self.offset, wanted as u64);
        let part = part.map_err(|_| io::Error::other("it cannot be read"))?;
        let Some(room) = buffer.get_mut(..part.len()) else {
            return Err(io::Error::other("more was given than asked for"));
        };
        room.copy_from_slice(&part);
        self.offset += part.len() as u64;
        Ok(part.len())
    }
}

/// What ends with an error where it is longer than it may be: a small file can hold an endless one.
struct Bounded<'a> {
    unpacked: Box<dyn Read + 'a>,
    left: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.unpacked.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other("it is too large"))?;
        Ok(count)
    }
}

/// Appends what is read, until so many bytes are there or the end is reached, and tells how many came.
///
/// # Errors
/// The reader's.
pub(crate) fn fill(reader: &mut dyn Read, bytes: usize, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let begin = buffer.len();
    buffer.resize(begin + bytes, 0);
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(begin + filled..).filter(|it| !it.is_empty()) {
        match reader.read(room) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(begin + filled);
    Ok(filled)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    /// The same bytes packed in each way.
    pub(crate) fn packed(bytes: &[u8]) -> [(&'static str, Vec<u8>); 4] {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(bytes).unwrap();
        let options = lzma_rust2::XzOptions::with_preset(1);
        let mut xz = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
        xz.write_all(bytes).unwrap();
        [
            (".gz", gzip.finish().unwrap()),
            (".lz4", lz4.finish().unwrap()),
            (".xz", xz.finish().unwrap()),
            (".zst", zstd::encode_all(bytes, 3).unwrap()),
        ]
    }

    fn unpack(name: &str, packed: &[u8], bytes_max: u64) -> io::Result<Vec<u8>> {
        let path = format!("/x{name}");
        let host = MapHost::new().file(&path, packed);
        let mut reader = Packing::of(&path).unwrap().1.open(&host, &path, bytes_max)?;
        let mut bytes = Vec::new();
        while fill(reader.as_mut(), 1_000, &mut bytes)? > 0 {}
        Ok(bytes)
    }

    #[test]
    fn each_form_gives_what_was_packed() {
        let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        for (ending, packed) in packed(&bytes) {
            assert!(unpack(ending, &packed, 2_000_000).unwrap() == bytes, "{ending}");
            let cut = packed.get(..packed.len() / 2).unwrap();
            assert!(unpack(ending, cut, 2_000_000).is_err(), "{ending} is cut");
        }
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        for (ending, packed) in packed(&vec![0; 4_000_000]) {
            assert!(packed.len() < 40_000, "{ending}");
            let error = unpack(ending, &packed, 1_000_000).unwrap_err();
            assert_eq!(error.to_string(), "it is too large", "{ending}");
        }
    }

    #[test]
    fn real_files_of_the_programs_are_read() {
        // Real: `printf 'Package: a\n' | lz4 -c` (lz4 1.9.4), `gzip -c` (1.12), `xz -c` (5.4.1), `zstd -c` (1.5.4), Debian 12.
        for (ending, hex) in [(".lz4", LZ4), (".gz", GZIP), (".xz", XZ), (".zst", ZSTANDARD)] {
            let packed = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
            assert_eq!(unpack(ending, &packed, 100).unwrap(), b"Package: a\n", "{ending}");
        }
    }

    const LZ4: &str = "04224d186440a70b0000805061636b6167653a20610a0000000008536848";
    const GZIP: &str = "1f8b08000000000000030b484cce4e4c4fb55248e40200596f79970b000000";
    const XZ: &str = "fd377a585a000004e6d6b4460200210116000000742fe5a301000a5061636b6167653a20610a0000\
        7dbb61e20eb0ceee0001230bc21bfd091fb6f37d010000000004595a";
    const ZSTANDARD: &str = "28b52ffd04585900005061636b6167653a20610a10f15918";

    #[test]
    fn what_wants_much_memory_is_refused() {
        // Real: the same with `xz -9`, whose dictionary is 64 MiB.
        let packed = data_encoding::HEXLOWER.decode(XZ_LARGE.as_bytes()).unwrap();
        assert!(unpack(".xz", &packed, 100).is_err());
    }

    const XZ_LARGE: &str = "fd377a585a000004e6d6b446020021011c00000010cf58cc01000a5061636b6167653a20610a0000\
        7dbb61e20eb0ceee0001230bc21bfd091fb6f37d010000000004595a";

    #[test]
    fn other_forms_are_not_read() {
        for name in ["x.bz2", "x.lzma", "x", "gz"] {
            assert_eq!(Packing::of(name), None, "{name}");
        }
        assert_eq!(Packing::of("a.b.zst"), Some(("a.b", Packing::Zstandard)));
    }

    #[test]
    fn parts_that_follow_each_other_are_one() {
        // As `cat a.gz b.gz` makes it; gzip, xz and zstd all read it as one file.
        for (ending, one) in packed(b"Package: a\n").into_iter().filter(|it| it.0 != ".lz4") {
            let both = [one.clone(), one].concat();
            assert_eq!(
                unpack(ending, &both, 100).unwrap(),
                b"Package: a\nPackage: a\n",
                "{ending}"
            );
        }
    }

    #[test]
    fn a_file_that_is_cut_off_gives_no_byte_that_was_not_there() {
        let text = b"Package: openssl\nVersion: 3.0.17-1~deb12u2\n".repeat(4);
        for (ending, whole) in packed(&text) {
            for length in 0..whole.len() {
                if let Ok(bytes) = unpack(ending, &whole[..length], 1_000) {
                    assert!(text.starts_with(&bytes), "{ending}, {length}");
                }
            }
        }
    }

    #[test]
    fn a_file_that_may_not_be_read_is_an_error_and_not_empty() {
        for (ending, _) in packed(b"") {
            let path = format!("/x{ending}");
            for host in [MapHost::new(), MapHost::unprivileged().forbid(&path)] {
                let reader = Packing::of(&path).unwrap().1.open(&host, &path, 100);
                let read = reader.and_then(|mut it| fill(it.as_mut(), 100, &mut Vec::new()));
                assert!(read.is_err(), "{ending}");
            }
        }
    }

    #[test]
    fn a_bound_of_exactly_the_size_is_enough() {
        for (ending, whole) in packed(b"0123456789") {
            assert_eq!(unpack(ending, &whole, 10).unwrap(), b"0123456789", "{ending}");
            assert!(unpack(ending, &whole, 9).is_err(), "{ending}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..60, byte: u8) {
            for (ending, mut whole) in packed(b"Package: openssl\nVersion: 1\n\nPackage: openssl\n") {
                let _ = unpack(ending, &bytes, 10_000);
                if let Some(it) = whole.get_mut(at) {
                    *it = byte;
                }
                let _ = unpack(ending, &whole, 10_000);
            }
        }
    }
}
