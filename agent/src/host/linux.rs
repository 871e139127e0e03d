//! Linux answers from its own files and kernel.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the door to the machine that every other module must go through"
)]

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;

use observation::latest::{Absent, Privilege};

use super::{Host, PathStatus, Reply, Request, SystemNames};

/// The machine that this process runs on.
#[derive(Debug, Default)]
pub struct LinuxHost;

impl Host for LinuxHost {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        match request {
            Request::File { path, bytes_max } => read_file(path, *bytes_max).map(Reply::File),
            Request::Folder { path, names_max } => read_folder(path, *names_max).map(Reply::Folder),
            Request::Link { path } => read_link(path).map(Reply::Link),
            Request::Status { path } => path_status(path).map(Reply::Status),
            Request::SystemNames => Ok(Reply::SystemNames(system_names())),
            _ => Err(Absent::Failed {
                doing: format!("answering {request:?}"),
                cause: "no answer is known for this request".to_owned(),
            }),
        }
    }
}

fn read_file(path: &str, bytes_max: u64) -> Result<Vec<u8>, Absent> {
    let absent = |error: &io::Error| absent(path, error);
    let metadata = fs::metadata(path).map_err(|it| absent(&it))?;
    let kind = metadata.file_type();
    // A pipe or device planted in place of a file would block or never end.
    if kind.is_fifo() || kind.is_socket() || kind.is_char_device() || kind.is_block_device() {
        return Err(failed(path, "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|it| absent(&it))?;
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|it| absent(&it))?;
    if bytes.len() as u64 > bytes_max {
        return Err(failed(path, &format!("it is larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

fn read_folder(path: &str, names_max: usize) -> Result<Vec<String>, Absent> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(|it| absent(path, &it))? {
        let entry = entry.map_err(|it| absent(path, &it))?;
        if names.len() == names_max {
            return Err(failed(path, &format!("it holds more than {names_max} entries")));
        }
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

fn read_link(path: &str) -> Result<String, Absent> {
    let target = fs::read_link(path).map_err(|it| absent(path, &it))?;
    Ok(target.to_string_lossy().into_owned())
}

fn path_status(path: &str) -> Result<PathStatus, Absent> {
    let metadata = fs::metadata(Path::new(path)).map_err(|it| absent(path, &it))?;
    Ok(PathStatus {
        is_folder: metadata.is_dir(),
        is_executable: metadata.is_file() && metadata.permissions().mode() & 0o111 != 0,
        size_bytes: metadata.len(),
        owner: metadata.uid(),
        modified_seconds: metadata.mtime(),
    })
}

fn system_names() -> SystemNames {
    let names = rustix::system::uname();
    let text = |it: &std::ffi::CStr| it.to_string_lossy().into_owned();
    SystemNames {
        system: text(names.sysname()),
        node: text(names.nodename()),
        release: text(names.release()),
        version: text(names.version()),
        machine: text(names.machine()),
    }
}

/// *Not here*, *not allowed* or *failed*, by the error of the system.
fn absent(path: &str, error: &io::Error) -> Absent {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Absent::NotHere { looked_at: path.to_owned() }
        }
        io::ErrorKind::PermissionDenied => {
            Absent::NotAllowed { what: path.to_owned(), needs: Privilege::Root }
        }
        _ => failed(path, &error.to_string()),
    }
}

fn failed(path: &str, cause: &str) -> Absent {
    Absent::Failed { doing: format!("reading {path}"), cause: cause.to_owned() }
}
