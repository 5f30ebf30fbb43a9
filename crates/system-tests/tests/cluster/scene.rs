//! A pool at work: peers and stock clients in the middle of a download, and a load of announces.

use std::{
    fmt,
    time::{Duration, Instant},
};

use peerpool_api::{Download, Item, LimitRates, Limits, TrackerState};
use peerpool_system_tests::{
    Announced, Announces, Cluster, Content, NODES, PATIENCE, Peer, StockClient, Torrent, Watch, until,
};

pub(crate) const PEERS: usize = 20;
const HOLDERS: usize = 2;
const READERS: usize = 6;
const STOCK: usize = 3;

const FILM: &str = "film.mkv";
const NOTE: &str = "note.txt";
const COUNTED: &str = "counted.bin";

const FILM_BYTES: u64 = 64 << 20;
/// Of each download.
const RATE: u64 = 4 << 20;
const ANNOUNCES_PER_SECOND: u32 = 2000;

/// What nobody may wait longer for.
const UNNOTICED: Duration = Duration::from_secs(5);

/// The situation into which each test brings its fault.
pub(crate) struct Scene<'a> {
    cluster: &'a Cluster,
    film: Content,
    pub(crate) peers: Vec<Peer<'a>>,
    downloads: Vec<Download>,
    stock: [StockClient; STOCK],
    announces: Announces,
    watch: Watch,
}

/// What was seen in it.
pub(crate) struct Seen {
    pub(crate) announced: Announced,
    pub(crate) longest_pause: Duration,
}

impl<'a> Scene<'a> {
    /// Starts everything, and waits until each download has a fifth, of 16 s.
    pub(crate) fn open(cluster: &'a Cluster) -> Self {
        Self::open_with(cluster, RATE)
    }

    /// The same with downloads that take twice as long.
    pub(crate) fn open_slowly(cluster: &'a Cluster) -> Self {
        Self::open_with(cluster, RATE / 2)
    }

    fn open_with(cluster: &'a Cluster, rate: u64) -> Self {
        let film = cluster.pool().random_file(FILM, FILM_BYTES, 1);
        let peers = start_peers(cluster, &film);
        let listed = |name, seeds| {
            let nodes = (1..=NODES).map(|number| cluster.item_at(number, name, |item| has(item, seeds, 0)));
            nodes.last().unwrap().hash
        };
        let (listed_film, counted) = (listed(FILM, HOLDERS), listed(COUNTED, 1));
        listed(NOTE, PEERS);
        let readers = &peers[HOLDERS..HOLDERS + READERS];
        for reader in readers {
            let rates = LimitRates { down: Some(rate), ..LimitRates::default() };
            let limits = Limits { rates, schedules: Vec::new() };
            reader.control(async |client| client.set_limits(&limits).await).unwrap();
        }
        let trackers = cluster.addresses_from(1);
        let announces = Announces::begin(cluster.here(), &trackers, counted.primary(), ANNOUNCES_PER_SECOND);
        let torrent = Torrent::of(&listed_film, cluster.here(), &trackers);
        let stock = StockClient::start_three(cluster.pool(), cluster.here(), &torrent, rate);
        let downloads: Vec<_> = readers.iter().map(|reader| reader.begin(FILM)).collect();
        for (reader, download) in readers.iter().zip(&downloads) {
            reader.until(download, "a fifth", |now| now.bytes_done > FILM_BYTES / 5);
        }
        let watch = Watch::over(readers.iter().zip(&downloads));
        Self { cluster, film, peers, downloads, stock, announces, watch }
    }

    /// Panics when a download is over, which a fault was to fall into.
    pub(crate) fn all_run(&self) {
        for (reader, download) in self.readers().zip(&self.downloads) {
            let now = reader.download(download);
            assert!(now.bytes_done < FILM_BYTES, "{}: over too soon, so nothing is shown", reader.name());
        }
    }

    /// How many peers are connected to a node.
    pub(crate) fn peers_at(&self, number: usize) -> usize {
        self.peers.iter().filter(|peer| self.node_of(peer) == Some(number)).count()
    }

    /// Waits until every peer is connected to one of these nodes.
    pub(crate) fn all_at(&self, nodes: &[usize]) {
        for peer in &self.peers {
            until(&format!("{} is at one of the nodes {nodes:?}", peer.name()), PATIENCE, || {
                let node = self.node_of(peer);
                if node.is_some_and(|node| nodes.contains(&node)) { Ok(()) } else { Err(node) }
            });
        }
    }

