//! How many files and connections the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than any tracker or peer needs, where the system sets no limit.
const MANY: u64 = 1 << 20;

/// Raises the soft limit, which is made for programs that use `select`, to what the system allows. What cannot be raised
/// stays: a peer and a tracker share out what they have.
pub fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(MANY).min(MANY);
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::debug!(%error, "the limit of open files stays as it is");
        }
    }
}
