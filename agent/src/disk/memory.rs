//! A disk in memory that fails when told to: full, or cut off in the middle of a write.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use super::Disk;

/// How the disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fault {
    /// It does not.
    #[default]
    None,
    /// No space is left.
    Full,
    /// The write ends in the middle and the file stands there under its final name, as on a file
    /// system that does not keep its promises.
    Torn,
}

#[derive(Debug, Default)]
struct Content {
    files: BTreeMap<String, Vec<u8>>,
    fault: Fault,
    writes: u64,
}

/// Clones share their content, as processes that follow each other do.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<Content>>);

impl MemoryDisk {
    pub(crate) fn set_fault(&self, fault: Fault) {
        self.0.lock().unwrap().fault = fault;
    }

    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        self.0.lock().unwrap().files.insert(name.to_owned(), content.to_vec());
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().files.keys().cloned().collect()
    }
}

impl Disk for MemoryDisk {
    fn read(&self, name: &str, bytes_max: u64) -> io::Result<Vec<u8>> {
        let content = self.0.lock().unwrap().files.get(name).cloned();
        let content = content.ok_or(io::ErrorKind::NotFound)?;
        if content.len() as u64 > bytes_max {
            return Err(io::Error::other("too large"));
        }
        Ok(content)
    }

    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut inner = self.0.lock().unwrap();
        inner.writes += 1;
        match inner.fault {
            Fault::None => {
                inner.files.insert(name.to_owned(), content.to_vec());
                Ok(())
            }
            Fault::Full => Err(io::ErrorKind::StorageFull.into()),
            Fault::Torn => {
                let half = content[..content.len() / 2].to_vec();
                inner.files.insert(name.to_owned(), half);
                Err(io::ErrorKind::Interrupted.into())
            }
        }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.lock().unwrap().files.remove(name);
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.0.lock().unwrap();
        let content = inner.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        inner.files.insert(to.to_owned(), content);
        Ok(())
    }

    fn list(&self, folder: &str) -> io::Result<Vec<(String, u64)>> {
        let inner = self.0.lock().unwrap();
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let below = inner.files.iter().filter_map(|(name, content)| {
            let rest = name.strip_prefix(&prefix)?;
            (!rest.contains('/')).then(|| (rest.to_owned(), content.len() as u64))
        });
        Ok(below.collect())
    }
}
