//! The machine that the tracker runs on.

/// What it calls itself.
pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// How much less than others a thread gets that gives way: about a third where both have work.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;

/// Has this thread leave the processor to others of this process as far as they need it. Elsewhere than on Linux, a
/// priority is that of the whole process, so nothing happens.
pub(crate) fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "a thread keeps its priority");
    }
}
