//! Puts the units of the agent in place, and takes them away again. Writes files and nothing else: no
//! program is started; what is left to do is two commands that the person is told.
//!
//! Where a package manager owns the program, it owns the units too, and nothing is touched.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The units, as packages install them.
const UNITS: &[(&str, &str)] = &[
    (
        "kataster-agent-reader.socket",
        include_str!("../../../deploy/systemd/kataster-agent-reader.socket"),
    ),
    (
        "kataster-agent-reader@.service",
        include_str!("../../../deploy/systemd/kataster-agent-reader@.service"),
    ),
    (
        "kataster-agent-scanner.service",
        include_str!("../../../deploy/systemd/kataster-agent-scanner.service"),
    ),
    ("kataster-agent.service", include_str!("../../../deploy/systemd/kataster-agent.service")),
];
/// Units that start with the system, and the target that wants them. The scanner only where somebody
/// configured it.
const ENABLED: &[(&str, &str)] = &[
    ("kataster-agent-reader.socket", "sockets.target.wants"),
    ("kataster-agent.service", "multi-user.target.wants"),
];
/// What the units call the program and the account.
const PROGRAM: &str = "/usr/bin/kataster-agent";
const ACCOUNT: &str = "kataster-agent";
/// Where units of the administrator lie (systemd.unit(5)).
const UNIT_FOLDER: &str = "etc/systemd/system";
/// Where accounts are declared (sysusers.d(5)).
const ACCOUNTS: &str = "etc/sysusers.d/kataster-agent.conf";
/// The configuration; made empty where there is none, because the unit names it.
const CONFIG: &str = "etc/kataster-agent/agent.toml";
/// There while systemd is the init (sd_booted(3)).
const BOOTED: &str = "run/systemd/system";
/// The first line of a file of ours: others are not touched.
const MARK: &str =
    "# Written by `kataster-agent service install`; `service uninstall` removes it.\n";
/// Folders that belong to package managers (file-hierarchy(7)).
const PACKAGED: &[&str] = &["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/lib/"];
/// Longest name of an account (useradd(8)).
const ACCOUNT_BYTES_MAX: usize = 32;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The init system is another one.
    #[error("systemd does not run here")]
    OtherInit,
    /// A package manager owns the program.
    #[error("{program} belongs to a package manager, which installs the service too")]
    Packaged {
        /// The program.
        program: String,
    },
    /// A file of the same name is not ours.
    #[error("{path} was not written by this command")]
    Foreign {
        /// The file.
        path: String,
    },
    /// The account cannot have that name, or the program that path.
    #[error("{name} cannot be used in a unit")]
    BadName {
        /// The name.
        name: String,
    },
    /// The system refuses.
    #[error("{doing} {path}")]
    Io {
        /// The operation.
        doing: &'static str,
        /// Its object.
        path: String,
        /// The cause.
        source: io::Error,
    },
}

/// The service of this machine.
#[derive(Debug)]
pub struct Installation {
    root: PathBuf,
    program: String,
    account: String,
}

impl Installation {
    /// The service below `root` (`/`), which runs `program` under `account`.
    ///
    /// # Errors
    /// If one of both cannot stand in a unit.
    pub fn new(root: &Path, program: &Path, account: Option<&str>) -> Result<Self, InstallError> {
        let account = account.unwrap_or(ACCOUNT).to_owned();
        let is_letter =
            |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"_-".contains(&it);
        let is_account = account.len() <= ACCOUNT_BYTES_MAX
            && account.bytes().next().is_some_and(|it| it.is_ascii_lowercase() || it == b'_')
            && account.bytes().all(is_letter);
        if !is_account {
            return Err(InstallError::BadName { name: account });
        }
        let program = program.display().to_string();
        // Spaces, quotes and percent signs mean something in a unit.
        let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"/._-+".contains(&it);
        if !program.starts_with('/') || !program.bytes().all(is_plain) {
            return Err(InstallError::BadName { name: program });
        }
        Ok(Self { root: root.to_owned(), program, account })
    }

