//! The tracker asks for the newest state: the repository is looked at, one look after the other, however often it asks.

use std::time::{Duration, Instant};

use peerpool_wire::channel::AskId;

use super::Node;

/// Questions that wait for a look.
const MAX_WAITING: usize = 64;
/// Between two looks passes so many times what the one before took, …
const PACE: u32 = 3;
/// … but not more.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The questions, and the looks.
#[derive(Debug, Default)]
pub(super) struct Asks {
    waiting: Vec<AskId>,
    longest: Duration,
    looking: bool,
    /// No look begins before.
    free: Option<Instant>,
}

impl Node {
    /// Has the repository looked at, as far as there is time, and then reports. What is asked during a look needs
    /// another one: what was seen before a question says nothing about it.
    pub(super) fn look_and_report(&mut self, ask: AskId, deadline: Duration) {
        if self.pool.asks.waiting.len() < MAX_WAITING {
            self.pool.asks.waiting.push(ask);
            self.pool.asks.longest = deadline.min(Duration::from_secs(60));
        }
        if !self.pool.asks.looking {
            self.look_for_asks();
        }
    }

    fn look_for_asks(&mut self) {
        self.pool.asks.looking = true;
        let asked = std::mem::take(&mut self.pool.asks.waiting);
        let scanner = self.scanner.clone();
        let time = self.pool.asks.longest.mul_f64(0.7);
        let free = self.pool.asks.free;
        let looking = async move {
            if let Some(free) = free {
                tokio::time::sleep_until(free.into()).await;
            }
            let begun = Instant::now();
            let _ = tokio::time::timeout(time, scanner.refresh()).await;
            begun.elapsed()
        };
        self.spawn_then(looking, move |node, took| {
            for ask in asked {
                node.report(ask);
            }
            node.pool.asks.free = Some(Instant::now() + (took * PACE).min(LONGEST_PAUSE));
            node.pool.asks.looking = false;
            if !node.pool.asks.waiting.is_empty() {
                node.look_for_asks();
            }
        });
    }
}
