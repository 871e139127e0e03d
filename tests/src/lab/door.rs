//! The lab from outside: build it, run programs in its hosts, let it vanish.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::Context as _;

use crate::lab::shell::{program, read};
use crate::lab::truth::Truth;
use crate::lab::world;

/// A lab that stands; it vanishes when this is dropped.
pub struct Lab {
    folder: PathBuf,
    outer: String,
    unshare: Child,
    orders: Option<ChildStdin>,
}

impl Lab {
    /// Builds the lab; `lab` is the program of that name, each wire a cable with delay and loss.
    ///
    /// # Errors
    /// Without root, without a daemon, or if a daemon does not come up.
    pub fn build(lab: &Path, folder: &Path, wires: &[&str]) -> anyhow::Result<Self> {
        anyhow::ensure!(
            rustix::process::geteuid().is_root(),
            "the lab makes namespaces and mounts: run it as root"
        );
        std::fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let mut command = program("unshare");
        command.args(["--mount", "--net", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"]);
        command.args(["--propagation", "private"]).arg(lab).arg("inside").arg(&folder).args(wires);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut unshare = command.spawn().context("unshare did not start")?;
        let orders = unshare.stdin.take();
        let mut lines =
            BufReader::new(unshare.stdout.take().context("no standard output")?).lines();
        let is_ready = lines.next().transpose()?.is_some_and(|it| it == "ready");
        if !is_ready {
            unshare.wait()?;
            anyhow::bail!("the lab was not built: see above");
        }
        let outer = world::child_of(unshare.id())?;
        std::fs::write(folder.join("outer"), &outer)?;
        Ok(Self { folder, outer, unshare, orders })
    }

    /// What is true about it.
    ///
    /// # Errors
    /// If the file is gone.
    pub fn truth(&self) -> anyhow::Result<Truth> {
        Ok(serde_json::from_str(&read(&self.folder.join("truth.json"))?)?)
    }

    /// The folder that every host sees as `/lab`.
    #[must_use]
    pub fn shared(&self) -> PathBuf {
        self.folder.join("shared")
    }

    /// A program that runs in a host.
    ///
    /// # Errors
    /// If there is no such host.
    pub fn command(&self, host: &str) -> anyhow::Result<Command> {
        command(&self.folder, &self.outer, host)
    }

    /// Waits until somebody ends the lab.
    ///
    /// # Errors
    /// If waiting fails.
    pub fn wait(mut self) -> anyhow::Result<()> {
        self.unshare.wait()?;
        Ok(())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.orders.take());
        // It ends by itself when its orders end; nothing is left to do about a failure here.
        let _ = self.unshare.wait();
    }
}

/// A program that runs in a host of the lab in a folder.
///
/// # Errors
/// If no lab stands there, or there is no such host.
pub fn command_in(folder: &Path, host: &str) -> anyhow::Result<Command> {
    let outer = read(&folder.join("outer")).context("no lab stands here")?;
    command(folder, &outer, host)
}

fn command(folder: &Path, outer: &str, host: &str) -> anyhow::Result<Command> {
    let inner = read(&folder.join("pids").join(host)).with_context(|| format!("no host {host}"))?;
    let mut command = program("nsenter");
    command.args(["--target", outer, "--mount", "--net", "--pid"]);
    command.args(["nsenter", "--target", &inner]);
    command.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--"]);
    Ok(command)
}
