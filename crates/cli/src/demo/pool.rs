//! The demo's pool: a tracker, or several, and three peers on loopback.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use peerpool_api::{Client, ShareState, TrackerUrl};
use serde::de::DeserializeOwned;

use super::process::{self, Process};
use crate::{
    exit::{Exit, Failure},
    output::{self, remark, say},
};

/// A tracker, or several that are one pool, and its peers.
#[derive(Debug)]
pub(super) struct DemoPool {
    folder: PathBuf,
    keep: bool,
    /// Where the first tracker listens.
    pub(super) url: TrackerUrl,
    /// By their numbers, from 1; the one that was killed is none of them.
    trackers: BTreeMap<usize, Process>,
    peers: Vec<DemoPeer>,
}

/// One peer of the demo.
#[derive(Debug)]
pub(super) struct DemoPeer {
    /// What it calls itself.
    pub(super) name: &'static str,
    /// Its shared folder.
    pub(super) repository: PathBuf,
    /// Commands it.
    pub(super) client: Client,
    process: Process,
}

impl DemoPool {
    /// Starts the first tracker, with further options.
    pub(super) async fn open(
        folder: &Path,
        keep: bool,
        listen: &str,
        options: &[&str],
    ) -> Result<Self, Failure> {
        let tracker = start_tracker(folder, keep, 1, listen, options).await?;
        let mut words = tracker.ready().split_whitespace().filter(|word| word.contains("://"));
        let Some(url) = words.find_map(|word| word.parse().ok()) else {
            let message = format!("the tracker did not say its address: {}", tracker.ready());
            return Err(Failure::told(Exit::Failed, message));
        };
        let trackers = BTreeMap::from([(1, tracker)]);
        Ok(Self { folder: folder.to_owned(), keep, url, trackers, peers: Vec::new() })
    }

    /// Starts another tracker, or one that was killed.
    pub(super) async fn add_tracker(
        &mut self,
        number: usize,
        listen: &str,
        options: &[&str],
    ) -> Result<(), Failure> {
        let tracker = start_tracker(&self.folder, self.keep, number, listen, options).await?;
        self.trackers.insert(number, tracker);
        Ok(())
    }

    /// Kills a tracker by SIGKILL, which it cannot prepare for.
    pub(super) async fn kill_tracker(&mut self, number: usize) -> Result<(), Failure> {
        match self.trackers.remove(&number) {
            Some(tracker) => tracker.kill().await,
            None => Ok(()),
        }
    }

    /// The numbers of the trackers that run.
    pub(super) fn trackers(&self) -> impl Iterator<Item = usize> {
        self.trackers.keys().copied()
    }

    /// Where the repository of a peer is, before or after it starts.
    pub(super) fn repository(&self, name: &str) -> Result<PathBuf, Failure> {
        let repository = self.folder.join(name);
        fs::create_dir_all(&repository).map_err(Failure::file("make", &repository))?;
        Ok(repository)
    }

    /// Starts a peer and waits until everything in its repository is offered.
    pub(super) async fn add_peer(&mut self, name: &'static str) -> Result<(), Failure> {
        let url = self.url.to_string();
        self.add_peer_of(name, &url).await
    }

    /// The same with a peer that is given these trackers.
    pub(super) async fn add_peer_of(&mut self, name: &'static str, trackers: &str) -> Result<(), Failure> {
        let repository = self.repository(name)?;
        let log = self.folder.join(format!("{name}.log"));
        let arguments = [
            "peer",
            "--no-shell",
            "--repository",
            path(&repository)?,
            "--tracker",
            trackers,
            "--listen",
            "127.0.0.1:0",
            "--name",
            name,
        ];
        let process = Process::start(name, &arguments, &self.home(name), &log, self.keep).await?;
        let client = Client::connect(&repository).await?;
        wait_until_offered(&client).await?;
        self.peers.push(DemoPeer { name, repository, client, process });
        Ok(())
    }

    /// The invite of the first administrator, which the tracker of a pool for members says after it is ready.
    pub(super) async fn first_invite(&mut self) -> Result<String, Failure> {
        match self.trackers.get_mut(&1) {
            Some(tracker) => tracker.line().await,
            None => Err(Failure::told(Exit::Failed, "the demo has no tracker")),
        }
    }

