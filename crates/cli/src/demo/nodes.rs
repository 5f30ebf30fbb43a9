//! What happens in the demo of several trackers that are one pool, act by act.

mod database;
mod report;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::Path,
    time::{Duration, Instant},
};

use peerpool_api::{
    Client, Download, DownloadState, EventQuery, ItemPage, LimitRates, Limits, TrackerState, TrackerStatus,
};

use self::{
    database::Database,
    report::{Lost, Report, Whole},
};
use super::{
    input,
    pool::DemoPool,
    report::Act,
    scene::{Begun, fetch, wait_for_part},
};
use crate::{
    args::Demo,
    exit::{Exit, Failure},
    output::{Output, size},
};

const FILE: &str = "film.mkv";
const SECOND: &str = "dataset.bin";
const FOLDER: &str = "holiday photos";
const PEERS: [&str; 3] = ["an", "binh", "chi"];
/// How long the transfer takes in the middle of which a node is killed.
const LONG: Duration = Duration::from_secs(8);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long anything may take that ought to happen at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// The stage: nodes on a PostgreSQL, and a peer at each of the first three.
struct Cluster {
    out: Output,
    nodes: Vec<SocketAddr>,
    pool: DemoPool,
    // Ends after the nodes.
    database: Database,
}

/// Shows so many nodes at work, and that the pool goes on when one of them is killed: `an` and `binh` share, `chi`
/// fetches, and the node that `chi` talks to is killed meanwhile.
pub(super) async fn play(out: Output, args: &Demo, folder: &Path, count: usize) -> Result<(), Failure> {
    let database = Database::start().await?;
    out.tell(&format!("database  PostgreSQL {} for the demo alone", database.release))?;
    let mut cluster = Cluster::open(out, folder, args.size, count, database).await?;
    cluster.all_whole([2, 1, 2]).await?;
    let (first, lost) = cluster.lose_one(args.size).await?;
    out.tell("\nwhat the others list now:")?;
    cluster.all_whole([3, 1, 2]).await?;
    out.tell(&format!("\nbinh, at node {}, fetches from an and from chi:", cluster.node_of("binh")))?;
    let second = fetch(out, &cluster.pool, "binh", FOLDER, false).await?;
    out.tell(&format!("\nnode {} is started anew:", cluster.node_of("chi")))?;
    cluster.start(cluster.node_of("chi")).await?;
    let wholes = cluster.all_whole([3, 1, 3]).await?;
    let report = Report::new(cluster.database.release.clone(), vec![first, second], lost, wholes);
    report.show(out)?;
    cluster.pool.end().await?;
    report.verdict()
}

impl Cluster {
    /// Makes the files, and starts the nodes and the peers.
    async fn open(
        out: Output,
        folder: &Path,
        bytes: u64,
        count: usize,
        database: Database,
    ) -> Result<Self, Failure> {
        let nodes = free_addresses(count)?;
        let url = database.url()?;
        let first = nodes.first().map(SocketAddr::to_string).unwrap_or_default();
        let pool = DemoPool::open(folder, false, &first, &options(&url, &first)).await?;
        let mut cluster = Self { out, nodes, pool, database };
        out.tell(&format!("node 1    {first}"))?;
        for number in 2..=count {
            cluster.start(number).await?;
            out.tell(&format!("node {number}    {}", cluster.address(number)))?;
        }
        out.tell(&format!("making files: two of {}, and a folder", size::bytes(bytes)))?;
        let [an, binh, chi] = PEERS.map(|name| cluster.pool.repository(name));
        let (an, binh, chi) = (an?, binh?, chi?);
        input::file(&an.join(FILE), bytes, 10)?;
        input::file(&an.join(SECOND), bytes, 20)?;
        input::folder(&an.join(FOLDER), bytes / 8)?;
        input::copy(&an.join(FILE), &binh.join(FILE))?;
        input::copy(&an.join(FOLDER), &chi.join(FOLDER))?;
        for name in PEERS {
            let number = cluster.node_of(name);
            let address = cluster.address(number).to_string();
            cluster.pool.add_peer_of(name, &address).await?;
            out.tell(&format!("peer      {name:<5} talks to node {number} alone"))?;
        }
        Ok(cluster)
    }

    /// The node that a peer is given.
    fn node_of(&self, name: &str) -> usize {
        let place = PEERS.iter().position(|peer| *peer == name).unwrap_or_default();
        1 + place % self.nodes.len()
    }

    /// Where a node listens.
    fn address(&self, number: usize) -> SocketAddr {
        self.nodes[number - 1]
    }

    /// The node that listens there, in words.
    fn named(&self, address: &str) -> String {
        let place = self.nodes.iter().position(|node| node.to_string() == address);
        place.map_or_else(|| address.to_owned(), |place| format!("node {}", place + 1))
    }

    async fn start(&mut self, number: usize) -> Result<(), Failure> {
        let (url, address) = (self.database.url()?, self.address(number).to_string());
        self.pool.add_tracker(number, &address, &options(&url, &address)).await
    }

