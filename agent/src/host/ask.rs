//! Shorter ways to ask, for every kind of host.

use observation::ContentHash;
use observation::latest::{Absent, LinkNeighbour};

use super::{
    ClockState, DiskLog, Figures, FwupdDevice, Host, LinkState, LuksHeader, ManagementNetwork,
    NeighbourState, NetworkDriver, NetworkState, PasswordGuards, PathStatus, Reply, Request,
    Rights, RouteState, RuleSet, Sampled, Space, SystemNames, Tree, TreeMarks,
};

/// Most bytes of an ordinary small file (`/etc`, `/proc`, `/sys`).
const SMALL_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Most names in an ordinary folder.
const FOLDER_NAMES_MAX: usize = 100_000;

/// Shorter ways to ask.
pub trait Ask {
    /// A small file, as text; bytes that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn text(&self, path: &str) -> Result<String, Absent>;
    /// One trimmed line; none where the file is empty or cannot be read.
    fn line(&self, path: &str) -> Option<String>;
    /// A file of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn bytes(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>, Absent>;
    /// SHA-256 of a file of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn file_hash(&self, path: &str, bytes_max: u64) -> Result<ContentHash, Absent>;
    /// Bytes of a file from an offset on; links are followed.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn part(&self, path: &str, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Absent>;
    /// The same of a file below a folder that users may write: no link is followed.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn part_of_entry(&self, path: &str, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Absent>;
    /// The marked entries below a folder.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn tree(
        &self,
        path: &str,
        depth_max: u32,
        entries_max: u32,
        marks: &TreeMarks,
    ) -> Result<Tree, Absent>;
    /// The names in a folder.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn names(&self, path: &str) -> Result<Vec<String>, Absent>;
    /// Where a symbolic link leads.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn link(&self, path: &str) -> Result<String, Absent>;
    /// What a path is.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn status(&self, path: &str) -> Result<PathStatus, Absent>;
    /// Size and free space of the file system that a path is on.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn space(&self, path: &str) -> Result<Space, Absent>;
    /// What uname(2) says.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn system_names(&self) -> Result<SystemNames, Absent>;
    /// The rights of this process.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn rights(&self) -> Result<Rights, Absent>;
    /// Links and their addresses.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn links(&self) -> Result<Vec<LinkState>, Absent>;
    /// The main routing table.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn routes(&self) -> Result<Vec<RouteState>, Absent>;
    /// The neighbour table.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn neighbours(&self) -> Result<Vec<NeighbourState>, Absent>;
    /// Memory, start and cores.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn figures(&self) -> Result<Figures, Absent>;
    /// The rules of the packet filter.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn firewall(&self) -> Result<RuleSet, Absent>;
    /// Links and routes of the network namespace that a process is in.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn network_of(&self, process: u32) -> Result<NetworkState, Absent>;
    /// What guards the local accounts.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn password_guards(&self) -> Result<PasswordGuards, Absent>;
    /// The numbers of the sockets that a process holds.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn sockets_of(&self, process: u32) -> Result<Vec<u64>, Absent>;
    /// The health log of one disk.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn disk_log(&self, disk: &str) -> Result<DiskLog, Absent>;
    /// The devices that a running fwupd knows.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn fwupd_devices(&self) -> Result<Vec<FwupdDevice>, Absent>;
    /// The header of a LUKS volume.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn luks_header(&self, device: &str) -> Result<LuksHeader, Absent>;
    /// The network settings of the management controller.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn management_network(&self) -> Result<ManagementNetwork, Absent>;
    /// What the driver of a network interface says of itself.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn network_driver(&self, interface: &str) -> Result<NetworkDriver, Absent>;
    /// The state of the kernel's clock.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn clock_state(&self) -> Result<ClockState, Absent>;
    /// The fixed properties of the trusted platform module.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn tpm_properties(&self) -> Result<Vec<u8>, Absent>;
    /// Which devices introduced themselves on the cables.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn heard_on_links(&self) -> Result<Vec<LinkNeighbour>, Absent>;
    /// Who talked to whom.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn sampled_connections(&self) -> Result<Sampled, Absent>;
}

impl<H: Host + ?Sized> Ask for H {
    fn text(&self, path: &str) -> Result<String, Absent> {
        self.bytes(path, SMALL_FILE_BYTES_MAX).map(|it| String::from_utf8_lossy(&it).into_owned())
    }

    fn line(&self, path: &str) -> Option<String> {
        let text = self.text(path).ok()?;
        let line = text.lines().next()?.trim();
        (!line.is_empty()).then(|| line.to_owned())
    }