    /// Writes what is missing or was written by an older version. Gives the files that changed.
    ///
    /// # Errors
    /// If there is no systemd, or the files are somebody else's; nothing has changed then.
    pub fn install(&self) -> Result<Vec<PathBuf>, InstallError> {
        self.check()?;
        let mut changed = Vec::new();
        for (path, text) in self.files() {
            if self.is_foreign(&path)? {
                return Err(InstallError::Foreign { path: path.display().to_string() });
            }
            if read(&path)?.as_deref() != Some(text.as_str()) {
                changed.push((path, text));
            }
        }
        for (path, text) in &changed {
            write(path, text)?;
        }
        let mut changed: Vec<PathBuf> = changed.into_iter().map(|it| it.0).collect();
        let config = self.root.join(CONFIG);
        if read(&config)?.is_none() {
            write(&config, "# See the documentation; everything has a default.\n")?;
            changed.push(config);
        }
        for (link, target) in self.links() {
            match fs::read_link(&link) {
                Ok(found) if found == target => {}
                _ => {
                    make_folder_of(&link)?;
                    remove(&link)?;
                    symlink(&target, &link).map_err(failed("linking", &link))?;
                    changed.push(link);
                }
            }
        }
        Ok(changed)
    }

    /// Removes what [`Installation::install`] wrote, except configuration and data.
    ///
    /// # Errors
    /// If the files are somebody else's.
    pub fn uninstall(&self) -> Result<Vec<PathBuf>, InstallError> {
        self.check()?;
        let files: Vec<PathBuf> = self.files().into_iter().map(|it| it.0).collect();
        for path in &files {
            if self.is_foreign(path)? {
                return Err(InstallError::Foreign { path: path.display().to_string() });
            }
        }
        let links = self.links().into_iter().map(|it| it.0);
        let mut removed = Vec::new();
        for path in links.chain(files) {
            if fs::symlink_metadata(&path).is_ok() {
                remove(&path)?;
                removed.push(path);
            }
        }
        Ok(removed)
    }

    fn check(&self) -> Result<(), InstallError> {
        if is_packaged(&self.program) {
            return Err(InstallError::Packaged { program: self.program.clone() });
        }
        if !self.root.join(BOOTED).is_dir() {
            return Err(InstallError::OtherInit);
        }
        Ok(())
    }

    /// All files with what stands in them.
    fn files(&self) -> Vec<(PathBuf, String)> {
        let folder = self.root.join(UNIT_FOLDER);
        let units = UNITS.iter().map(|(name, text)| (folder.join(name), self.unit(text)));
        let accounts =
            format!("{MARK}u {} - \"Kataster agent\" /var/lib/kataster-agent -\n", self.account);
        units.chain([(self.root.join(ACCOUNTS), accounts)]).collect()
    }

    /// A unit for this program and account: only whole values are replaced, never parts of names.
    fn unit(&self, text: &str) -> String {
        let lines = text.lines().map(|line| {
            let Some((key, value)) = line.split_once('=') else { return line.to_owned() };
            if line.starts_with('#') {
                return line.to_owned();
            }
            match key {
                "ExecStart" => {
                    let value = value.replace(PROGRAM, &self.program);
                    let account = format!("--account {}", self.account);
                    format!("{key}={}", value.replace(&format!("--account {ACCOUNT}"), &account))
                }
                "User" | "Group" | "SocketUser" | "SocketGroup" if value == ACCOUNT => {
                    format!("{key}={}", self.account)
                }
                _ => line.to_owned(),
            }
        });
        let lines: Vec<String> = lines.collect();
        format!("{MARK}{}\n", lines.join("\n"))
    }

    fn links(&self) -> Vec<(PathBuf, PathBuf)> {
        let folder = self.root.join(UNIT_FOLDER);
        let link = |(unit, wants): &(&str, &str)| {
            (folder.join(wants).join(unit), Path::new("..").join(unit))
        };
        ENABLED.iter().map(link).collect()
    }

    fn is_foreign(&self, path: &Path) -> Result<bool, InstallError> {
        Ok(read(path)?.is_some_and(|it| !it.starts_with(MARK)))
    }
}

/// Whether a program lies where package managers put theirs.
#[must_use]
pub fn is_packaged(program: &str) -> bool {
    PACKAGED.iter().any(|it| program.starts_with(it))
}

