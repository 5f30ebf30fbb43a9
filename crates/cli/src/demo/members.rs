//! What happens in the demo of a pool for members, act by act.

mod report;
mod stranger;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use peerpool_api::{Changed, EventQuery, LimitRates, Limits, MadeInvite, SharedItem};

use self::report::{Refusals, Report, Revocation};
use super::{
    input,
    pool::DemoPool,
    scene::{by_name, fetch, wait_for_part},
};
use crate::{
    args::Demo,
    exit::{Exit, Failure},
    output::{Output, size},
};

const FILE: &str = "film.mkv";
const SECOND: &str = "dataset.bin";
/// How long the transfer would take that a revocation ends.
const LONG: Duration = Duration::from_secs(20);
/// After so long everything is counted that was given.
const BOOKED: Duration = Duration::from_secs(2);
/// How long it is looked whether anything is given still.
const LOOK: Duration = Duration::from_secs(2);

/// Shows a pool for members at work, and whether it keeps out whom it must: `an` keeps the pool and shares, `binh` shares
/// what it has fetched, `chi` is removed in the middle of a transfer, and `dung` never belongs to it.
pub(super) async fn play(out: Output, args: &Demo, folder: &Path) -> Result<(), Failure> {
    out.tell(&format!("making files: two of {}", size::bytes(args.size)))?;
    let mut pool = DemoPool::open(folder, false, "127.0.0.1:0", &["--members"]).await?;
    let an = pool.repository("an")?;
    input::file(&an.join(FILE), args.size, 10)?;
    input::file(&an.join(SECOND), args.size, 20)?;
    out.tell(&format!("tracker   {} of a pool for members", pool.url))?;
    let first = pool.first_invite().await?;
    join(out, &mut pool, "an", &first, "with the invite that the tracker printed").await?;
    for name in ["binh", "chi"] {
        let made: MadeInvite = pool.tells("an", &["invite"]).await?;
        join(out, &mut pool, name, &made.link, "with an invite of an's").await?;
    }
    let refusals = refuse(out, &pool).await?;
    out.tell("\nbinh fetches from an, over TLS, and each has looked at the other's pass:")?;
    pool.peer("binh")?.client.update().await?;
    let mut items = vec![fetch(out, &pool, "binh", FILE, false).await?];
    let revocation = revoke(out, &pool, args.size).await?;
    out.tell("\nbinh notices nothing of it:")?;
    items.push(fetch(out, &pool, "binh", SECOND, false).await?);
    let report = Report::new(items, refusals, revocation);
    report.show(out)?;
    pool.end().await?;
    report.verdict()
}

/// Has somebody join, and start a peer.
async fn join(
    out: Output,
    pool: &mut DemoPool,
    name: &'static str,
    invite: &str,
    how: &str,
) -> Result<(), Failure> {
    pool.join(name, invite).await?;
    pool.add_peer(name).await?;
    let shared = pool.peer(name)?.client.shared().await?.items.len();
    out.tell(&format!("member    {name:<5} joined {how}; shares {shared} items"))
}

/// `dung` asks the tracker for the list, has a peer of its own join the pool, and dials the peer of `an`.
async fn refuse(out: Output, pool: &DemoPool) -> Result<Refusals, Failure> {
    out.tell("\ndung is no member:")?;
    let an = pool.peer("an")?;
    let hash = shared(pool, FILE).await?.hash.ok_or_else(|| not_shared(FILE))?;
    let url = pool.url.to_string();
    let repository = pool.repository("dung")?;
    let peer = ["peer", "--no-shell", "--listen", "127.0.0.1:0", "--tracker", &url, "--repository"];
    let list = pool.is_refused("dung", &["ls", "--tracker", &url]).await?;
    let peer = pool.is_refused("dung", &[&peer[..], &[super::pool::path(&repository)?]].concat()).await?;
    let bytes = stranger::bytes_from(an.client.status().await?.listen, &hash).await?;
    let refusals = Refusals { list, peer, bytes };
    out.tell(&refusals.line())?;
    Ok(refusals)
}

/// What `an` has given of an item, in bytes.
async fn given(pool: &DemoPool, name: &str) -> Result<u64, Failure> {
    Ok(shared(pool, name).await?.uploaded)
}

/// An item that `an` shares.
async fn shared(pool: &DemoPool, name: &str) -> Result<SharedItem, Failure> {
    let items = pool.peer("an")?.client.shared().await?.items;
    items.into_iter().find(|item| item.name == name).ok_or_else(|| not_shared(name))
}

fn not_shared(name: &str) -> Failure {
    Failure::told(Exit::Failed, format!("an does not share {name}"))
}

/// `chi` is removed while it fetches.
async fn revoke(out: Output, pool: &DemoPool, bytes: u64) -> Result<Revocation, Failure> {
    let client = &pool.peer("chi")?.client;
    client.update().await?;
    let rates = LimitRates { down: Some((bytes / LONG.as_secs()).max(1)), ..LimitRates::default() };
    client.set_limits(&Limits { rates, schedules: Vec::new() }).await?;
    let mut events = client.events(EventQuery { trace: true, hold: false }).await?;
    let begun = client.get(&by_name(SECOND)).await?;
    wait_for_part(client, &mut events, begun.clone(), 8).await?;
    let has = size::bytes(client.download(&begun.hash).await?.bytes_done);
    out.tell(&format!("\nan removes chi, which has {has} of {SECOND}:"))?;
    let asked = Instant::now();
    let changed: Changed = pool.tells("an", &["members", "remove", "chi"]).await?;
    let seconds = asked.elapsed().as_secs_f64();
    tokio::time::sleep(BOOKED).await;
    let given = given(pool, SECOND).await?;
    tokio::time::sleep(LOOK).await;
    let given_later = self::given(pool, SECOND).await?;
    let has = client.download(&begun.hash).await?.bytes_done;
    let revocation = Revocation {
        seconds,
        confirmed: changed.confirmed,
        silent: changed.silent,
        given,
        given_later,
        has,
        size: bytes,
    };
    out.tell(&revocation.line())?;
    Ok(revocation)
}
