//! Walks a folder: bounded, on one file system, without following a link.

use std::collections::HashSet;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use observation::latest::Absent;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, Stat};
use rustix::io::Errno;

use super::{absent, failed, read_file};
use crate::host::{EntryKind, FileForm, Tree, TreeEntry, TreeMarks};

/// Where the kernel lists what is mounted.
const MOUNTS: &str = "/proc/self/mountinfo";
/// Most bytes of that list.
const MOUNTS_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Bytes of entries that the kernel gives at once.
const BUFFER_BYTES: usize = 32 * 1024;
/// Deepest walk whatever is asked: each level holds a descriptor.
const DEPTH_MAX: u32 = 32;
/// Deepest look below a folder of packages: `@scope/package` of npm, `package/_vendor` of Python. Folders of packages
/// inside of packages count anew.
const PACKAGE_DEPTH: u32 = 2;
/// The tag of folders whose content can be made again (Cache Directory Tagging Specification).
const CACHE_TAG: &CStr = c"CACHEDIR.TAG";
/// Bytes at the start of a file that tell its form.
const HEAD_BYTES: usize = 16;

/// Endings of names that programs and shared libraries do not bear: nine of ten files in the folders of languages.
const OTHER_ENDINGS: &[&str] = &[
    "a", "aiff", "au", "bz2", "c", "cfg", "conf", "cpp", "crt", "css", "csv", "d", "decTest",
    "diff", "gif", "go", "gz", "h", "hpp", "html", "ico", "in", "java", "jpg", "js", "json", "log",
    "map", "md", "mjs", "mo", "mp3", "o", "patch", "pc", "pdf", "pem", "php", "png", "po", "py",
    "pyc", "pyi", "pyo", "rb", "rbs", "rlib", "rmeta", "rs", "rst", "sql", "svg", "toml", "ts",
    "ttf", "txt", "wav", "woff2", "xml", "xz", "yaml", "yml", "zip",
];

/// What the marks choose below a folder.
pub(super) fn tree(
    path: &str,
    depth_max: u32,
    entries_max: u32,
    marks: &TreeMarks,
) -> Result<Tree, Absent> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let root =
        rustix::fs::open(path, flags, Mode::empty()).map_err(|it| absent(path, &it.into()))?;
    tree_below(root, path, [depth_max, entries_max], marks, None)
}

/// The same below a folder that is open already. With an `owner` only what belongs to that account is
/// entered and told.
pub(super) fn tree_below(
    root: OwnedFd,
    path: &str,
    [depth_max, entries_max]: [u32; 2],
    marks: &TreeMarks,
    owner: Option<u32>,
) -> Result<Tree, Absent> {
    let state = rustix::fs::fstat(&root).map_err(|it| absent(path, &it.into()))?;
    let mounts = read_file(MOUNTS, MOUNTS_BYTES_MAX)?;
    let mut walk = Walk {
        owner,
        device: state.st_dev,
        mounted: mounted_below(path, &mounts),
        entries_left: entries_max,
        marks,
        tree: Tree { entries: Vec::new(), is_complete: true, has_closed: false },
    };
    let below = Below { depth_left: depth_max.min(DEPTH_MAX), package_depth_left: None };
    walk.folder(root, path.trim_end_matches('/'), below)
        .map_err(|it| failed(path, &it.to_string()))?;
    walk.tree.entries.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(walk.tree)
}

struct Walk<'a> {
    owner: Option<u32>,
    device: u64,
    /// Other file systems, which are not even looked at: that alone may mount them or wait for ever.
    mounted: HashSet<String>,
    entries_left: u32,
    marks: &'a TreeMarks,
    tree: Tree,
}