/// Largest file that is compared.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// The text of a file; none: there is none. What is no text of ours reads as something foreign.
fn read(path: &Path) -> Result<Option<String>, InstallError> {
    use std::io::Read;
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("reading", path)(error)),
    };
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed("reading", path))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn write(path: &Path, text: &str) -> Result<(), InstallError> {
    make_folder_of(path)?;
    let unfinished = path.with_added_extension("unfinished");
    fs::write(&unfinished, text).map_err(failed("writing", &unfinished))?;
    fs::rename(&unfinished, path).map_err(failed("writing", path))
}

fn make_folder_of(path: &Path) -> Result<(), InstallError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(failed("making the folder", folder))
}

fn remove(path: &Path) -> Result<(), InstallError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("removing", path)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> InstallError + use<> {
    let path = path.display().to_string();
    move |source| InstallError::Io { doing, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(is_systemd: bool) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        if is_systemd {
            fs::create_dir_all(root.path().join(BOOTED)).unwrap();
        }
        root
    }

    fn service(root: &Path, account: Option<&str>) -> Installation {
        Installation::new(root, Path::new("/opt/kataster/kataster-agent"), account).unwrap()
    }

    fn text(root: &Path, name: &str) -> String {
        read(&root.join(UNIT_FOLDER).join(name)).unwrap().unwrap()
    }

    #[test]
    fn what_was_installed_is_there_once_and_goes_again() {
        let root = machine(true);
        let service = service(root.path(), Some("inventar"));
        assert_eq!(service.install().unwrap().len(), UNITS.len() + 2 + ENABLED.len());
        assert_eq!(service.install().unwrap(), Vec::<PathBuf>::new());
        let unit = text(root.path(), "kataster-agent.service");
        assert!(unit.contains("\nUser=inventar\n"), "{unit}");
        assert!(unit.contains("ExecStart=/opt/kataster/kataster-agent run"), "{unit}");
        assert!(unit.contains("StateDirectory=kataster-agent"), "{unit}");
        let socket = text(root.path(), "kataster-agent-reader.socket");
        assert!(socket.contains("\nSocketUser=inventar\n"), "{socket}");
        let reader = text(root.path(), "kataster-agent-reader@.service");
        assert!(reader.contains("reader --account inventar"), "{reader}");
        assert!(reader.contains("\nUser=kataster-agent-reader\n"), "{reader}");
        let wants = root.path().join(UNIT_FOLDER).join("multi-user.target.wants");
        assert!(wants.join("kataster-agent.service").exists());
        assert_eq!(service.uninstall().unwrap().len(), UNITS.len() + 1 + ENABLED.len());
        assert_eq!(service.uninstall().unwrap(), Vec::<PathBuf>::new());
        assert!(root.path().join(CONFIG).exists());
    }

    #[test]
    fn files_of_others_are_left_alone() {
        let root = machine(true);
        let path = root.path().join(UNIT_FOLDER).join("kataster-agent.service");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "[Service]\nExecStart=/bin/true\n").unwrap();
        let service = service(root.path(), None);
        assert!(matches!(service.install(), Err(InstallError::Foreign { .. })));
        assert!(matches!(service.uninstall(), Err(InstallError::Foreign { .. })));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_package_manager_and_another_init_are_told_apart() {
        let root = machine(true);
        let packaged = Installation::new(root.path(), Path::new(PROGRAM), None).unwrap();
        assert!(matches!(packaged.install(), Err(InstallError::Packaged { .. })));
        let other = machine(false);
        assert!(matches!(service(other.path(), None).install(), Err(InstallError::OtherInit)));
    }

    #[test]
    fn names_that_would_mean_something_in_a_unit_are_refused() {
        let new = |program: &str, account: &str| {
            Installation::new(Path::new("/"), Path::new(program), Some(account)).is_ok()
        };
        assert!(new("/opt/a/kataster-agent", "agent_1"));
        for program in ["kataster-agent", "/opt/my agent", "/opt/%h/x", "/opt/x\nUser=root"] {
            assert!(!new(program, "agent"), "{program}");
        }
        for account in ["", "Agent", "a b", "root\nUser=x", &"a".repeat(33), "-a"] {
            assert!(!new("/opt/x", account), "{account}");
        }
    }
}
