//! A peer with its repository.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use peerpool_api::{Client, Download, DownloadState, Error, Get, Item, ItemQuery, Status, What};
use tokio::runtime::{Builder, Runtime};

use crate::{Content, Ended, Folder, PATIENCE, Pool, Program, TRANSFER, pool::address_in, until};

/// A peer that is not started yet.
#[derive(Debug)]
pub struct PeerBuilder<'a> {
    pool: &'a Pool,
    name: String,
    repository: PathBuf,
    through: Vec<String>,
    listen: IpAddr,
    items: u64,
    trackers: Option<String>,
}

impl<'a> PeerBuilder<'a> {
    pub(crate) fn new(pool: &'a Pool, name: &str) -> Self {
        let repository = pool.path(name);
        fs::create_dir_all(&repository).unwrap();
        let listen = IpAddr::from([127, 0, 0, 1]);
        Self {
            pool,
            name: name.to_owned(),
            repository,
            through: Vec::new(),
            listen,
            items: 0,
            trackers: None,
        }
    }

    /// Puts a file into the repository.
    pub fn with(mut self, content: &Content) -> Self {
        content.put(&self.repository);
        self.items += 1;
        self
    }

    /// Puts a folder into the repository.
    pub fn with_folder(mut self, folder: &Folder) -> Self {
        folder.put(&self.repository);
        self.items += 1;
        self
    }

    /// Listens at another address than loopback's first, on any port.
    pub fn listening(mut self, address: IpAddr) -> Self {
        self.listen = address;
        self
    }

    /// Talks to one of these trackers, in this order, and not to the pool's own one.
    pub fn tracked_by(mut self, trackers: impl IntoIterator<Item = SocketAddr>) -> Self {
        let trackers: Vec<_> = trackers.into_iter().map(|tracker| tracker.to_string()).collect();
        self.trackers = Some(trackers.join(","));
        self
    }

    /// Starts it by a command, as [`Pool::command_through`] says.
    pub fn through<'b>(mut self, command: impl IntoIterator<Item = &'b str>) -> Self {
        self.through = command.into_iter().map(str::to_owned).collect();
        self
    }

    /// Waits at the start until so many items are shared, which were put into the repository by other means.
    pub fn sharing(mut self, items: u64) -> Self {
        self.items = items;
        self
    }

    /// A path in the repository.
    pub fn path(&self, name: &str) -> PathBuf {
        self.repository.join(name)
    }

    /// Uses a repository elsewhere, on another file system for one.
    pub fn at(mut self, repository: &Path) -> Self {
        fs::create_dir_all(repository).unwrap();
        self.repository = repository.to_owned();
        self
    }

    /// Lets the process open so many files and connections.
    pub fn with_open_files(self, most: u32) -> Self {
        let limit = format!("ulimit -n {most} && exec \"$0\" \"$@\"");
        self.through(["sh", "-c", &limit])
    }

    /// The repository as a string for command lines.
    pub fn repository(&self) -> &str {
        self.repository.to_str().unwrap()
    }

    /// Starts `peerpool peer --no-shell` and waits until it shares the files that it was given.
    pub fn start(self) -> Peer<'a> {
        let program = self.spawn();
        self.meet(program)
    }

    /// Starts `peerpool peer --no-shell` and waits for nothing.
    pub fn spawn(&self) -> Program {
        let listen = SocketAddr::new(self.listen, 0).to_string();
        let trackers = self.trackers.clone().unwrap_or_else(|| self.pool.tracker().to_string());
        let args = ["peer", "--no-shell", "--name", &self.name, "--listen", &listen, "--tracker", &trackers];
        let through: Vec<_> = self.through.iter().map(String::as_str).collect();
        let mut command = self.pool.command_through(&through, args);
        command.arg("--repository").arg(&self.repository);
        self.pool.spawn(&self.name, command)
    }

    /// Starts it and waits until it is ready, or gives how it ended.
    pub fn try_start(self) -> Result<Peer<'a>, Ended> {
        let mut program = self.spawn();
        match program.line_or_end("ready") {
            Some(line) => Ok(self.reach(program, address_in(&line))),
            None => Err(program.end(PATIENCE)),
        }
    }

    /// Waits until the program that [`PeerBuilder::spawn`] started is ready and shares the files that it was given.
    pub fn meet(self, mut program: Program) -> Peer<'a> {
        let address = address_in(&program.line_within("ready", TRANSFER));
        let items = self.items;
        let peer = self.reach(program, address);
        peer.shares(items);
        peer
    }

    /// Takes up a program that is ready, and listens at `address`.
    pub fn reach(self, program: Program, address: SocketAddr) -> Peer<'a> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(Client::connect(&self.repository)).unwrap();
        Peer {
            pool: self.pool,
            name: self.name,
            repository: self.repository,
            address,
            program,
            runtime,
            client,
        }
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

    /// Its repository.
    pub fn repository(&self) -> &Path {
        &self.repository
    }

    /// A path in its repository.
    pub fn path(&self, name: &str) -> PathBuf {
        self.repository.join(name)
    }

    /// Puts a file into its repository.
    pub fn put(&self, content: &Content) {
        content.put(&self.repository);
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

    /// Asks something of its control API that may be refused.
    pub fn control<T>(&self, ask: impl AsyncFnOnce(&Client) -> Result<T, Error>) -> Result<T, Error> {
        self.runtime.block_on(ask(&self.client))
    }

    /// Waits until it has hashed what it has, and shares at least so many items.
    pub fn shares(&self, items: u64) {
        until(&format!("{} shares {items} items", self.name), TRANSFER, || {
            let status = self.status();
            if status.items >= items && status.hashing.is_none() { Ok(()) } else { Err(status) }
        });
    }

    /// Begins a download of what the pool knows, whether or not anybody offers it.
    pub fn begin_unoffered(&self, name: &str) -> Download {
        let get = Get { what: What::Item(name.to_owned()), files: Vec::new(), save_as: None };
        self.runtime.block_on(self.client.get(&get)).unwrap()
    }

    /// Begins a download of what somebody has in full.
    pub fn begin(&self, name: &str) -> Download {
        self.item(name, |item| item.seeds > 0);
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

    /// The process alone, for who does not ask it anything any more.
    pub fn into_program(self) -> Program {
        self.program
    }

    /// Goes on after [`Peer::freeze`].
    pub fn thaw(&self) {
        self.program.thaw();
    }

    /// Its standard error so far.
    pub fn log(&self) -> String {
        self.program.stderr()
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