    /// Has somebody join with an invite.
    pub(super) async fn join(&self, name: &str, invite: &str) -> Result<(), Failure> {
        let arguments = ["join", "--name", name, "--device", name];
        let joined = process::run(&arguments, &self.home(name), Some(("PEERPOOL_INVITE", invite))).await?;
        succeeded(&arguments, &joined)
    }

    /// What a command of somebody tells in JSON.
    pub(super) async fn tells<T: DeserializeOwned>(&self, name: &str, what: &[&str]) -> Result<T, Failure> {
        let told = process::run(&[what, &["--json"]].concat(), &self.home(name), None).await?;
        succeeded(what, &told)?;
        serde_json::from_slice(&told.stdout).map_err(|error| {
            Failure::told(Exit::Failed, format!("peerpool {} told something else: {error}", what.join(" ")))
        })
    }

    /// Whether a command of somebody is refused in the way that says how to join.
    pub(super) async fn is_refused(&self, name: &str, what: &[&str]) -> Result<bool, Failure> {
        let refused = process::run(what, &self.home(name), None).await?;
        let said = String::from_utf8_lossy(&refused.stderr);
        Ok(refused.status.code() == Some(Exit::Unreachable as i32) && said.contains("`peerpool join`"))
    }

    /// Where the data of somebody are, such as the key of their device.
    fn home(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.data"))
    }

    /// The peer of this name.
    pub(super) fn peer(&self, name: &str) -> Result<&DemoPeer, Failure> {
        let found = self.peers.iter().find(|peer| peer.name == name);
        found.ok_or_else(|| Failure::told(Exit::Failed, format!("the demo has no peer {name}")))
    }

    /// Every peer leaves, then every tracker ends.
    pub(super) async fn end(&mut self) -> Result<(), Failure> {
        for peer in &mut self.peers {
            peer.client.end().await?;
            peer.process.wait().await?;
        }
        for tracker in self.trackers.values_mut() {
            tracker.terminate().await?;
        }
        Ok(())
    }

    /// Says how to use a pool that is left running; not between lines of JSON.
    pub(super) fn keep(&self, out: output::Output) -> Result<(), Failure> {
        let ids: Vec<String> = self
            .peers
            .iter()
            .map(|peer| &peer.process)
            .chain(self.trackers.values())
            .filter_map(Process::id)
            .map(|id| id.to_string())
            .collect();
        let (url, folder) = (&self.url, self.folder.display());
        let text = format!(
            "\nThe pool is still running. Join it, look at it, end it:\n\n  \
             peerpool peer --repository mine --tracker {url}\n  \
             peerpool ls --tracker {url}\n  \
             peerpool status --repository {folder}/chi\n  \
             kill {} && rm -r {folder}",
            ids.join(" ")
        );
        if out.json {
            remark(&text);
            return Ok(());
        }
        say(&text)
    }
}

async fn start_tracker(
    folder: &Path,
    keep: bool,
    number: usize,
    listen: &str,
    options: &[&str],
) -> Result<Process, Failure> {
    let (data, log) = (folder.join(format!("tracker{number}")), folder.join(format!("tracker{number}.log")));
    let arguments =
        ["tracker", "--listen", listen, "--data", path(&data)?, "--name", "demo", "--no-discovery"];
    Process::start("the tracker", &[&arguments[..], options].concat(), folder, &log, keep).await
}

/// Waits until everything in the repository is hashed and registered. `update` looks through the repository first,
/// for as long as its deadline allows.
async fn wait_until_offered(client: &Client) -> Result<(), Failure> {
    loop {
        client.update().await?;
        let repository = client.shared().await?;
        let hashing = repository.items.iter().any(|item| item.state == ShareState::Hashing);
        if !hashing && repository.hashing.is_none() {
            return Ok(());
        }
    }
}

fn succeeded(arguments: &[&str], ended: &Output) -> Result<(), Failure> {
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let message = format!("peerpool {} failed: {}", arguments.join(" "), said.trim());
    Err(Failure::told(Exit::Failed, message))
}

pub(super) fn path(path: &Path) -> Result<&str, Failure> {
    let reason = || Failure::told(Exit::Failed, format!("{} is not UTF-8: set TMPDIR", path.display()));
    path.to_str().ok_or_else(reason)
}
