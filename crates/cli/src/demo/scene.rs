//! What happens in the demo, act by act.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use peerpool_api::{
    Client, Download, DownloadState, Event, EventQuery, Events, Get, LimitRates, Limits, OpenDoor, Source,
    What,
};

use peerpool_wire::id::InfoHash;

use super::{
    digest::digests,
    input, melody,
    pages::Pages,
    pool::DemoPool,
    report::{Act, Giver},
};
use crate::{
    args::Demo,
    exit::{Exit, Failure},
    follow::Follow,
    output::{Output, size},
    progress::Progress,
};

const FILE: &str = "film.mkv";
const FOLDER: &str = "holiday photos";
const SECOND: &str = "dataset.bin";
/// What is left for the person at the page to fetch and to play.
const THIRD: &str = "another film.mkv";
const MELODY: &str = "melody.wav";
/// How fast a download goes that somebody watches, in bytes a second.
const FOR_EYES: u64 = 16 << 20;

/// The stage: `an` and `binh` share, `chi` fetches.
pub(super) struct Scene {
    out: Output,
    pub(super) pool: DemoPool,
}

impl Scene {
    /// Makes the files, and starts the tracker and the three peers.
    pub(super) async fn open(out: Output, folder: &Path, args: &Demo) -> Result<Self, Failure> {
        let bytes = args.size;
        let big = if args.web { "three" } else { "two" };
        out.tell(&format!("making files: {big} of {}, and a folder", size::bytes(bytes)))?;
        let mut pool = DemoPool::open(folder, args.keep, "127.0.0.1:0", &[]).await?;
        let (an, binh) = (pool.repository("an")?, pool.repository("binh")?);
        input::file(&an.join(FILE), bytes, 10)?;
        input::file(&an.join(SECOND), bytes, 20)?;
        input::folder(&an.join(FOLDER), bytes / 8)?;
        input::copy(&an.join(FILE), &binh.join(FILE))?;
        input::copy(&an.join(FOLDER), &binh.join(FOLDER))?;
        if args.web {
            input::file(&an.join(THIRD), bytes, 30)?;
            input::copy(&an.join(THIRD), &binh.join(THIRD))?;
            melody::write(&binh.join(MELODY))?;
        }
        out.tell(&format!("tracker   {}", pool.url))?;
        for name in ["an", "binh", "chi"] {
            pool.add_peer(name).await?;
            let shared = pool.peer(name)?.client.shared().await?.items;
            let names: Vec<_> = shared.iter().map(|item| item.name.as_str()).collect();
            let shares = if names.is_empty() { "nothing yet".to_owned() } else { names.join(", ") };
            out.tell(&format!("peer      {name:<5} shares {shares}"))?;
        }
        Ok(Self { out, pool })
    }

    /// Everything that is fetched.
    pub(super) async fn acts(&mut self) -> Result<Vec<Act>, Failure> {
        self.pool.peer("chi")?.client.update().await?;
        let mut acts = Vec::new();
        self.out.tell("\nchi fetches from an and binh at once:")?;
        acts.push(fetch(self.out, &self.pool, "chi", FILE, false).await?);
        acts.push(fetch(self.out, &self.pool, "chi", FOLDER, false).await?);
        let part = self.hold_a_part("binh", SECOND).await?;
        let line = format!("\nbinh has {part} of {SECOND}; chi fetches it from an and from what binh has:");
        self.out.tell(&line)?;
        acts.push(fetch(self.out, &self.pool, "chi", SECOND, true).await?);
        Ok(acts)
    }

    /// Opens the pages of the tracker and of `chi`, which from now on downloads slowly enough for eyes.
    pub(super) async fn pages(&self) -> Result<Pages, Failure> {
        let chi = self.pool.peer("chi")?;
        let rates = LimitRates { down: Some(FOR_EYES), ..LimitRates::default() };
        chi.client.set_limits(&Limits { rates, schedules: Vec::new() }).await?;
        let door = chi.client.open_door(&OpenDoor::default()).await?;
        Ok(Pages::new(&self.pool.url, chi.name, door.link, &chi.repository))
    }

