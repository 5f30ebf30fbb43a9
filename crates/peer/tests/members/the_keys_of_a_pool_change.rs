//! Keysets follow each other, and what passes by the keys in them are good for.

use peerpool_access::Keyset;
use peerpool_api::{Event, EventQuery, TrackerState};
use peerpool_wire::{channel::ToPeer, extension::ours, message::Message};

use crate::{
    pool::{
        EVERYBODY, Folder, HOLDER, MEMBER, NEXT_SIGNER, PATIENCE, Pool, READER, ROOT, SIGNER, bytes, key,
        keyset, keyset_by, pass, secret, signed, signed_by,
    },
    stranger::{Heard, Stranger},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_of_a_replaced_key_holds_in_the_overlap_and_ends_with_it() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 30))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let mut old = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    old.is_let_in(&signed(&pass(MEMBER)), item).await;
    old.is_served().await;

    pool.follows(HOLDER, keyset(2, &[NEXT_SIGNER, SIGNER]), NEXT_SIGNER).await;
    old.gets_a_block().await;
    let mut renewed = Stranger::dial(holder.peer.listen_addr(), READER).await;
    renewed.is_let_in(&signed(&pass(READER)), item).await;
    renewed.is_served().await;
    let payload = signed_by(NEXT_SIGNER, &pass(READER)).into();
    renewed.tell(&Message::Extended { id: ours::PP_PASS, payload }).await;
    renewed.gets_a_block().await;

    pool.tell(HOLDER, ToPeer::Keyset { statement: keyset(3, &[NEXT_SIGNER]) });
    assert_eq!(old.until(|_| false).await, Heard::End);
    renewed.gets_a_block().await;
    let mut again = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    again.greet(&signed(&pass(MEMBER)), item.primary()).await;
    assert_eq!(again.everything().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyset_spreads_from_peer_to_peer_if_the_root_has_signed_it() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 31))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let by_next = signed_by(NEXT_SIGNER, &pass(MEMBER));
    let forged = keyset_by(SIGNER, 2, &[NEXT_SIGNER, SIGNER]);
    let mut forger = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    forger.greet_with_keyset(&forged, &by_next, item.primary()).await;
    assert_eq!(forger.everything().await, 0);

    let told = keyset(2, &[NEXT_SIGNER, SIGNER]);
    let mut first = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    first.greet_with_keyset(&told, &by_next, item.primary()).await;
    first.is_answered().await;
    first.is_served().await;
    // The holder shows it to others from then on, and one that is older changes nothing.
    let mut second = Stranger::dial(holder.peer.listen_addr(), READER).await;
    let by_next = signed_by(NEXT_SIGNER, &pass(READER));
    second.greet_with_keyset(&keyset(1, &[SIGNER]), &by_next, item.primary()).await;
    assert_eq!(second.hears_statement().await, told);

    // So it does on connections that stand.
    let newer = keyset(3, &[NEXT_SIGNER, SIGNER]);
    pool.tell(HOLDER, ToPeer::Keyset { statement: newer.clone() });
    let shown = Heard::Message(Message::Extended { id: ours::PP_PASS, payload: newer.into() });
    assert_eq!(first.until(|heard| *heard == shown).await, shown);
    let epoch = pool.give_audience(item, EVERYBODY);
    pool.confirmed(HOLDER, epoch).await;
    first.gets_a_block().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_is_left_when_its_key_leaves_the_keyset() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::new()).await;
    let mut events = holder.client.events(EventQuery::default()).await.unwrap();
    let now = Keyset::open(&keyset(2, &[SIGNER]), key(ROOT), None).unwrap();
    let statement = Keyset { trackers: vec![key(NEXT_SIGNER)], ..now }.sign(&secret(ROOT)).unwrap();
    pool.tell(HOLDER, ToPeer::Keyset { statement });
    let leaving = async {
        loop {
            if let Some(Event::Tracker { tracker }) = events.next().await.unwrap()
                && let TrackerState::Reconnecting { cause, .. } = tracker.state
                && cause.contains("no tracker of this pool")
            {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, leaving).await.expect("it talks to the tracker still");
}
