//! A tracker, and a folder for everything.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use tempfile::TempDir;

use crate::{Content, Ended, PATIENCE, PeerBuilder, Program};

/// The variable by which the processes of one pool are told apart from all others.
const MARK: &str = "PEERPOOL_SYSTEM_TEST";

/// A tracker and everything around it. Declare it first: it must outlive its peers.
#[derive(Debug)]
pub struct Pool {
    folder: TempDir,
    mark: String,
    tracker: Mutex<Option<Program>>,
    address: SocketAddr,
    runs: AtomicU32,
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl Pool {
    /// Starts a tracker and waits until it is ready.
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("peerpool-test-").unwrap();
        for name in ["originals", "logs", "home"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let mark = folder.path().file_name().unwrap().to_str().unwrap().to_owned();
        let mut pool = Self {
            folder,
            mark,
            tracker: Mutex::new(None),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            runs: AtomicU32::new(0),
        };
        pool.address = pool.start_tracker();
        pool
    }

    /// Where the tracker listens.
    pub fn tracker(&self) -> SocketAddr {
        self.address
    }

    /// Kills the tracker with SIGKILL.
    pub fn kill_tracker(&self) {
        self.tracker.lock().unwrap().take().unwrap().kill();
    }

    /// Starts a tracker at the address of the killed one, with the same data.
    pub fn restart_tracker(&self) {
        assert_eq!(self.start_tracker(), self.address);
    }

    /// A peer to come.
    pub fn peer(&self, name: &str) -> PeerBuilder<'_> {
        PeerBuilder::new(self, name)
    }

    /// A file of random bytes; the same seed gives the same bytes.
    pub fn random_file(&self, name: &str, bytes: u64, seed: u64) -> Content {
        Content::random(&self.path("originals"), name, bytes, seed)
    }

    /// A path in the pool's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command of the binary to its end.
    pub fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ended {
        self.spawn("command", self.command(args)).end(3 * PATIENCE)
    }

    /// Starts a command as a process of this pool.
    pub fn spawn(&self, name: &str, command: Command) -> Program {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        Program::start(&format!("{name}-{run}"), command, &self.path("logs"))
    }

    /// A command of the binary with nothing of the surroundings that could change what it does.
    pub fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(binary());
        self.surround(&mut command);
        command.args(args);
        command
    }

    /// Such a command, in a shell that is told something first.
    pub fn command_within<'a>(&self, first: &str, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new("sh");
        self.surround(&mut command);
        command.args(["-c", &format!("{first} && exec \"$0\" \"$@\"")]).arg(binary()).args(args);
        command
    }

    /// Gives a command the pool's surroundings.
    pub fn surround(&self, command: &mut Command) {
        let home = self.path("home");
        command
            .env_clear()
            .envs(
                env::vars()
                    .filter(|(name, _)| matches!(name.as_str(), "PATH" | "RUST_LOG" | "RUST_BACKTRACE")),
            )
            .env(MARK, &self.mark)
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", &home)
            .env("XDG_STATE_HOME", &home)
            .env("LANG", "C.UTF-8")
            .current_dir(home);
    }

    fn start_tracker(&self) -> SocketAddr {
        let listen = self.address.to_string();
        let data = self.path("tracker");
        let args = ["tracker", "--listen", &listen, "--no-discovery", "--data", data.to_str().unwrap()];
        let mut tracker = self.spawn("tracker", self.command(args));
        let address = address_in(&tracker.line("ready"));
        *self.tracker.lock().unwrap() = Some(tracker);
        address
    }

    fn survivors(&self) -> Vec<String> {
        let mark = format!("{MARK}={}", self.mark);
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        processes
            .filter(|process| {
                let environment = fs::read(process.join("environ")).unwrap_or_default();
                environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
            })
            .map(|process| process.display().to_string())
            .collect()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        *self.tracker.get_mut().unwrap() = None;
        let survivors = self.survivors();
        assert!(survivors.is_empty() || thread::panicking(), "processes outlived the pool: {survivors:?}");
    }
}

/// The address in a `ready` line.
pub(crate) fn address_in(line: &str) -> SocketAddr {
    line.split([' ', '/', ','])
        .find_map(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("no ADDR:PORT in `{line}`"))
}

/// The release binary.
fn binary() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/peerpool");
    let path = env::var_os("PEERPOOL_BIN").map_or(built, PathBuf::from);
    path.canonicalize()
        .unwrap_or_else(|error| panic!("{}: {error}: build it with `cargo build --release`", path.display()))
}