    /// Has a peer fetch an item and pauses it about half-way. Returns how much it then has, in words.
    async fn hold_a_part(&self, of: &str, name: &str) -> Result<String, Failure> {
        let client = &self.pool.peer(of)?.client;
        let mut events = client.events(EventQuery { trace: true, hold: false }).await?;
        let begun = client.get(&by_name(name)).await?;
        wait_for_part(client, &mut events, begun.clone(), 2).await?;
        client.pause(&begun.hash).await?;
        let held = settled(client, &begun.hash).await?;
        // A file of a few pieces may be there whole before it can be paused.
        Ok(format!("{} of {}", size::bytes(held.bytes_done), size::bytes(held.bytes_total)))
    }
}

/// A download that has begun.
pub(super) struct Begun {
    at: Instant,
    events: Events,
    pub(super) download: Download,
}

impl Begun {
    /// Has a peer begin a download.
    pub(super) async fn of(pool: &DemoPool, to: &str, name: &str) -> Result<Self, Failure> {
        let client = &pool.peer(to)?.client;
        let at = Instant::now();
        let events = client.events(EventQuery::default()).await?;
        Ok(Self { at, events, download: client.get(&by_name(name)).await? })
    }

    /// Follows it to its end with live progress, and compares what arrived with what `an` has.
    pub(super) async fn followed(
        mut self,
        out: Output,
        pool: &DemoPool,
        to: &str,
        partial: bool,
    ) -> Result<Act, Failure> {
        let peer = pool.peer(to)?;
        let mut progress = Progress::new(out.quiet || out.json);
        let follow = Follow::new(&peer.client, self.download);
        let followed = follow.to_the_end(&mut self.events, &mut progress).await;
        progress.finish();
        let download = followed?;
        let seconds = self.at.elapsed().as_secs_f64();
        let original = digests(&pool.peer("an")?.repository.join(&download.name)).await?;
        let arrived = digests(&peer.repository.join(&download.name)).await?;
        let act = Act {
            name: download.name.clone(),
            size: download.bytes_total,
            sha256_equal: original == arrived,
            sha256: original.get("").cloned(),
            seconds,
            partial_holder: partial,
            from: givers(&download.sources),
        };
        out.tell(&act.line())?;
        Ok(act)
    }
}

/// Fetches an item with live progress and compares what arrived with what `an` has.
pub(super) async fn fetch(
    out: Output,
    pool: &DemoPool,
    to: &str,
    name: &str,
    partial: bool,
) -> Result<Act, Failure> {
    Begun::of(pool, to, name).await?.followed(out, pool, to, partial).await
}

/// Waits until the peer reckons with what it has of a paused download, and has told the tracker.
async fn settled(client: &Client, hash: &InfoHash) -> Result<Download, Failure> {
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let held = client.download(hash).await?;
        if held.bytes_done > 0 || !matches!(held.state, DownloadState::Paused) {
            client.update().await?;
            return Ok(held);
        }
    }
}

/// Waits until about one piece of so many has arrived.
pub(super) async fn wait_for_part(
    client: &Client,
    events: &mut Events,
    mut latest: Download,
    of: u32,
) -> Result<(), Failure> {
    let mut arrived = 0;
    loop {
        if let Some(failure) = Failure::of_download(&latest) {
            return Err(failure);
        }
        let part = latest.pieces_total > 0 && arrived.max(latest.pieces_done) >= latest.pieces_total / of;
        if part || latest.state == DownloadState::Complete {
            return Ok(());
        }
        match events.next().await? {
            Some(Event::Arrived { hash, verified: true, .. }) if hash == latest.hash => arrived += 1,
            Some(Event::Download { download }) if download.hash == latest.hash => latest = download,
            Some(Event::Missed { .. }) => latest = client.download(&latest.hash).await?,
            Some(_) => {}
            None => {
                return Err(Failure::Left { asked: false });
            }
        }
    }
}

pub(super) fn by_name(name: &str) -> Get {
    Get { what: What::Item(name.to_owned()), files: Vec::new(), save_as: None }
}

fn givers(sources: &[Source]) -> Vec<Giver> {
    let mut givers: Vec<Giver> = sources
        .iter()
        .filter(|source| source.bytes > 0)
        .map(|source| Giver { peer: source.name.clone(), bytes: source.bytes })
        .collect();
    givers.sort_by(|one, other| one.peer.cmp(&other.peer));
    givers
}

/// The failure of a demo whose bytes differ.
pub(super) fn differs(name: &str) -> Failure {
    Failure::told(Exit::Failed, format!("{name} arrived with other bytes than it was shared with"))
}