/// What holds in a folder.
#[derive(Clone, Copy)]
struct Below {
    depth_left: u32,
    /// How many steps below a folder of packages remain; none outside of such folders.
    package_depth_left: Option<u32>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: OwnedFd, path: &str, here: Below) -> rustix::io::Result<()> {
        let mut buffer = [const { MaybeUninit::<u8>::uninit() }; BUFFER_BYTES];
        let mut below: Vec<String> = Vec::new();
        let mut entries = RawDir::new(folder.as_fd(), &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            if self.entries_left == 0 {
                self.tree.is_complete = false;
                return Ok(());
            }
            self.entries_left -= 1;
            if name == CACHE_TAG {
                return Ok(());
            }
            // A name that is not text cannot be asked for afterwards, and could not be shown.
            let Ok(text) = name.to_str() else { continue };
            let mut kind = entry.file_type();
            if kind == FileType::Unknown {
                let Some(state) = state_of(folder.as_fd(), name) else { continue };
                kind = FileType::from_raw_mode(state.st_mode);
            }
            match kind {
                FileType::Directory => below.extend(self.enter(path, text)),
                FileType::RegularFile => {
                    let programs = self.marks.programs && here.package_depth_left.is_none();
                    self.file(folder.as_fd(), path, name, text, programs);
                }
                FileType::Symlink
                | FileType::Fifo
                | FileType::Socket
                | FileType::CharacterDevice
                | FileType::BlockDevice
                | FileType::Unknown => {}
            }
        }
        self.folders(&folder, path, below, here)
    }

    /// The name of a folder that is to be entered; marked folders are told and stay closed.
    fn enter(&mut self, path: &str, name: &str) -> Option<String> {
        let whole = format!("{path}/{name}");
        if self.marks.passed_over.iter().any(|it| is_path_end(&whole, it)) {
            return None;
        }
        if self.mounted.contains(&whole) {
            return None;
        }
        if self.marks.folder_endings.iter().any(|it| name.ends_with(it.as_str())) {
            self.tree.entries.push(TreeEntry {
                path: whole,
                kind: EntryKind::Folder,
                size_bytes: 0,
                modified_seconds: 0,
                inode: 0,
                owner: 0,
                is_executable: false,
                form: None,
            });
            return None;
        }
        Some(name.to_owned())
    }

    fn folders(
        &mut self,
        parent: &OwnedFd,
        path: &str,
        mut below: Vec<String>,
        here: Below,
    ) -> rustix::io::Result<()> {
        if below.is_empty() {
            return Ok(());
        }
        let Some(depth_left) = here.depth_left.checked_sub(1) else {
            self.tree.is_complete = false;
            return Ok(());
        };
        below.sort_unstable();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        for name in below {
            let package_depth_left = if self.marks.package_folders.contains(&name) {
                Some(PACKAGE_DEPTH)
            } else {
                match here.package_depth_left.map(|it| it.checked_sub(1)) {
                    // The inside of a package, which its description at the top speaks for.
                    Some(None) => continue,
                    left => left.flatten(),
                }
            };
            // A folder that is gone, closed to us or was swapped for a link since costs itself.
            let folder = match rustix::fs::openat(parent, name.as_str(), flags, Mode::empty()) {
                Ok(folder) => folder,
                Err(error) => {
                    self.tree.has_closed |= error == Errno::ACCESS;
                    continue;
                }
            };
            let is_here = rustix::fs::fstat(&folder)
                .is_ok_and(|state| state.st_dev == self.device && self.is_owned(&state));
            if is_here {
                let below = Below { depth_left, package_depth_left };
                // So does one that cannot be read to its end.
                if self.folder(folder, &format!("{path}/{name}"), below).is_err() {
                    self.tree.is_complete = false;
                }
            }
        }
        Ok(())
    }

    fn is_owned(&self, state: &Stat) -> bool {
        self.owner.is_none_or(|it| it == state.st_uid)
    }

    fn file(
        &mut self,
        folder: BorrowedFd<'_>,
        path: &str,
        name: &CStr,
        text: &str,
        programs: bool,
    ) {
        let is_named = self.marks.file_names.iter().any(|it| it == text)
            || self.marks.file_endings.iter().any(|it| text.ends_with(it.as_str()));
        let may_be_program = programs && !is_of_another_kind(text);
        if !is_named && !may_be_program {
            return;
        }
        let Some(state) = state_of(folder, name).filter(|it| self.is_owned(it)) else { return };
        let is_executable = state.st_mode & 0o111 != 0;
        let may_be_program =
            may_be_program && (is_executable || text.ends_with(".so") || text.contains(".so."));
        let form = if may_be_program { form_of(folder, name) } else { Ok(None) };
        self.tree.has_closed |= form == Err(Errno::ACCESS);
        let form = form.unwrap_or_default();
        if is_named || form.is_some() {
            self.tree.entries.push(TreeEntry {
                path: format!("{path}/{text}"),
                kind: EntryKind::File,
                size_bytes: u64::try_from(state.st_size).unwrap_or(0),
                modified_seconds: state.st_mtime,
                inode: state.st_ino,
                owner: state.st_uid,
                is_executable,
                form,
            });
        }
    }
}

fn state_of(folder: BorrowedFd<'_>, name: &CStr) -> Option<Stat> {
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()
}

fn is_of_another_kind(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, it)| it);
    ending.is_some_and(|it| OTHER_ENDINGS.binary_search(&it).is_ok())
}

/// What a file is by its first bytes.
fn form_of(folder: BorrowedFd<'_>, name: &CStr) -> rustix::io::Result<Option<FileForm>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, name, flags, Mode::empty())?;
    let mut head = [0_u8; HEAD_BYTES];
    let count = rustix::io::pread(&file, &mut head, 0)?;
    Ok(head.get(..count).and_then(form))
}

/// The form of a file that starts so: ELF (gABI, `e_ident`), AppImage (its specification: `AI` and the
/// type in the unused bytes of `e_ident`).
fn form(head: &[u8]) -> Option<FileForm> {
    if !head.starts_with(b"\x7fELF") {
        return None;
    }
    match head.get(8..11) {
        Some([b'A', b'I', 1 | 2]) => Some(FileForm::AppImage),
        _ => Some(FileForm::Elf),
    }
}

/// Whether a path ends with these whole steps.
fn is_path_end(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|it| it.ends_with('/'))
}

