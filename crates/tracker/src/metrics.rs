//! What the tracker counts. docs/operations.md explains the names.
//!
//! Every handle is registered once, in a registry of this tracker's own, so that counting is one addition and several
//! trackers of one process do not mix. What is a level (how full a queue is, how many connections there are) is read when
//! somebody asks, and costs nothing meanwhile.

use std::sync::Arc;

use peerpool_catalogue::Counts;
use peerpool_web::metrics::{Counter, Gauge, Histogram, Label, Metric, Registry};

const ANNOUNCES: Metric = Metric { name: "peerpool_tracker_announces_total", help: "Announces by outcome" };
const SCRAPES: Metric = Metric { name: "peerpool_tracker_scrapes_total", help: "Scrapes" };
const CATALOGUE_INPUTS: Metric =
    Metric { name: "peerpool_tracker_catalogue_inputs_total", help: "Inputs that the catalogue handled" };
const CATALOGUE_BATCH_SECONDS: Metric = Metric {
    name: "peerpool_tracker_catalogue_batch_seconds",
    help: "Time for the inputs that waited together",
};
const SEARCH_SECONDS: Metric =
    Metric { name: "peerpool_tracker_search_seconds", help: "Time of a search, once its turn had come" };
const STORE_COMMITS: Metric =
    Metric { name: "peerpool_tracker_store_commits_total", help: "Transactions of the store by outcome" };
const STORE_COMMIT_SECONDS: Metric =
    Metric { name: "peerpool_tracker_store_commit_seconds", help: "Time of a transaction" };
const STORE_CONNECTED: Metric = Metric {
    name: "peerpool_tracker_store_connected",
    help: "1 if the database could be reached when it was used last, else 0",
};
const NODES: Metric =
    Metric { name: "peerpool_tracker_nodes", help: "Other nodes of the pool that the database lists" };
const LINKS: Metric = Metric { name: "peerpool_tracker_links", help: "Links to other nodes by state" };
const LINKS_BEHIND: Metric = Metric {
    name: "peerpool_tracker_links_behind_total",
    help: "Links begun anew because a node did not keep up",
};
const NEWS: Metric = Metric {
    name: "peerpool_tracker_news_total",
    help: "News that were told to other nodes, or heard from them",
};
const ITEMS: Metric = Metric { name: "peerpool_tracker_items", help: "Items known" };
const SWARMS: Metric = Metric { name: "peerpool_tracker_swarms", help: "Names of swarms" };
const CONNECTIONS: Metric = Metric { name: "peerpool_tracker_connections", help: "Connections by state" };
const CONNECTIONS_BOUND: Metric =
    Metric { name: "peerpool_tracker_connections_bound", help: "Most connections" };
const QUEUE: Metric = Metric { name: "peerpool_tracker_queue", help: "Entries that wait in a queue" };
const QUEUE_BOUND: Metric =
    Metric { name: "peerpool_tracker_queue_bound", help: "Most entries that wait in a queue" };
const MEMORY: Metric = Metric {
    name: "peerpool_tracker_memory_bytes",
    help: "Bytes that are in use of a bounded amount of memory",
};
const MEMORY_BOUND: Metric =
    Metric { name: "peerpool_tracker_memory_bytes_bound", help: "Most bytes that are in use of it" };
const FOLLOWERS: Metric = Metric { name: "peerpool_tracker_followers", help: "Pages that follow" };
const FOLLOWERS_BOUND: Metric =
    Metric { name: "peerpool_tracker_followers_bound", help: "Most pages that follow" };

/// The counters of one tracker.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) announces: Announces,
    pub(crate) catalogue: CatalogueMetrics,
    pub(crate) searches: SearchMetrics,
    pub(crate) store: StoreMetrics,
    pub(crate) links: LinkMetrics,
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
    /// 1 if the database could be reached when it was used last, else 0.
    pub(crate) connected: Gauge,
}

