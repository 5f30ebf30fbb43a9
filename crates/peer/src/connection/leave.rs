//! Leave to send blocks, while rates are limited.

use crate::limits::{Way, Who};

/// Asks on behalf of one connection.
#[derive(Debug)]
pub(super) struct Leave {
    way: Way,
    who: Who,
}

impl Leave {
    pub(super) fn new(way: Way, who: Who) -> Self {
        Self { way, who }
    }

    /// Whether leave is to be asked for.
    pub(super) fn is_needed(&self) -> bool {
        self.way.is_limited()
    }

    /// Waits until so many bytes may be sent.
    pub(super) fn wait(&self, bytes: u32) -> impl Future<Output = ()> + Send + use<> {
        let (way, who) = (self.way.clone(), self.who);
        async move { way.leave(who, bytes).await }
    }
}