    fn bytes(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>, Absent> {
        let request = Request::File { path: path.to_owned(), bytes_max };
        let Reply::File(answer) = self.ask(&request)? else { return Err(unexpected(&request)) };
        Ok(answer)
    }

    fn file_hash(&self, path: &str, bytes_max: u64) -> Result<ContentHash, Absent> {
        let request = Request::FileHash { path: path.to_owned(), bytes_max };
        let Reply::FileHash(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn part(&self, path: &str, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Absent> {
        part(self, path, offset, bytes_max, true)
    }

    fn part_of_entry(&self, path: &str, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Absent> {
        part(self, path, offset, bytes_max, false)
    }

    fn tree(
        &self,
        path: &str,
        depth_max: u32,
        entries_max: u32,
        marks: &TreeMarks,
    ) -> Result<Tree, Absent> {
        let (path, marks) = (path.to_owned(), marks.clone());
        let request = Request::Tree { path, depth_max, entries_max, marks };
        let Reply::Tree(answer) = self.ask(&request)? else { return Err(unexpected(&request)) };
        Ok(answer)
    }

    fn names(&self, path: &str) -> Result<Vec<String>, Absent> {
        let request = Request::Folder { path: path.to_owned(), names_max: FOLDER_NAMES_MAX };
        let Reply::Folder(answer) = self.ask(&request)? else { return Err(unexpected(&request)) };
        Ok(answer)
    }

    fn link(&self, path: &str) -> Result<String, Absent> {
        let request = Request::Link { path: path.to_owned() };
        let Reply::Link(answer) = self.ask(&request)? else { return Err(unexpected(&request)) };
        Ok(answer)
    }

    fn status(&self, path: &str) -> Result<PathStatus, Absent> {
        let request = Request::Status { path: path.to_owned() };
        let Reply::Status(answer) = self.ask(&request)? else { return Err(unexpected(&request)) };
        Ok(answer)
    }

    fn space(&self, path: &str) -> Result<Space, Absent> {
        let request = Request::Space { path: path.to_owned() };
        let Reply::Space(answer) = self.ask(&request)? else { return Err(unexpected(&request)) };
        Ok(answer)
    }

    fn system_names(&self) -> Result<SystemNames, Absent> {
        let request = Request::SystemNames;
        let Reply::SystemNames(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn rights(&self) -> Result<Rights, Absent> {
        let request = Request::Rights;
        let Reply::Rights(answer) = self.ask(&request)? else { return Err(unexpected(&request)) };
        Ok(answer)
    }

    fn links(&self) -> Result<Vec<LinkState>, Absent> {
        let request = Request::Links;
        let Reply::Links(answer) = self.ask(&request)? else { return Err(unexpected(&request)) };
        Ok(answer)
    }

    fn routes(&self) -> Result<Vec<RouteState>, Absent> {
        let request = Request::Routes;
        let Reply::Routes(answer) = self.ask(&request)? else { return Err(unexpected(&request)) };
        Ok(answer)
    }

    fn neighbours(&self) -> Result<Vec<NeighbourState>, Absent> {
        let request = Request::Neighbours;
        let Reply::Neighbours(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn figures(&self) -> Result<Figures, Absent> {
        let request = Request::Figures;
        let Reply::Figures(answer) = self.ask(&request)? else { return Err(unexpected(&request)) };
        Ok(answer)
    }

    fn firewall(&self) -> Result<RuleSet, Absent> {
        let request = Request::Firewall;
        let Reply::Firewall(answer) = self.ask(&request)? else { return Err(unexpected(&request)) };
        Ok(answer)
    }

    fn network_of(&self, process: u32) -> Result<NetworkState, Absent> {
        let request = Request::NetworkOf { process };
        let Reply::NetworkOf(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn password_guards(&self) -> Result<PasswordGuards, Absent> {
        let request = Request::PasswordGuards;
        let Reply::PasswordGuards(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn sockets_of(&self, process: u32) -> Result<Vec<u64>, Absent> {
        let request = Request::SocketsOf { process };
        let Reply::SocketsOf(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn disk_log(&self, disk: &str) -> Result<DiskLog, Absent> {
        let request = Request::DiskHealth { disk: disk.to_owned() };
        let Reply::DiskHealth(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn fwupd_devices(&self) -> Result<Vec<FwupdDevice>, Absent> {
        let request = Request::FwupdDevices;
        let Reply::FwupdDevices(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn luks_header(&self, device: &str) -> Result<LuksHeader, Absent> {
        let request = Request::LuksHeader { device: device.to_owned() };
        let Reply::LuksHeader(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn management_network(&self) -> Result<ManagementNetwork, Absent> {
        let request = Request::ManagementNetwork;
        let Reply::ManagementNetwork(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn network_driver(&self, interface: &str) -> Result<NetworkDriver, Absent> {
        let request = Request::NetworkDriver { interface: interface.to_owned() };
        let Reply::NetworkDriver(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn clock_state(&self) -> Result<ClockState, Absent> {
        let request = Request::ClockState;
        let Reply::ClockState(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn tpm_properties(&self) -> Result<Vec<u8>, Absent> {
        let request = Request::TpmProperties;
        let Reply::TpmProperties(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn heard_on_links(&self) -> Result<Vec<LinkNeighbour>, Absent> {
        let request = Request::HeardOnLinks;
        let Reply::HeardOnLinks(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }

    fn sampled_connections(&self) -> Result<Sampled, Absent> {
        let request = Request::SampledConnections;
        let Reply::SampledConnections(answer) = self.ask(&request)? else {
            return Err(unexpected(&request));
        };
        Ok(answer)
    }
}

fn part<H: Host + ?Sized>(
    host: &H,
    path: &str,
    offset: u64,
    bytes_max: u64,
    follows_links: bool,
) -> Result<Vec<u8>, Absent> {
    let request = Request::FilePart { path: path.to_owned(), offset, bytes_max, follows_links };
    let Reply::FilePart(answer) = host.ask(&request)? else { return Err(unexpected(&request)) };
    Ok(answer)
}

/// A host that answers another question than was asked is broken; the source says so.
fn unexpected(request: &Request) -> Absent {
    Absent::Failed {
        doing: format!("asking the host: {request:?}"),
        cause: "the answer is of another kind".to_owned(),
    }
}

/// File contents in recordings: text where it is UTF-8, base64 behind `base64:` where it is not.
pub(super) mod bytes_as_text {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer};

    const MARK: &str = "base64:";

    pub(in crate::host) fn serialize<S: Serializer>(
        bytes: &[u8],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.starts_with(MARK) => serializer.serialize_str(text),
            _ => serializer.serialize_str(&format!("{MARK}{}", BASE64.encode(bytes))),
        }
    }

    pub(in crate::host) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.strip_prefix(MARK) {
            Some(code) => BASE64.decode(code.as_bytes()).map_err(serde::de::Error::custom),
            None => Ok(text.into_bytes()),
        }
    }
}