/// Links to other nodes.
pub(crate) struct LinkMetrics {
    /// Other nodes on the roster.
    pub(crate) nodes: Gauge,
    pub(crate) up: Gauge,
    /// Of those, links over which all has come that stood when they began.
    pub(crate) complete: Gauge,
    pub(crate) behind: Counter,
    pub(crate) told: Counter,
    pub(crate) heard: Counter,
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
        let mut registry = Registry::default();
        let mut announces = |outcome| registry.counter(ANNOUNCES, Some(("outcome", outcome)));
        let (answered, refused, malformed) =
            (announces("answered"), announces("refused"), announces("malformed"));
        let announces = Announces { answered, refused, malformed, scrapes: registry.counter(SCRAPES, None) };
        let catalogue = CatalogueMetrics {
            inputs: registry.counter(CATALOGUE_INPUTS, None),
            batch_seconds: registry.histogram(CATALOGUE_BATCH_SECONDS),
        };
        let searches = SearchMetrics { seconds: registry.histogram(SEARCH_SECONDS) };
        let store = StoreMetrics {
            committed: registry.counter(STORE_COMMITS, Some(("outcome", "committed"))),
            failed: registry.counter(STORE_COMMITS, Some(("outcome", "failed"))),
            commit_seconds: registry.histogram(STORE_COMMIT_SECONDS),
            connected: registry.gauge(STORE_CONNECTED, None),
        };
        let links = LinkMetrics {
            nodes: registry.gauge(NODES, None),
            up: registry.gauge(LINKS, Some(("state", "up"))),
            complete: registry.gauge(LINKS, Some(("state", "complete"))),
            behind: registry.counter(LINKS_BEHIND, None),
            told: registry.counter(NEWS, Some(("direction", "told"))),
            heard: registry.counter(NEWS, Some(("direction", "heard"))),
        };
        let levels = LevelGauges::register(&mut registry);
        Arc::new(Self { registry, announces, catalogue, searches, store, links, levels })
    }

    /// Everything in Prometheus' text format.
    pub(crate) fn render(&self, levels: &Levels) -> String {
        self.levels.set(levels);
        self.registry.render()
    }
}

impl LevelGauges {
    fn register(registry: &mut Registry) -> Self {
        let mut connections = |state| registry.gauge(CONNECTIONS, Some(("state", state)));
        let (sessions, idle, busy) = (connections("session"), connections("idle"), connections("busy"));
        let queue = |queue| Some(("queue", queue));
        Self {
            items: registry.gauge(ITEMS, None),
            swarms: registry.gauge(SWARMS, None),
            sessions,
            idle,
            busy,
            connections_bound: registry.gauge(CONNECTIONS_BOUND, None),
            catalogue_queue: Bounded::register(registry, (QUEUE, QUEUE_BOUND), queue("catalogue")),
            store_queue: Bounded::register(registry, (QUEUE, QUEUE_BOUND), queue("store")),
            message_bytes: Bounded::register(registry, (MEMORY, MEMORY_BOUND), Some(("for", "messages"))),
            followers: Bounded::register(registry, (FOLLOWERS, FOLLOWERS_BOUND), None),
        }
    }

    fn set(&self, levels: &Levels) {
        let sessions = levels.counts.peers;
        self.items.set(levels.counts.items);
        self.swarms.set(levels.counts.swarms);
        self.sessions.set(sessions);
        self.idle.set(levels.idle);
        self.busy.set(levels.connections.used.saturating_sub(levels.idle + sessions));
        self.connections_bound.set(levels.connections.bound);
        self.catalogue_queue.set(levels.catalogue_queue);
        self.store_queue.set(levels.store_queue);
        self.message_bytes.set(levels.message_bytes);
        self.followers.set(levels.followers);
    }
}

impl Bounded {
    fn register(registry: &mut Registry, (used, bound): (Metric, Metric), label: Option<Label>) -> Self {
        Self { used: registry.gauge(used, label), bound: registry.gauge(bound, label) }
    }

    fn set(&self, level: Level) {
        self.used.set(level.used);
        self.bound.set(level.bound);
    }
}