    /// Waits until every download is complete, and compares what came.
    pub(crate) fn all_complete(&self) {
        for (reader, download) in self.readers().zip(&self.downloads) {
            reader.until_complete(download);
            self.film.assert_equal(&reader.path(FILM));
        }
        self.stock.iter().for_each(|client| client.until_complete(&self.film));
    }

    /// Waits until these nodes count exactly who is there, once all is complete; gives how long that took. Some stock
    /// clients are slow to tell another tracker that they have everything.
    pub(crate) fn exact_at(&self, nodes: &[usize]) -> Duration {
        let begun = Instant::now();
        for number in nodes {
            self.cluster.item_at(*number, FILM, |item| {
                let (seeds, partial) = (item.seeds as usize, item.partial as usize);
                seeds + partial == HOLDERS + READERS + STOCK && seeds >= HOLDERS + READERS
            });
            self.noted_at(*number, PEERS);
            self.cluster.item_at(*number, COUNTED, |item| has(item, 1, Announces::CLIENTS as usize));
        }
        begun.elapsed()
    }

    /// The same at all nodes, with what stock clients have.
    pub(crate) fn all_exact(&self) -> Duration {
        let begun = Instant::now();
        self.exact_at(&[1, 2, 3]);
        for number in 1..=NODES {
            self.cluster.item_at(number, FILM, |item| has(item, HOLDERS + READERS + STOCK, 0));
        }
        begun.elapsed()
    }

    /// Waits until a node lists so many of the peers, each of which has the same note.
    pub(crate) fn noted_at(&self, number: usize, peers: usize) {
        self.cluster.item_at(number, NOTE, |item| has(item, peers, 0));
    }

    /// An update reaches every peer, once: nobody is missed, and nobody is taken for silent.
    pub(crate) fn all_answer(&self) {
        let pool = self.peers[0].control(async |client| client.update().await).unwrap();
        assert_eq!(pool.silent, Vec::<String>::new());
        assert!(pool.items.iter().any(|item| item.name == NOTE && has(item, PEERS, 0)));
    }

    /// Ends the load, and claims that nobody noticed anything.
    pub(crate) fn nobody_noticed(self) -> Seen {
        let (announced, watched) = (self.announces.end(), self.watch.end());
        assert_eq!(watched.interruptions, Vec::<String>::new());
        assert_eq!(announced.unanswered, 0, "announces that no node answered");
        assert!(announced.longest <= UNNOTICED, "an announce took {:?}", announced.longest);
        assert!(watched.longest_pause <= UNNOTICED, "a download paused for {:?}", watched.longest_pause);
        Seen { announced, longest_pause: watched.longest_pause }
    }

    fn readers(&self) -> impl Iterator<Item = &Peer<'a>> {
        self.peers[HOLDERS..].iter().take(READERS)
    }

    fn node_of(&self, peer: &Peer<'_>) -> Option<usize> {
        let tracker = peer.status().tracker;
        let at = tracker.url.filter(|_| tracker.state == TrackerState::Connected)?.authority();
        (1..=NODES).find(|number| self.cluster.address(*number).to_string() == at)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { announced, longest_pause } = self;
        write!(f, "longest wait of an announce {:.2?} (of {})", announced.longest, announced.answered)?;
        write!(f, ", of a download {longest_pause:.2?}")
    }
}

/// Everybody has a note; the first ones have the film, too, and the last one what the load announces.
fn start_peers<'a>(cluster: &'a Cluster, film: &Content) -> Vec<Peer<'a>> {
    let note = cluster.pool().random_file(NOTE, 10_000, 2);
    let counted = cluster.pool().random_file(COUNTED, 100_000, 3);
    let builders = (0..PEERS).map(|place| {
        let builder = cluster.peer(&format!("peer-{place}"), 1 + place % NODES).with(&note);
        match place {
            ..HOLDERS => builder.with(film),
            _ if place == PEERS - 1 => builder.with(&counted),
            _ => builder,
        }
    });
    // All at once.
    let started: Vec<_> = builders.map(|builder| (builder.spawn(), builder)).collect();
    started.into_iter().map(|(program, builder)| builder.meet(program)).collect()
}

fn has(item: &Item, seeds: usize, partial: usize) -> bool {
    (item.seeds as usize, item.partial as usize) == (seeds, partial)
}
