//! What a peer counts for those who watch many of them; docs/operations.md lists it.
//!
//! Whoever counts holds handles that were registered once. What changes all the time is looked at when somebody asks.
//! Each peer has a registry of its own, so that several in one process do not mix.

use std::sync::Arc;

use peerpool_web::metrics::{self, Counter, Gauge, Metric};

const BYTES: Metric =
    Metric { name: "peerpool_peer_bytes_total", help: "Payload bytes of blocks, by direction." };
const PIECES: Metric =
    Metric { name: "peerpool_peer_pieces_total", help: "Pieces that were checked, by outcome." };
const CONNECTIONS: Metric =
    Metric { name: "peerpool_peer_connections", help: "Connections to other peers, by state." };
const CONNECTIONS_BOUND: Metric =
    Metric { name: "peerpool_peer_connections_bound", help: "Most connections to other peers, by state." };
const QUEUE: Metric = Metric { name: "peerpool_peer_queue", help: "Entries that wait in a queue." };
const QUEUE_BOUND: Metric =
    Metric { name: "peerpool_peer_queue_bound", help: "Most entries that wait in a queue." };
const MEMORY: Metric = Metric {
    name: "peerpool_peer_memory_bytes",
    help: "Bytes that are in use of a bounded amount of memory.",
};
const MEMORY_BOUND: Metric =
    Metric { name: "peerpool_peer_memory_bytes_bound", help: "Most bytes that are in use of it." };

/// What the swarms and their connections count. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    /// Payload bytes that were handed to the disk.
    pub(crate) received: Counter,
    /// Payload bytes that sockets took.
    pub(crate) sent: Counter,
    pub(crate) verified: Counter,
    pub(crate) failed: Counter,
}

/// Something that is bounded.
pub(crate) struct Bounded {
    now: Box<dyn Fn() -> usize + Send + Sync>,
    bound: usize,
}

/// A gauge, and what it shows.
struct Watched {
    gauge: Gauge,
    now: Box<dyn Fn() -> usize + Send + Sync>,
}

/// Registers what a peer counts.
#[derive(Default)]
pub(crate) struct Registry {
    figures: metrics::Registry,
    watched: Vec<Watched>,
}

/// Tells what a peer counts. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Exporter(Arc<Registry>);

impl Bounded {
    pub(crate) fn new(bound: usize, now: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        Self { now: Box::new(now), bound }
    }
}

impl Registry {
    pub(crate) fn counters(&mut self) -> Counters {
        let figures = &mut self.figures;
        Counters {
            received: figures.counter(BYTES, Some(("direction", "received"))),
            sent: figures.counter(BYTES, Some(("direction", "sent"))),
            verified: figures.counter(PIECES, Some(("outcome", "verified"))),
            failed: figures.counter(PIECES, Some(("outcome", "failed"))),
        }
    }

    /// Shows how many connections are in this state.
    pub(crate) fn connections(&mut self, state: &'static str, number: Bounded) {
        self.bounded((CONNECTIONS, CONNECTIONS_BOUND), ("state", state), number);
    }

    /// Shows how long a queue is.
    pub(crate) fn queue(&mut self, queue: &'static str, length: Bounded) {
        self.bounded((QUEUE, QUEUE_BOUND), ("queue", queue), length);
    }

    /// Shows how much of a bounded amount of memory is in use.
    pub(crate) fn memory(&mut self, used_for: &'static str, bytes: Bounded) {
        self.bounded((MEMORY, MEMORY_BOUND), ("for", used_for), bytes);
    }

    fn bounded(
        &mut self,
        (metric, bound_metric): (Metric, Metric),
        label: metrics::Label,
        Bounded { now, bound }: Bounded,
    ) {
        let gauge = self.figures.gauge(metric, Some(label));
        self.figures.gauge(bound_metric, Some(label)).set(bound);
        self.watched.push(Watched { gauge, now });
    }

    pub(crate) fn exporter(self) -> Exporter {
        Exporter(Arc::new(self))
    }
}

impl Exporter {
    /// Everything as it is now, in Prometheus' text format.
    pub(crate) fn render(&self) -> String {
        for watched in &self.0.watched {
            watched.gauge.set((watched.now)());
        }
        self.0.figures.render()
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exporter").field("watched", &self.0.watched.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_of_one_process_count_apart() {
        let (mut one, mut other) = (Registry::default(), Registry::default());
        one.counters().received.increment(5);
        other.counters().received.increment(7);
        one.queue("node", Bounded::new(10, || 3));
        let text = one.exporter().render();
        for line in [
            "peerpool_peer_bytes_total{direction=\"received\"} 5",
            "peerpool_peer_queue{queue=\"node\"} 3",
            "peerpool_peer_queue_bound{queue=\"node\"} 10",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not told:\n{text}");
        }
        assert!(other.exporter().render().contains("{direction=\"received\"} 7"));
    }
}
