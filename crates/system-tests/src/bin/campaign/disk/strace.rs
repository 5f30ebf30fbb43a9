//! System calls that fail.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Calls of one kind that fail in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Names of system calls, as `strace` takes them.
    pub(crate) calls: &'static str,
    /// The error's name.
    pub(crate) error: &'static str,
}

impl Fault {
    /// How messages may name the error.
    pub(crate) fn reasons(&self) -> &'static [&'static str] {
        match self.error {
            "ENOSPC" => &["no space left", "disk is full"],
            "EMFILE" => &["too many open files", "file descriptors"],
            // A folder that is there and cannot be looked at is told as one that could not be made.
            _ => &["input/output error", "i/o error", "file exists"],
        }
    }
}

/// One fault at the n-th call.
#[derive(Debug)]
pub(crate) struct Injection {
    log: PathBuf,
    command: Vec<String>,
}

impl Injection {
    /// Fails the `n`th call of each thread; only calls about one of `paths`, if there are any.
    pub(crate) fn new(fault: Fault, n: u32, paths: &[PathBuf], log: &Path) -> Self {
        let mut command: Vec<String> =
            ["strace", "-D", "-f", "-qq", "-y", "--seccomp-bpf"].map(str::to_owned).into();
        command.extend(["-o".to_owned(), log.display().to_string()]);
        command.push(format!("--trace={}", fault.calls));
        command.push(format!("--inject={}:error={}:when={n}", fault.calls, fault.error));
        command.extend(paths.iter().flat_map(|path| ["-P".to_owned(), path.display().to_string()]));
        fs::write(log, "").unwrap();
        Self { log: log.to_owned(), command }
    }

    /// The command that runs another one with this fault.
    pub(crate) fn command(&self) -> &[String] {
        &self.command
    }

    /// Whether any call has failed by it.
    pub(crate) fn hit(&self) -> bool {
        fs::read_to_string(&self.log).is_ok_and(|log| log.contains("(INJECTED)"))
    }
}

/// Whether there is a `strace` that can do this.
pub(crate) fn is_there() -> bool {
    let tried = Command::new("strace").args(["-f", "--seccomp-bpf", "-o", "/dev/null", "true"]).output();
    tried.is_ok_and(|output| output.status.success())
}
