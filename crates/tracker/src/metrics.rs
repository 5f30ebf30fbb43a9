//! What the tracker counts. docs/operations.md explains the names.
//!
//! Every handle is registered once, with a recorder of this tracker's own, so that counting is one addition and several
//! trackers of one process do not mix. What is a level (how full a queue is, how many connections there are) is read when
//! somebody asks, and costs nothing meanwhile.

use std::{sync::Arc, time::Duration};

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use peerpool_catalogue::Counts;
use tokio_util::sync::CancellationToken;

/// Bounds of the histograms' buckets, in seconds.
const BUCKETS: [f64; 9] = [0.00001, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.1, 1.0, 10.0];
/// How often what histograms took down is put into their buckets, so that it takes no memory.
const UPKEEP: Duration = Duration::from_secs(5);
/// The format's media type (Prometheus, "Exposition formats").
pub(crate) const TEXT_FORMAT: &str = "text/plain; version=0.0.4";

/// The counters of one tracker.
pub(crate) struct Metrics {
    exporter: PrometheusHandle,
    pub(crate) announces: Announces,
    pub(crate) catalogue: CatalogueMetrics,
    pub(crate) searches: SearchMetrics,
    pub(crate) store: StoreMetrics,
    levels: LevelGauges,
}

/// Announces by their outcome.
pub(crate) struct Announces {
    pub(crate) answered: Counter,
    /// The catalogue refused them.
    pub(crate) refused: Counter,
    /// They could not be read.
    pub(crate) malformed: Counter,
    pub(crate) scrapes: Counter,
}

/// The task that owns the catalogue.
pub(crate) struct CatalogueMetrics {
    pub(crate) inputs: Counter,
    /// How long it took for what it found waiting.
    pub(crate) batch_seconds: Histogram,
}

/// The threads that search.
pub(crate) struct SearchMetrics {
    /// How long a search took, once its turn had come.
    pub(crate) seconds: Histogram,
}

/// The task that owns the store.
pub(crate) struct StoreMetrics {
    pub(crate) committed: Counter,
    pub(crate) failed: Counter,
    pub(crate) commit_seconds: Histogram,
}

/// Something that has a bound, and how much of it is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) used: usize,
    pub(crate) bound: usize,
}

impl Level {
    /// Whether more than nine tenths of it are used.
    pub(crate) fn is_nearly_full(self) -> bool {
        self.used > self.bound / 10 * 9
    }
}

/// What is read when somebody asks.
#[derive(Debug)]
pub(crate) struct Levels {
    pub(crate) counts: Counts,
    pub(crate) connections: Level,
    /// Connections that wait for their client's next request.
    pub(crate) idle: usize,
    pub(crate) catalogue_queue: Level,
    pub(crate) store_queue: Level,
    pub(crate) message_bytes: Level,
    pub(crate) followers: Level,
}

struct LevelGauges {
    items: Gauge,
    swarms: Gauge,
    sessions: Gauge,
    idle: Gauge,
    busy: Gauge,
    connections_bound: Gauge,
    catalogue_queue: Bounded,
    store_queue: Bounded,
    message_bytes: Bounded,
    followers: Bounded,
}

