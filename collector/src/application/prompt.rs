//! Passwords: typed at the terminal without being shown, or read from a file. Never from the command
//! line, where every user of the machine can read them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use wording::Wording;
use zeroize::Zeroizing;

use crate::accounts::{PASSWORD_BYTES_MAX, Secret, close_memory};
use crate::failure::{ExitCode, Failure};

/// The terminal of the process, wherever its input and output go.
const TERMINAL: &str = "/dev/tty";
/// Bytes of a password file that are read: one more than a password has, and a line break.
const FILE_BYTES_MAX: usize = PASSWORD_BYTES_MAX + 3;

/// Asks for the password of an account.
pub(super) fn password(account: &str, wording: &Wording) -> Result<Secret, Failure> {
    close_memory();
    let arguments = [("name", account.to_owned().into())];
    ask(&wording.text_with("account-prompt", &arguments))
}

/// Asks for a new password, twice.
pub(super) fn new_password(account: &str, wording: &Wording) -> Result<Secret, Failure> {
    close_memory();
    let arguments = [("name", account.to_owned().into())];
    let first = ask(&wording.text_with("account-prompt-new", &arguments))?;
    let second = ask(&wording.text_with("account-prompt-again", &arguments))?;
    if first != second {
        return Err(Failure::new(ExitCode::Usage, "passwords-differ", account));
    }
    Ok(first)
}

/// The password in the first line of a file that only its owner can read.
pub(super) fn from_file(path: &Path) -> Result<Secret, Failure> {
    let object = || path.display().to_string();
    let failed = |error: io::Error| {
        Failure::new(ExitCode::Failed, "read", object()).because(error.to_string())
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let mode = metadata.permissions().mode() & 0o777;
    // A pipe belongs to whoever made it; a file can be read by everybody whom its mode lets.
    if metadata.is_file() && mode & 0o077 != 0 {
        let mode = format!("{mode:o}");
        return Err(Failure::new(ExitCode::Refused, "password-file-open", object()).because(mode));
    }
    close_memory();
    // As large as it gets: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX));
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    file.take(FILE_BYTES_MAX as u64).read_to_end(&mut bytes).map_err(failed)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|it| failed(io::Error::new(io::ErrorKind::InvalidData, it.to_string())))?;
    Ok(Secret::of_line(text))
}

fn ask(question: &str) -> Result<Secret, Failure> {
    let opened = OpenOptions::new().read(true).write(true).open(TERMINAL);
    let mut terminal = opened
        .map_err(|it| Failure::new(ExitCode::Usage, "no-terminal", "").because(it.to_string()))?;
    let failed = |error: io::Error| {
        Failure::new(ExitCode::Failed, "read", TERMINAL).because(error.to_string())
    };
    let hidden = Hidden::new(&terminal).map_err(failed)?;
    let typed = write!(terminal, "{question} ").and_then(|()| line(&mut terminal));
    drop(hidden);
    let _ = writeln!(terminal);
    typed.map_err(failed)?.ok_or_else(|| Failure::new(ExitCode::Interrupted, "interrupted", ""))
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Hidden {
    terminal: File,
    before: Termios,
}

impl Hidden {
    fn new(terminal: &File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut modes = before.clone();
        // Ctrl-C comes as a character, so that the terminal is as before when the process ends.
        modes.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(terminal, OptionalActions::Flush, &modes)?;
        Ok(Self { terminal: terminal.try_clone()?, before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// What is typed up to the end of the line; none: it was broken off.
fn line(input: &mut impl Read) -> io::Result<Option<Secret>> {
    // As large as it gets: a buffer that grows leaves copies behind.
    let mut typed = Zeroizing::new(Vec::with_capacity(PASSWORD_BYTES_MAX + 1));
    let mut byte = Zeroizing::new([0]);
    loop {
        if input.read(byte.as_mut_slice())? == 0 {
            return Ok(None);
        }
        match *byte {
            [b'\r' | b'\n'] => break,
            // Ctrl-C, Ctrl-D.
            [3 | 4] => return Ok(None),
            // Backspace takes the last character, of however many bytes.
            [8 | 127] => while typed.pop().is_some_and(|it| it & 0xc0 == 0x80) {},
            // Ctrl-U takes all.
            [21] => typed.clear(),
            [other] if typed.len() <= PASSWORD_BYTES_MAX => typed.push(other),
            [_] => {}
        }
    }
    let text = std::str::from_utf8(&typed)
        .map_err(|it| io::Error::new(io::ErrorKind::InvalidData, it.to_string()))?;
    Ok(Some(Secret::new(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(bytes: &[u8]) -> Option<String> {
        line(&mut &*bytes).unwrap().map(|it| it.reveal().to_owned())
    }

    #[test]
    fn a_line_is_typed_corrected_and_broken_off() {
        assert_eq!(typed(b"horse\r").as_deref(), Some("horse"));
        assert_eq!(typed(b"horsf\x7fe\nmore").as_deref(), Some("horse"));
        assert_eq!(typed("groß\x7fss\n".as_bytes()).as_deref(), Some("gross"));
        assert_eq!(typed(b"\x7f\x08a\n").as_deref(), Some("a"));
        assert_eq!(typed(b"wrong\x15right\n").as_deref(), Some("right"));
        for broken in [&b"horse"[..], b"horse\x03\n", b"\x04"] {
            assert_eq!(typed(broken), None);
        }
        assert!(line(&mut &b"\xff\n"[..]).is_err());
        let long = [vec![b'x'; 5000], b"\n".to_vec()].concat();
        assert_eq!(typed(&long).map(|it| it.len()), Some(PASSWORD_BYTES_MAX + 1));
    }

    #[test]
    fn a_password_file_is_for_its_owner_alone() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"correct horse\r\n").unwrap();
        let mode = |mode| {
            file.as_file().set_permissions(std::fs::Permissions::from_mode(mode)).unwrap();
            from_file(file.path())
        };
        assert_eq!(mode(0o600).unwrap().reveal(), "correct horse");
        for open in [0o640, 0o604, 0o644] {
            assert_eq!(mode(open).unwrap_err().key, "password-file-open");
        }
    }
}
