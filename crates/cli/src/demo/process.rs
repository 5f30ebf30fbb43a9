//! A tracker or a peer as a process of this same program.

use std::{
    env,
    fs::File,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::exit::{Exit, Failure};

/// How long a process may take to say `ready`, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child process that has said `ready`. It is killed when this is dropped, unless it is to be kept.
#[derive(Debug)]
pub(super) struct Process {
    what: String,
    child: Child,
    ready: String,
    // Kept open, so that the child can write.
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts `peerpool ARGUMENTS` as the user whose data are in `home`, and waits until it says `ready`. Its log goes into
    /// `log`.
    pub(super) async fn start(
        what: &str,
        arguments: &[&str],
        home: &Path,
        log: &Path,
        keep: bool,
    ) -> Result<Self, Failure> {
        let log_file = File::create(log).map_err(Failure::file("write", log))?;
        let mut command = command(arguments, home)?;
        command.stdout(Stdio::piped()).stderr(log_file);
        // Ctrl-C in this terminal is for the demo, which ends its processes in order, or leaves those that are kept.
        command.process_group(0);
        let mut child = command.kill_on_drop(!keep).spawn().map_err(Failure::file("start", "peerpool"))?;
        let Some(stdout) = child.stdout.take() else {
            return Err(failed(what, "has no output", log));
        };
        let mut lines = BufReader::new(stdout).lines();
        match timeout(PATIENCE, first_ready(&mut lines)).await {
            Ok(Some(ready)) => Ok(Self { what: what.to_owned(), child, ready, lines }),
            Ok(None) => Err(failed(what, "ended before it was ready", log)),
            Err(_) => Err(failed(what, "was not ready in time", log)),
        }
    }

    /// The line that it said.
    pub(super) fn ready(&self) -> &str {
        &self.ready
    }

    /// The next line that it says.
    pub(super) async fn line(&mut self) -> Result<String, Failure> {
        match timeout(PATIENCE, self.lines.next_line()).await {
            Ok(Ok(Some(line))) => Ok(line),
            _ => Err(Failure::told(Exit::Failed, format!("{} said nothing more", self.what))),
        }
    }

    /// Its process id.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Asks it to end by SIGTERM, if it is still there, and waits for it.
    pub(super) async fn terminate(&mut self) -> Result<(), Failure> {
        let process = self.child.id().and_then(|id| rustix::process::Pid::from_raw(id as i32));
        if let Some(process) = process {
            // It may have ended by itself just now.
            let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
        }
        self.wait().await
    }

    /// Ends it by SIGKILL, which it cannot prepare for.
    pub(super) async fn kill(mut self) -> Result<(), Failure> {
        let lost = |error| Failure::told(Exit::Failed, format!("{} cannot be killed: {error}", self.what));
        self.child.kill().await.map_err(lost)
    }

    /// Waits until it has ended well.
    pub(super) async fn wait(&mut self) -> Result<(), Failure> {
        match timeout(PATIENCE, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(Failure::told(Exit::Failed, format!("{} ended with {status}", self.what))),
            Ok(Err(error)) => Err(Failure::told(Exit::Failed, format!("{} is lost: {error}", self.what))),
            Err(_) => Err(Failure::told(Exit::Failed, format!("{} did not end in time", self.what))),
        }
    }
}

/// Runs `peerpool ARGUMENTS` to its end, as the user whose data are in `home`.
pub(super) async fn run(
    arguments: &[&str],
    home: &Path,
    variable: Option<(&str, &str)>,
) -> Result<Output, Failure> {
    let mut command = command(arguments, home)?;
    command.envs(variable).kill_on_drop(true);
    let what = || format!("peerpool {}", arguments.join(" "));
    match timeout(PATIENCE, command.output()).await {
        Ok(output) => output.map_err(Failure::file("run", what())),
        Err(_) => Err(Failure::told(Exit::Failed, format!("{} did not end in time", what()))),
    }
}

fn command(arguments: &[&str], home: &Path) -> Result<Command, Failure> {
    let program = env::current_exe().map_err(Failure::file("find", "peerpool itself"))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).env("XDG_DATA_HOME", home);
    for name in [
        "PEERPOOL_REPOSITORY",
        "PEERPOOL_TRACKER",
        "PEERPOOL_LISTEN",
        "PEERPOOL_NAME",
        "PEERPOOL_DATA",
        "PEERPOOL_DATABASE",
        "PEERPOOL_ADVERTISE",
    ] {
        command.env_remove(name);
    }
    Ok(command)
}

async fn first_ready(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    while let Ok(Some(line)) = lines.next_line().await {
        if line.starts_with("ready") {
            return Some(line);
        }
    }
    None
}

/// The failure, with what the process itself said.
fn failed(what: &str, how: &str, log: &Path) -> Failure {
    let said = std::fs::read_to_string(log).unwrap_or_default();
    Failure::told(Exit::Failed, format!("{what} {how}: {}", said.trim()))
}