/// A level beside its bound.
struct Bounded {
    used: Gauge,
    bound: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Arc<Self> {
        let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS).unwrap_or_default().build_recorder();
        let exporter = recorder.handle();
        Arc::new(metrics::with_local_recorder(&recorder, || Self::register(exporter)))
    }

    fn register(exporter: PrometheusHandle) -> Self {
        describe();
        let announces =
            |outcome: &'static str| counter!("peerpool_tracker_announces_total", "outcome" => outcome);
        let commits =
            |outcome: &'static str| counter!("peerpool_tracker_store_commits_total", "outcome" => outcome);
        let connections = |state: &'static str| gauge!("peerpool_tracker_connections", "state" => state);
        Self {
            exporter,
            announces: Announces {
                answered: announces("answered"),
                refused: announces("refused"),
                malformed: announces("malformed"),
                scrapes: counter!("peerpool_tracker_scrapes_total"),
            },
            catalogue: CatalogueMetrics {
                inputs: counter!("peerpool_tracker_catalogue_inputs_total"),
                batch_seconds: histogram!("peerpool_tracker_catalogue_batch_seconds"),
            },
            searches: SearchMetrics { seconds: histogram!("peerpool_tracker_search_seconds") },
            store: StoreMetrics {
                committed: commits("committed"),
                failed: commits("failed"),
                commit_seconds: histogram!("peerpool_tracker_store_commit_seconds"),
            },
            levels: LevelGauges {
                items: gauge!("peerpool_tracker_items"),
                swarms: gauge!("peerpool_tracker_swarms"),
                sessions: connections("session"),
                idle: connections("idle"),
                busy: connections("busy"),
                connections_bound: gauge!("peerpool_tracker_connections_bound"),
                catalogue_queue: Bounded::queue("catalogue"),
                store_queue: Bounded::queue("store"),
                message_bytes: Bounded {
                    used: gauge!("peerpool_tracker_memory_bytes", "for" => "messages"),
                    bound: gauge!("peerpool_tracker_memory_bytes_bound", "for" => "messages"),
                },
                followers: Bounded {
                    used: gauge!("peerpool_tracker_followers"),
                    bound: gauge!("peerpool_tracker_followers_bound"),
                },
            },
        }
    }

    /// Everything in Prometheus' text format.
    pub(crate) fn render(&self, levels: &Levels) -> String {
        self.levels.set(levels);
        self.exporter.render()
    }
}

impl LevelGauges {
    fn set(&self, levels: &Levels) {
        let sessions = levels.counts.peers;
        self.items.set(levels.counts.items as f64);
        self.swarms.set(levels.counts.swarms as f64);
        self.sessions.set(sessions as f64);
        self.idle.set(levels.idle as f64);
        self.busy.set(levels.connections.used.saturating_sub(levels.idle + sessions) as f64);
        self.connections_bound.set(levels.connections.bound as f64);
        self.catalogue_queue.set(levels.catalogue_queue);
        self.store_queue.set(levels.store_queue);
        self.message_bytes.set(levels.message_bytes);
        self.followers.set(levels.followers);
    }
}

impl Bounded {
    fn queue(queue: &'static str) -> Self {
        Self {
            used: gauge!("peerpool_tracker_queue", "queue" => queue),
            bound: gauge!("peerpool_tracker_queue_bound", "queue" => queue),
        }
    }

    fn set(&self, level: Level) {
        self.used.set(level.used as f64);
        self.bound.set(level.bound as f64);
    }
}

/// Keeps the histograms small until `shutdown` is cancelled.
pub(crate) async fn upkeep_task(metrics: Arc<Metrics>, shutdown: CancellationToken) {
    let mut upkeep = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = upkeep.tick() => metrics.exporter.run_upkeep(),
        }
    }
}

fn describe() {
    describe_counter!("peerpool_tracker_announces_total", "Announces by outcome");
    describe_counter!("peerpool_tracker_scrapes_total", "Scrapes");
    describe_counter!("peerpool_tracker_catalogue_inputs_total", "Inputs that the catalogue handled");
    describe_histogram!(
        "peerpool_tracker_catalogue_batch_seconds",
        "Time for the inputs that waited together"
    );
    describe_histogram!("peerpool_tracker_search_seconds", "Time of a search, once its turn had come");
    describe_counter!("peerpool_tracker_store_commits_total", "Transactions of the store by outcome");
    describe_histogram!("peerpool_tracker_store_commit_seconds", "Time of a transaction");
    describe_gauge!("peerpool_tracker_items", "Items known");
    describe_gauge!("peerpool_tracker_swarms", "Names of swarms");
    describe_gauge!("peerpool_tracker_connections", "Connections by state");
    describe_gauge!("peerpool_tracker_connections_bound", "Most connections");
    describe_gauge!("peerpool_tracker_queue", "Entries that wait in a queue");
    describe_gauge!("peerpool_tracker_queue_bound", "Most entries that wait in a queue");
    describe_gauge!("peerpool_tracker_memory_bytes", "Bytes that are in use of a bounded amount of memory");
    describe_gauge!("peerpool_tracker_memory_bytes_bound", "Most bytes that are in use of it");
    describe_gauge!("peerpool_tracker_followers", "Pages that follow");
    describe_gauge!("peerpool_tracker_followers_bound", "Most pages that follow");
}
