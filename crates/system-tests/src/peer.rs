//! A peer with its repository.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use peerpool_control::{Client, Download, DownloadState, Get, Item, ItemQuery, Status, What};
use tokio::runtime::{Builder, Runtime};

use crate::{Content, Ended, PATIENCE, Pool, Program, TRANSFER, pool::address_in, until};

/// A peer that is not started yet.
#[derive(Debug)]
pub struct PeerBuilder<'a> {
    pool: &'a Pool,
    name: String,
    repository: PathBuf,
    items: u64,
    open_files: Option<u32>,
}

impl<'a> PeerBuilder<'a> {
    pub(crate) fn new(pool: &'a Pool, name: &str) -> Self {
        let repository = pool.path(name);
        fs::create_dir_all(&repository).unwrap();
        Self { pool, name: name.to_owned(), repository, items: 0, open_files: None }
    }

    /// Puts a file into the repository.
    pub fn with(mut self, content: &Content) -> Self {
        content.put(&self.repository);
        self.items += 1;
        self
    }

    /// Uses a repository elsewhere, on another file system for one.
    pub fn at(mut self, repository: &Path) -> Self {
        fs::create_dir_all(repository).unwrap();
        self.repository = repository.to_owned();
        self
    }

    /// Lets the process open so many files and connections.
    pub fn with_open_files(mut self, most: u32) -> Self {
        self.open_files = Some(most);
        self
    }

    /// The repository as a string for command lines.
    pub fn repository(&self) -> &str {
        self.repository.to_str().unwrap()
    }

    /// Starts `peerpool peer --no-shell` and waits until it shares the files that it was given.
    pub fn start(self) -> Peer<'a> {
        let tracker = self.pool.tracker().to_string();
        let args =
            ["peer", "--no-shell", "--name", &self.name, "--listen", "127.0.0.1:0", "--tracker", &tracker];
        let mut command = match self.open_files {
            Some(most) => self.pool.command_within(&format!("ulimit -n {most}"), args),
            None => self.pool.command(args),
        };
        command.arg("--repository").arg(&self.repository);
        let mut program = self.pool.spawn(&self.name, command);
        let address = address_in(&program.line_within("ready", TRANSFER));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(Client::connect(&self.repository)).unwrap();
        let items = self.items;
        let peer = Peer {
            pool: self.pool,
            name: self.name,
            repository: self.repository,
            address,
            program,
            runtime,
            client,
        };
        until(&format!("{} shares {items} items", peer.name), TRANSFER, || {
            let status = peer.status();
            if status.items >= items && status.hashing.is_none() { Ok(()) } else { Err(status) }
        });
        peer
    }
}

/// A running peer. Everything is asked of it over its control API.
#[derive(Debug)]
pub struct Peer<'a> {
    pool: &'a Pool,
    name: String,
    repository: PathBuf,
    address: SocketAddr,
    program: Program,
    runtime: Runtime,
    client: Client,
}

impl Peer<'_> {
    /// What it calls itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// Where it listens for other peers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A path in its repository.
    pub fn path(&self, name: &str) -> PathBuf {
        self.repository.join(name)
    }

    /// Runs a command of the binary about this peer, to its end.
    pub fn run<'a>(&'a self, args: impl IntoIterator<Item = &'a str>) -> Ended {
        let place = ["--repository", self.repository.to_str().unwrap()];
        self.pool.run(args.into_iter().chain(place))
    }

    /// What it is and does.
    pub fn status(&self) -> Status {
        self.runtime.block_on(self.client.status()).unwrap()
    }

    /// Begins a download of what somebody has in full.
    pub fn begin(&self, name: &str) -> Download {
        self.item(name, |item| item.complete > 0);
        let get = Get { what: What::Item(name.to_owned()), files: Vec::new(), save_as: None };
        self.runtime.block_on(self.client.get(&get)).unwrap()
    }

    /// Holds a download.
    pub fn pause(&self, download: &Download) -> Download {
        self.runtime.block_on(self.client.pause(&download.hash)).unwrap()
    }

    /// Goes on with a download.
    pub fn resume(&self, download: &Download) -> Download {
        self.runtime.block_on(self.client.resume(&download.hash)).unwrap()
    }

    /// A download as it stands.
    pub fn download(&self, download: &Download) -> Download {
        self.runtime.block_on(self.client.download(&download.hash)).unwrap()
    }

    /// Waits until a download is as wished.
    pub fn until(&self, download: &Download, what: &str, wish: impl Fn(&Download) -> bool) -> Download {
        let what = format!("{}: {what} of {}", self.name, download.name);
        until(&what, TRANSFER, || {
            let now = self.download(download);
            if wish(&now) { Ok(now) } else { Err(now) }
        })
    }

    /// Waits until a download is complete.
    pub fn until_complete(&self, download: &Download) -> Download {
        self.until(download, "completion", |now| match &now.state {
            DownloadState::Failed { cause, .. } => panic!("{}: {} failed: {cause}", self.name, now.name),
            state => *state == DownloadState::Complete,
        })
    }

    /// Fetches a file and waits for its end.
    pub fn fetch(&self, content: &Content) -> Download {
        self.until_complete(&self.begin(&content.name))
    }

    /// The pool's item of this name as this peer sees it, once it is as wished.
    pub fn item(&self, name: &str, wish: impl Fn(&Item) -> bool) -> Item {
        let query = ItemQuery { search: Some(name.to_owned()), ..Default::default() };
        until(&format!("{}: {name} in the catalogue", self.name), PATIENCE, || {
            let page = self.runtime.block_on(self.client.items(&query)).unwrap();
            page.items.iter().find(|item| item.name == name && wish(item)).cloned().ok_or(page)
        })
    }

    /// Stops it where it stands with SIGSTOP; only SIGKILL reaches it then.
    pub fn freeze(&self) {
        self.program.freeze();
    }

    /// Ends it with SIGKILL, which it cannot prepare for.
    pub fn kill(self) {
        self.program.kill();
    }

    /// Ends it with SIGTERM.
    pub fn terminate(self) -> Ended {
        self.program.terminate()
    }

    /// Waits for its end, which something else brings about.
    pub fn end(self, patience: Duration) -> Ended {
        self.program.end(patience)
    }
}