/// What is mounted below a folder (proc_pid_mountinfo(5)).
fn mounted_below(path: &str, mountinfo: &[u8]) -> HashSet<String> {
    let text = String::from_utf8_lossy(mountinfo);
    let points = text.lines().filter_map(|line| line.split(' ').nth(4));
    points
        .map(|it| it.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        .filter(|it| it.len() > path.len() && it.starts_with(path))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use super::*;

    fn marks() -> TreeMarks {
        TreeMarks {
            file_names: vec!["package.json".to_owned()],
            file_endings: vec![".jar".to_owned()],
            folder_endings: vec![".dist-info".to_owned()],
            passed_over: vec!["lib/cache".to_owned()],
            ..TreeMarks::default()
        }
    }

    fn write(folder: &Path, path: &str, content: &str) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn check(
        folder: &Path,
        depth_max: u32,
        entries_max: u32,
        marks: &TreeMarks,
    ) -> (Vec<String>, bool) {
        let path = folder.to_str().unwrap();
        let tree = tree(path, depth_max, entries_max, marks).unwrap();
        let names = tree.entries.iter().map(|it| it.path[path.len() + 1..].to_owned());
        (names.collect(), tree.is_complete)
    }

    #[test]
    fn marked_entries_are_told_and_caches_and_links_are_not_entered() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        write(here, "a/package.json", "{}");
        write(here, "a/x.jar", "");
        write(here, "a/other", "");
        write(here, "b/x-1.dist-info/package.json", "");
        write(here, "lib/cache/package.json", "");
        write(here, "tagged/CACHEDIR.TAG", "");
        write(here, "tagged/below/package.json", "");
        symlink("a", here.join("linked")).unwrap();
        symlink("/", here.join("root")).unwrap();
        let expected = ["a/package.json", "a/x.jar", "b/x-1.dist-info"].map(str::to_owned);
        assert_eq!(check(here, 8, 100, &marks()), (expected.to_vec(), true));
    }

    #[test]
    fn a_walk_ends_at_its_bounds_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a/b/package.json", "");
        assert_eq!(check(folder.path(), 1, 100, &marks()), (vec![], false));
        assert_eq!(check(folder.path(), 2, 2, &marks()), (vec![], false));
        assert!(check(folder.path(), 2, 3, &marks()).1);
    }

    #[test]
    fn programs_are_told_by_their_first_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        for (path, content, mode) in [
            ("elf", "\x7fELF\u{2}\u{1}\u{1}\0\0\0\0\0", 0o755),
            ("script", "#!/bin/sh\n", 0o755),
            ("object.o", "\x7fELF", 0o644),
            ("lib.so.1", "\x7fELF", 0o644),
            ("tool.AppImage", "\x7fELF\u{2}\u{1}\u{1}\0AI\u{2}", 0o755),
            ("named.txt", "\x7fELF", 0o755),
            ("site-packages/below/lib.so", "\x7fELF", 0o755),
        ] {
            write(here, path, content);
            fs::set_permissions(here.join(path), fs::Permissions::from_mode(mode)).unwrap();
        }
        let package_folders = vec!["site-packages".to_owned()];
        let marks = TreeMarks { programs: true, package_folders, ..TreeMarks::default() };
        let tree = tree(here.to_str().unwrap(), 3, 100, &marks).unwrap();
        let forms: Vec<(&str, FileForm)> = tree
            .entries
            .iter()
            .map(|it| (it.path.rsplit('/').next().unwrap(), it.form.unwrap()))
            .collect();
        let expected = [
            ("elf", FileForm::Elf),
            ("lib.so.1", FileForm::Elf),
            ("tool.AppImage", FileForm::AppImage),
        ];
        assert_eq!(forms, expected);
    }

    #[test]
    fn of_a_package_only_the_top_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        write(here, "m/@s/x/package.json", "");
        write(here, "m/@s/x/m/@t/y/package.json", "");
        write(here, "m/z/lib/package.json", "");
        write(here, "m/z/lib/deeper/package.json", "");
        let marks = TreeMarks { package_folders: vec!["m".to_owned()], ..marks() };
        let expected =
            ["m/@s/x/m/@t/y/package.json", "m/@s/x/package.json", "m/z/lib/package.json"];
        assert_eq!(check(here, 9, 100, &marks), (expected.map(str::to_owned).to_vec(), true));
    }

    #[test]
    fn the_other_endings_are_sorted() {
        assert!(OTHER_ENDINGS.is_sorted());
        assert!(is_of_another_kind("a.so.py") && !is_of_another_kind("py"));
    }

    #[test]
    fn a_link_or_a_missing_folder_is_no_root() {
        let folder = tempfile::tempdir().unwrap();
        symlink("/usr", folder.path().join("linked")).unwrap();
        let linked = folder.path().join("linked");
        assert!(tree(linked.to_str().unwrap(), 1, 10, &marks()).is_err());
        assert!(matches!(tree("/nonexistent", 1, 10, &marks()), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn what_is_mounted_below_is_known_without_a_look() {
        let text = b"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
            30 22 0:40 / /home/al\\040ice rw - nfs server:/x rw\nbroken\n\
            31 22 0:41 / /home rw - nfs server:/x rw\n";
        let expected = HashSet::from(["/home/al ice".to_owned()]);
        assert_eq!(mounted_below("/home", text), expected);
    }
}
