use std::time::Duration;

use bytes::Bytes;
use peerpool_access::{Moment, Pass};
use peerpool_wire::{channel::ToPeer, extension::ours, message::Message};

use crate::{
    pool::{AT_ONCE, Folder, HOLDER, HOUR, MEMBER, NOBODY, Pool, READER, bytes, now, pass, signed},
    stranger::{Heard, Stranger},
};

/// How far clocks may be apart, in seconds.
const LEEWAY: u64 = 120;

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_closes_a_running_transfer_and_is_confirmed_when_nothing_leaves_any_more() {
    let pool = Pool::new().await;
    let content = bytes(64 << 20, 20);
    let holder = pool.join(HOLDER, Folder::with("film", &content)).await;
    let (item, torrent) = pool.registered(HOLDER).await;
    let mut revoked = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    revoked.is_let_in(&signed(&pass(MEMBER)), item).await;
    revoked.is_served().await;
    let reader = pool.join(READER, Folder::new()).await;
    let mut permitted = reader.fetch(&torrent).await;
    permitted.has(1).await;

    let epoch = pool.void(MEMBER);
    pool.confirmed(HOLDER, epoch).await;

    revoked.ask(0).await;
    let heard = tokio::time::timeout(AT_ONCE, revoked.until(|heard| matches!(heard, Heard::Block(_)))).await;
    assert_eq!(heard.expect("it is to be closed at once"), Heard::End);
    let mut again = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    again.greet(&signed(&pass(MEMBER)), item.primary()).await;
    assert_eq!(again.everything().await, 0);
    permitted.complete().await;
    assert!(reader.read("film") == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_is_for_others_now_is_given_no_further() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 21))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let mut reader = Stranger::dial(holder.peer.listen_addr(), READER).await;
    reader.is_let_in(&signed(&pass(READER)), item).await;
    reader.is_served().await;

    let epoch = pool.give_audience(item, NOBODY);
    pool.confirmed(HOLDER, epoch).await;

    reader.ask(0).await;
    let heard = reader.until(|heard| matches!(heard, Heard::Block(_))).await;
    assert_eq!(heard, Heard::End);
}

/// A pass that is worth nothing from then on.
fn until(seed: u8, end: Moment) -> Vec<u8> {
    let until = end - Duration::from_secs(LEEWAY);
    signed(&Pass { made: until - Duration::from_secs(60), until, ..pass(seed) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_expires_closes_a_transfer_and_one_that_was_renewed_does_not() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 22))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let end = now() + Duration::from_secs(3);
    let mut late = Stranger::dial(holder.peer.listen_addr(), READER).await;
    late.is_let_in(&until(READER, end), item).await;
    late.is_served().await;
    let mut renewed = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    renewed.is_let_in(&until(MEMBER, end), item).await;
    renewed.is_served().await;

    let payload = Bytes::from(signed(&pass(MEMBER)));
    renewed.tell(&Message::Extended { id: ours::PP_PASS, payload }).await;
    renewed.gets_a_block().await;

    // It sends nothing, and the holder hangs up by itself.
    assert_eq!(late.until(|_| false).await, Heard::End);
    assert!(now() >= end, "it was closed too early");
    renewed.gets_a_block().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_pass_is_shown_on_connections_that_stand() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 23))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let mut reader = Stranger::dial(holder.peer.listen_addr(), READER).await;
    reader.is_let_in(&signed(&pass(READER)), item).await;
    reader.is_served().await;

    let statement = signed(&Pass { until: now() + Duration::from_secs(20 * HOUR), ..pass(HOLDER) });
    pool.tell(HOLDER, ToPeer::Pass { statement: statement.clone() });

    let shown = Heard::Message(Message::Extended { id: ours::PP_PASS, payload: statement.into() });
    assert_eq!(reader.until(|heard| *heard == shown).await, shown);
    reader.gets_a_block().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_and_a_new_pass_stop_no_transfer() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 25))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let mut member = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    member.is_let_in(&signed(&pass(MEMBER)), item).await;
    member.is_served().await;
    for hours in 13..16 {
        member.updates_keys().await;
        member.gets_a_block().await;
        let renewed = Pass { until: now() + Duration::from_secs(hours * HOUR), ..pass(MEMBER) };
        let payload = Bytes::from(signed(&renewed));
        member.tell(&Message::Extended { id: ours::PP_PASS, payload }).await;
        member.gets_a_block().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_renewal_closes_the_connection() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 24))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let mut member = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    member.is_let_in(&signed(&pass(MEMBER)), item).await;
    member.is_served().await;
    let payload = Bytes::from(signed(&pass(READER)));
    member.tell(&Message::Extended { id: ours::PP_PASS, payload }).await;
    assert_eq!(member.until(|_| false).await, Heard::End);
}
