//! Load for `./bench secure`: one peer fetches a file from another, both in this process.
//!
//! `pair plain|members MEBIBYTES` prints the seconds from the wish to the whole file in its place, and the CPU seconds of
//! both peers meanwhile, as JSON. The file is hashed before.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "a load generator ends when anything is wrong, and uses a part of the tests' world"
)]

#[path = "../tests/members/pool.rs"]
mod pool;
#[path = "../tests/members/session.rs"]
mod session;

use std::{env, fs, time::Instant};

use peerpool_api::{DownloadState, Event, EventQuery, Get, What};
use peerpool_peer::{Config, Peer};
use peerpool_tracker::Tracker;
use pool::{Folder, HOLDER, Joined, LOOPBACK, MEMBER, Pool};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [kind, mebibytes] = arguments.as_slice() else { panic!("pair plain|members MEBIBYTES") };
    let content = pool::bytes(mebibytes.parse::<usize>().unwrap() << 20, 1);
    match kind.as_str() {
        "plain" => plain(&content).await,
        "members" => members(&content).await,
        _ => panic!("no such kind: {kind}"),
    }
}

async fn members(content: &[u8]) {
    let pool = Pool::new().await;
    let _holder = pool.join(HOLDER, Folder::with("film", content)).await;
    let (_, torrent) = pool.registered(HOLDER).await;
    let member = pool.join(MEMBER, Folder::new()).await;
    let (begun, cpu) = (Instant::now(), cpu());
    member.fetch(&torrent).await.complete().await;
    tell(begun, cpu);
    assert!(member.read("film") == content);
}

async fn plain(content: &[u8]) {
    let tracker = Tracker::start_in_memory(peerpool_tracker::Config {
        listen: LOOPBACK,
        data: None,
        database: None,
        advertise: None,
        name: None,
        announce_on_lan: false,
        sites: Default::default(),
        hosts: Vec::new(),
        members: false,
        certificate: None,
        acme: None,
        oidc: None,
        convert: false,
    });
    let tracker = tracker.await.unwrap();
    let join = async |folder: Folder| {
        let peer = Peer::start(Config {
            repository: folder.path().to_owned(),
            tracker: Some(tracker.addr().into()),
            listen: LOOPBACK,
            name: None,
            start: true,
            web: None,
            temporary: false,
            limits: None,
            membership: None,
        });
        Joined::new(peer.await.unwrap(), folder).await
    };
    let holder = join(Folder::with("film", content)).await;
    let mut events = holder.client.events(EventQuery::default()).await.unwrap();
    while holder.client.shared().await.unwrap().items.is_empty() {
        events.next().await.unwrap();
    }
    holder.client.update().await.unwrap();
    let member = join(Folder::new()).await;
    let mut events = member.client.events(EventQuery::default()).await.unwrap();
    let (begun, cpu) = (Instant::now(), cpu());
    let get = Get { what: What::Item("film".to_owned()), files: Vec::new(), save_as: None };
    let mut download = member.client.get(&get).await.unwrap();
    while download.state != DownloadState::Complete {
        if let Event::Download { download: now } = events.next().await.unwrap().unwrap() {
            download = now;
        }
    }
    tell(begun, cpu);
    assert!(member.read("film") == content);
}

fn tell(begun: Instant, before: f64) {
    println!("{{\"seconds\": {:.3}, \"cpu\": {:.2}}}", begun.elapsed().as_secs_f64(), cpu() - before);
}

/// CPU seconds of this process, of which Linux counts hundredths.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
}
