//! What a process used, as the kernel counts it.

use std::{fs, net::SocketAddr, process::Command};

/// What a process used since it began.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Most bytes of memory that were resident at once (`VmHWM`).
    pub peak_resident: u64,
    /// Bytes that `read` and its kin returned, from files and pipes (`rchar`).
    pub read: u64,
}

/// Reads `/proc` for a living process.
pub fn usage(pid: u32) -> Usage {
    Usage { peak_resident: field(pid, "status", "VmHWM:") * 1024, read: field(pid, "io", "rchar:") }
}

/// What a process holds now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holding {
    /// Bytes of memory that are resident (`VmRSS`).
    pub resident: u64,
    /// Open file descriptors.
    pub handles: u64,
    /// Threads.
    pub threads: u64,
}

/// Reads `/proc` for a living process.
pub fn holding(pid: u32) -> Holding {
    let handles = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() as u64;
    let resident = field(pid, "status", "VmRSS:") * 1024;
    Holding { resident, handles, threads: field(pid, "status", "Threads:") }
}

fn field(pid: u32, file: &str, name: &str) -> u64 {
    let path = format!("/proc/{pid}/{file}");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_else(|| panic!("{path} has no {name}"))
}

/// Bytes that a program has taken from its connections with `from`: what arrived less what waits in the kernel. Exact
/// while the program is frozen. Asks `ss`, and passes over what a killed program left half closed: that was counted before.
pub fn taken_from(from: SocketAddr) -> u64 {
    let asked = ["-Htin", "state", "established", "dst", &from.to_string()];
    let shown = Command::new("ss").args(asked).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let number = |word: &str| word.parse::<u64>().unwrap();
    let mut waiting = 0;
    let mut taken = 0;
    for line in shown.lines() {
        let mut words = line.split_whitespace();
        // A line of bytes not yet read, bytes not yet acknowledged and addresses, then one of details, set in.
        if line.starts_with(char::is_whitespace) {
            let received = words.find_map(|word| word.strip_prefix("bytes_received:"));
            taken += received.map_or(0, |received| number(received) - waiting);
        } else {
            waiting = words.next().map_or(0, number);
        }
    }
    taken
}
