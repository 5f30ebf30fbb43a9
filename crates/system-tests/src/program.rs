//! A child process and what it says.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{PATIENCE, until};

/// How long a program may take to end once it is told to.
const ENDING: Duration = Duration::from_secs(15);

/// A running child process. Dropping it ends it with SIGTERM, and fails the test if it does not obey.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    lines: Receiver<String>,
    log: PathBuf,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The lines of standard output that nobody had read.
    pub stdout: Vec<String>,
    /// All of standard error.
    pub stderr: String,
}

impl Program {
    /// Starts it. Standard output is read line by line; standard error goes to `NAME.log` in `folder`.
    pub(crate) fn start(name: &str, command: Command, folder: &Path) -> Self {
        Self::start_with(name, command, Stdio::null(), folder)
    }

    /// The same with something as its standard input.
    pub(crate) fn start_with(name: &str, mut command: Command, stdin: Stdio, folder: &Path) -> Self {
        let log = folder.join(format!("{name}.log"));
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {:?}: {error}", command.get_program()));
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = sync_channel(1024);
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { name: name.to_owned(), child, lines, log }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line of standard output that begins with `beginning`. Lines before it are dropped.
    pub fn line(&mut self, beginning: &str) -> String {
        self.line_within(beginning, PATIENCE)
    }

    /// As [`Program::line`], for what may take longer or must be quicker.
    pub fn line_within(&mut self, beginning: &str, patience: Duration) -> String {
        let deadline = Instant::now() + patience;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.starts_with(beginning) => return line,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    panic!(
                        "{} did not say `{beginning}` within {patience:?}; its log:\n{}",
                        self.name,
                        self.stderr()
                    )
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("{} ended without saying `{beginning}`; its log:\n{}", self.name, self.stderr())
                }
            }
        }
    }

    /// Waits for a line as [`Program::line`] does; `None` when the program ends without it.
    pub fn line_or_end(&mut self, beginning: &str) -> Option<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.starts_with(beginning) => return Some(line),
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{} neither said `{beginning}` nor ended; its log:\n{}", self.name, self.stderr())
                }
            }
        }
    }

    /// The line of standard output that begins with `beginning`, if the program has said it by now. Lines before it
    /// are dropped.
    pub fn said(&mut self, beginning: &str) -> Option<String> {
        std::iter::from_fn(|| self.lines.try_recv().ok()).find(|line| line.starts_with(beginning))
    }

    /// Waits for its end.
    pub fn end(mut self, patience: Duration) -> Ended {
        let what = format!("the end of {}", self.name);
        let status = until(&what, patience, || self.child.try_wait().unwrap().ok_or("it runs"));
        self.ended(status)
    }

    /// Ends it with SIGTERM and waits.
    pub fn terminate(mut self) -> Ended {
        let status = self.obeys_terminate().unwrap_or_else(|| panic!("{} ignored SIGTERM", self.name));
        self.ended(status)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Stops it where it stands with SIGSTOP.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Goes on after [`Program::freeze`].
    pub fn thaw(&self) {
        kill_process(Pid::from_child(&self.child), Signal::CONT).unwrap();
    }

    /// Ends it with SIGKILL, which it cannot prepare for.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn ended(&mut self, status: ExitStatus) -> Ended {
        Ended { code: status.code(), stdout: self.lines.iter().collect(), stderr: self.stderr() }
    }

    /// All of standard error so far.
    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends SIGTERM; `None` when it lives on.
    fn obeys_terminate(&mut self) -> Option<ExitStatus> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).ok()?;
        let deadline = Instant::now() + ENDING;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(2));
        }
        None
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        let obeyed = self.obeys_terminate().is_some();
        if !obeyed {
            self.child.kill().ok();
            self.child.wait().ok();
        }
        if thread::panicking() {
            eprintln!("--- log of {}\n{}", self.name, self.stderr());
        } else {
            assert!(obeyed, "{} ignored SIGTERM for {ENDING:?}", self.name);
        }
    }
}
