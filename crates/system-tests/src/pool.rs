//! A tracker, and a folder for everything.

use std::{
    env, fs,
    net::{SocketAddr, TcpListener},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::{Content, Ended, Folder, PATIENCE, PeerBuilder, Program, until};

/// The variable by which the processes of one pool are told apart from all others.
const MARK: &str = "PEERPOOL_SYSTEM_TEST";

/// How long what belongs to an ended process may take to end.
const ENDING: Duration = Duration::from_secs(2);

/// A tracker and everything around it. Declare it first: it must outlive its peers.
#[derive(Debug)]
pub struct Pool {
    folder: TempDir,
    keep: bool,
    mark: String,
    tracker: Mutex<Option<Program>>,
    /// Further options of the tracker.
    options: Vec<String>,
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
        Self::listening(SocketAddr::from(([127, 0, 0, 1], 0)), &[])
    }

    /// As [`Pool::new`], with further options of the tracker.
    pub fn with_options(options: &[&str]) -> Self {
        Self::start(SocketAddr::from(([127, 0, 0, 1], 0)), &[], options)
    }

    /// As [`Pool::new`], and the folder stays for inspection when something fails.
    pub fn kept_on_failure() -> Self {
        let mut pool = Self::new();
        pool.keep = true;
        pool
    }

    /// Ends the tracker and leaves the folder for inspection. Its peers have ended before.
    pub fn keep(mut self) {
        self.folder.disable_cleanup(true);
    }

    /// As [`Pool::new`], with a tracker that listens at `address` and is started by the command `through`, which is
    /// given the tracker's own command as further arguments.
    pub fn listening(address: SocketAddr, through: &[&str]) -> Self {
        Self::start(address, through, &[])
    }

    /// The folder and the surroundings alone, for trackers that somebody else starts.
    pub(crate) fn without_tracker() -> Self {
        Self::around(SocketAddr::from(([127, 0, 0, 1], 0)), &[])
    }

    fn start(address: SocketAddr, through: &[&str], options: &[&str]) -> Self {
        let mut pool = Self::around(address, options);
        pool.address = pool.start_tracker(through);
        pool
    }

    fn around(address: SocketAddr, options: &[&str]) -> Self {
        let folder = TempDir::with_prefix("peerpool-test-").unwrap();
        for name in ["originals", "logs", "home"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let mark = folder.path().file_name().unwrap().to_str().unwrap().to_owned();
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let (tracker, runs) = (Mutex::new(None), AtomicU32::new(0));
        Self { folder, keep: false, mark, tracker, options, address, runs }
    }

    /// Where the tracker listens.
    pub fn tracker(&self) -> SocketAddr {
        self.address
    }

    /// The tracker's process.
    pub fn tracker_pid(&self) -> u32 {
        self.tracker.lock().unwrap().as_ref().unwrap().pid()
    }

    /// Kills the tracker with SIGKILL.
    pub fn kill_tracker(&self) {
        self.tracker.lock().unwrap().take().unwrap().kill();
    }

    /// Starts a tracker at the address of the killed one, with the same data.
    pub fn restart_tracker(&self) {
        assert_eq!(self.start_tracker(&[]), self.address);
    }

    /// Ends the tracker with SIGTERM.
    pub fn end_tracker(&self) -> Ended {
        self.tracker.lock().unwrap().take().unwrap().terminate()
    }

    /// Starts a tracker as [`Pool::restart_tracker`] does, through a command; gives how it ended when it ends before
    /// it is ready.
    pub fn try_tracker(&self, through: &[&str]) -> Result<(), Ended> {
        let mut tracker = self.spawn("tracker", self.tracker_command(through));
        match tracker.line_or_end("ready") {
            Some(_) => {
                *self.tracker.lock().unwrap() = Some(tracker);
                Ok(())
            }
            None => Err(tracker.end(PATIENCE)),
        }
    }

    /// A peer to come.
    pub fn peer(&self, name: &str) -> PeerBuilder<'_> {
        PeerBuilder::new(self, name)
    }

    /// A file of random bytes; the same seed gives the same bytes.
    pub fn random_file(&self, name: &str, bytes: u64, seed: u64) -> Content {
        Content::random(&self.path("originals"), name, bytes, seed)
    }

    /// A folder of random files of 1 to `longest` bytes; the same seed gives the same bytes.
    pub fn random_folder(&self, name: &str, files: u64, longest: u64, seed: u64) -> Folder {
        Folder::random(&self.path("originals"), name, files, longest, seed)
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

    /// Starts a command whose standard input is a socket that listens already; the command passes it on as a service manager
    /// would (sd_listen_fds(3)).
    pub fn spawn_listening(&self, name: &str, command: &Command, socket: TcpListener) -> Program {
        let mut shell = Command::new("sh");
        self.surround(&mut shell);
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let script = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\"";
        shell.arg("-c").arg(script).arg(command.get_program()).args(command.get_args());
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let stdin = Stdio::from(OwnedFd::from(socket));
        Program::start_with(&format!("{name}-{run}"), shell, stdin, &self.path("logs"))
    }

    /// A command of the binary with nothing of the surroundings that could change what it does.
    pub fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        self.command_through(&[], args)
    }

    /// As [`Pool::command`], started by the command `through`, which is given the binary and its arguments as further
    /// arguments. It must run the binary in its own place (`exec`), so that signals reach it.
    pub fn command_through<'a>(&self, through: &[&str], args: impl IntoIterator<Item = &'a str>) -> Command {
        self.command_of(&binary(), through, args)
    }

    /// As [`Pool::command_through`], of another release's binary.
    pub(crate) fn command_of<'a>(
        &self,
        binary: &Path,
        through: &[&str],
        args: impl IntoIterator<Item = &'a str>,
    ) -> Command {
        let mut command = match through {
            [] => Command::new(binary),
            [program, rest @ ..] => {
                let mut command = Command::new(program);
                command.args(rest).arg(binary);
                command
            }
        };
        self.surround(&mut command);
        command.args(args);
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
            .env("XDG_DATA_HOME", &home)
            .env("XDG_STATE_HOME", &home)
            .env("LANG", "C.UTF-8")
            .current_dir(home);
    }

    fn tracker_command(&self, through: &[&str]) -> Command {
        let listen = self.address.to_string();
        let data = self.path("tracker");
        let args = ["tracker", "--listen", &listen, "--no-discovery", "--data", data.to_str().unwrap()];
        let options = self.options.iter().map(String::as_str);
        self.command_through(through, args.into_iter().chain(options))
    }

    fn start_tracker(&self, through: &[&str]) -> SocketAddr {
        let mut tracker = self.spawn("tracker", self.tracker_command(through));
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
        if thread::panicking() {
            if self.keep {
                self.folder.disable_cleanup(true);
                eprintln!("kept for inspection: {}", self.folder.path().display());
            }
            return;
        }
        // A tracer ends a moment after what it traced.
        until("the end of every process of the pool", ENDING, || {
            let survivors = self.survivors();
            if survivors.is_empty() { Ok(()) } else { Err(survivors) }
        });
    }
}

/// The address in a `ready` line.
pub fn address_in(line: &str) -> SocketAddr {
    line.split([' ', '/', ','])
        .find_map(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("no ADDR:PORT in `{line}`"))
}

/// The release binary.
pub(crate) fn binary() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/peerpool");
    let path = env::var_os("PEERPOOL_BIN").map_or(built, PathBuf::from);
    path.canonicalize()
        .unwrap_or_else(|error| panic!("{}: {error}: build it with `cargo build --release`", path.display()))
}
