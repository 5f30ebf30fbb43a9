//! What a peer counts for those who watch many of them; docs/operations.md lists it.
//!
//! Whoever counts holds handles that were registered once. What changes all the time is looked at when somebody asks.
//! Each peer has a registry of its own, so that several in one process do not mix.

use std::sync::Arc;

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// The type of [`Exporter::render`]'s text.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

const BYTES: &str = "peerpool_peer_bytes_total";
const PIECES: &str = "peerpool_peer_pieces_total";
const CONNECTIONS: &str = "peerpool_peer_connections";
const CONNECTIONS_BOUND: &str = "peerpool_peer_connections_bound";
const QUEUE: &str = "peerpool_peer_queue";
const QUEUE_BOUND: &str = "peerpool_peer_queue_bound";
const MEMORY: &str = "peerpool_peer_memory_bytes";
const MEMORY_BOUND: &str = "peerpool_peer_memory_bytes_bound";

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
pub(crate) struct Registry {
    recorder: PrometheusRecorder,
    watched: Vec<Watched>,
}

/// Tells what a peer counts. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Exporter {
    text: PrometheusHandle,
    watched: Arc<[Watched]>,
}

impl Bounded {
    pub(crate) fn new(bound: usize, now: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        Self { now: Box::new(now), bound }
    }
}

impl Registry {
    pub(crate) fn new() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        with_local_recorder(&recorder, || {
            describe_counter!(BYTES, "Payload bytes of blocks, by direction.");
            describe_counter!(PIECES, "Pieces that were checked, by outcome.");
            describe_gauge!(CONNECTIONS, "Connections to other peers, by state.");
            describe_gauge!(CONNECTIONS_BOUND, "Most connections to other peers, by state.");
            describe_gauge!(QUEUE, "Entries that wait in a queue.");
            describe_gauge!(QUEUE_BOUND, "Most entries that wait in a queue.");
            describe_gauge!(MEMORY, "Bytes that are in use of a bounded amount of memory.");
            describe_gauge!(MEMORY_BOUND, "Most bytes that are in use of it.");
        });
        Self { recorder, watched: Vec::new() }
    }

    pub(crate) fn counters(&self) -> Counters {
        with_local_recorder(&self.recorder, || Counters {
            received: counter!(BYTES, "direction" => "received"),
            sent: counter!(BYTES, "direction" => "sent"),
            verified: counter!(PIECES, "outcome" => "verified"),
            failed: counter!(PIECES, "outcome" => "failed"),
        })
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
        (name, bound_name): (&'static str, &'static str),
        (label, value): (&'static str, &'static str),
        Bounded { now, bound }: Bounded,
    ) {
        let gauge = with_local_recorder(&self.recorder, || {
            gauge!(bound_name, label => value).set(bound as f64);
            gauge!(name, label => value)
        });
        self.watched.push(Watched { gauge, now });
    }

    pub(crate) fn exporter(self) -> Exporter {
        Exporter { text: self.recorder.handle(), watched: self.watched.into() }
    }
}

impl Exporter {
    /// Everything as it is now, in Prometheus' text format.
    pub(crate) fn render(&self) -> String {
        for watched in self.watched.iter() {
            watched.gauge.set((watched.now)() as f64);
        }
        self.text.render()
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exporter").field("watched", &self.watched.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_of_one_process_count_apart() {
        let (mut one, other) = (Registry::new(), Registry::new());
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
