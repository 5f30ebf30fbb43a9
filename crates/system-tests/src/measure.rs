//! What a process used, as the kernel counts it.

use std::fs;

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

fn field(pid: u32, file: &str, name: &str) -> u64 {
    let path = format!("/proc/{pid}/{file}");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_else(|| panic!("{path} has no {name}"))
}
