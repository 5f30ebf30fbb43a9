//! A tracker and devices, each with a home of its own.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Lines},
    path::Path,
    process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The program in this home, with nothing else around it.
pub(crate) fn peerpool(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_peerpool"));
    command.env_clear().stdin(Stdio::null());
    command.env("HOME", home).env("XDG_DATA_HOME", home).env("XDG_CONFIG_HOME", home);
    command
}

/// A process that runs as long as this.
pub(crate) struct Running {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    log: Option<Lines<BufReader<ChildStderr>>>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let log = process.stderr.take().map(|log| BufReader::new(log).lines());
        Self { process, lines, log }
    }

    /// The same, and its log is read.
    pub(crate) fn start_logging(mut command: Command) -> Self {
        command.stderr(Stdio::piped());
        Self::start(command)
    }

    /// What it logs, up to a line with this in it.
    pub(crate) fn log_until(&mut self, with: &str) -> String {
        let mut log = String::new();
        for line in self.log.as_mut().unwrap().map(Result::unwrap) {
            log += &line;
            if line.contains(with) {
                return log;
            }
        }
        panic!("it ended without `{with}`: {log}")
    }

    /// What else it said, once it has ended.
    pub(crate) fn rest(&mut self) -> String {
        self.lines.by_ref().map(Result::unwrap).collect()
    }

    /// The next line with this in it.
    pub(crate) fn line(&mut self, with: &str) -> String {
        self.lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains(with))
            .unwrap_or_else(|| panic!("it ended without `{with}`"))
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A tracker of a pool for members that runs as long as this.
pub(crate) struct Tracker {
    pub(crate) process: Running,
    /// Where it listens.
    pub(crate) port: u16,
    /// The invite of the first administrator.
    pub(crate) first: String,
    _home: TempDir,
}

impl Tracker {
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = peerpool(home.path());
        command.args(["tracker", "--members", "--listen", "127.0.0.1:0", "--no-discovery"]);
        let mut process = Running::start(command);
        let port = process.line("ready ").rsplit(' ').next().unwrap().parse().unwrap();
        let first = process.line("/join#");
        Self { process, port, first, _home: home }
    }

    /// Its address, with this name of the machine.
    pub(crate) fn at(&self, host: &str) -> String {
        format!("{host}:{}", self.port)
    }
}

/// A user on a machine.
pub(crate) struct Device {
    pub(crate) home: TempDir,
}

impl Device {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// A command of this user.
    pub(crate) fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = peerpool(self.home.path());
        command.args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What a command says that does what it was told.
    pub(crate) fn says(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// The same in JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[args, &["--json"]].concat())).unwrap()
    }

    /// How a command fails: its exit code, and what it says.
    pub(crate) fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    pub(crate) fn joins(&self, invite: &str, name: &str, device: &str) -> Output {
        let mut command = self.command(["join", "--name", name, "--device", device]);
        command.env("PEERPOOL_INVITE", invite).output().unwrap()
    }

    /// A device that has joined.
    pub(crate) fn joined(invite: &str, name: &str, device: &str) -> Self {
        let new = Self::new();
        let output = new.joins(invite, name, device);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        new
    }
}

/// One field of each.
pub(crate) fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    list.as_array().expect("a list").iter().map(|entry| &entry[field]).collect()
}