    /// Waits until every node that runs lists all there is, with so many peers for [`FILE`], [`SECOND`] and [`FOLDER`].
    async fn all_whole(&self, holders: [u32; 3]) -> Result<Vec<Whole>, Failure> {
        let mut wholes = Vec::new();
        for number in self.pool.trackers() {
            let whole = self.whole(number, holders).await?;
            let [film, dataset, folder] = holders;
            let line = if whole.whole {
                format!(
                    "  node {number} lists {} items: {FILE} of {film} peers, {FOLDER} of {folder}, {SECOND} of {dataset}",
                    whole.items
                )
            } else {
                format!("  node {number} DOES NOT LIST all there is")
            };
            self.out.tell(&line)?;
            wholes.push(whole);
        }
        Ok(wholes)
    }

    async fn whole(&self, number: usize, holders: [u32; 3]) -> Result<Whole, Failure> {
        let node = self.address(number).to_string();
        let begun = Instant::now();
        loop {
            let page: ItemPage = self.pool.tells("an", &["ls", "--tracker", &node]).await?;
            let listed = |(name, holders): (&str, u32)| {
                page.items.iter().any(|item| item.name == name && item.seeds == holders && item.partial == 0)
            };
            let all = [FILE, SECOND, FOLDER].into_iter().zip(holders).all(listed);
            let whole = all && page.items.len() == holders.len();
            if whole || begun.elapsed() > PATIENCE {
                return Ok(Whole { node, items: page.items.len(), whole });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// `chi` fetches from peers of two other nodes, and its own node is killed meanwhile.
    async fn lose_one(&mut self, bytes: u64) -> Result<(Act, Lost), Failure> {
        let number = self.node_of("chi");
        let client = &self.pool.peer("chi")?.client;
        let rates = LimitRates { down: Some((bytes / LONG.as_secs()).max(1)), ..LimitRates::default() };
        client.set_limits(&Limits { rates, schedules: Vec::new() }).await?;
        let mut events = client.events(EventQuery { trace: true, hold: false }).await?;
        let begun = Begun::of(&self.pool, "chi", FILE).await?;
        wait_for_part(client, &mut events, begun.download.clone(), 4).await?;
        let has = size::bytes(client.download(&begun.download.hash).await?.bytes_done);
        self.out.tell(&format!(
            "\nchi fetches {FILE} from an and from binh; it has {has} of it when node {number} is killed (kill -9):"
        ))?;
        let node = self.address(number).to_string();
        let at = Instant::now();
        self.pool.kill_tracker(number).await?;
        let client = &self.pool.peer("chi")?.client;
        let download = begun.download.clone();
        let (watched, act) = tokio::join!(
            watch(client, &download, &node, at),
            begun.followed(self.out, &self.pool, "chi", false)
        );
        let (act, lost) = (act?, watched?);
        self.out.tell(&format!(
            "  chi went on at {} after {:.2} s; the transfer paused for {:.2} s at most",
            self.named(&lost.next),
            lost.seconds,
            lost.longest_pause
        ))?;
        Ok((act, lost))
    }
}

/// Looks at a download until it is complete, and its peer has left the lost node for another one.
async fn watch(client: &Client, download: &Download, lost: &str, at: Instant) -> Result<Lost, Failure> {
    let (mut next, mut last, mut longest) = (None, (at, 0), Duration::ZERO);
    loop {
        let now = client.download(&download.hash).await?;
        if now.bytes_done != last.1 || now.state == DownloadState::Complete {
            longest = longest.max(last.0.elapsed());
            last = (Instant::now(), now.bytes_done);
        }
        if next.is_none() {
            next = other_than(lost, client.status().await?.tracker).map(|node| (node, at.elapsed()));
        }
        match next {
            Some((next, after)) if !now.state.is_active() => {
                return Ok(Lost {
                    node: lost.to_owned(),
                    next,
                    seconds: after.as_secs_f64(),
                    longest_pause: longest.as_secs_f64(),
                });
            }
            None if at.elapsed() > PATIENCE => {
                return Err(Failure::told(Exit::Failed, format!("{lost} was killed, and chi stays there")));
            }
            _ => tokio::time::sleep(LOOK).await,
        }
    }
}

/// The node that a peer is connected to, if it is not the lost one.
fn other_than(lost: &str, tracker: TrackerStatus) -> Option<String> {
    let node = tracker.url?.authority();
    (tracker.state == TrackerState::Connected && node != lost).then_some(node)
}

/// Addresses of this machine at which nobody listens.
fn free_addresses(count: usize) -> Result<Vec<SocketAddr>, Failure> {
    // All at once, so that they differ.
    let sockets: io::Result<Vec<_>> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect();
    let addresses = sockets.and_then(|sockets| sockets.iter().map(TcpListener::local_addr).collect());
    addresses.map_err(Failure::file("listen at", "127.0.0.1"))
}

/// What makes a tracker a node.
fn options<'a>(database: &'a str, address: &'a str) -> [&'a str; 4] {
    ["--database", database, "--advertise", address]
}
