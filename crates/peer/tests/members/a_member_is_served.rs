use peerpool_api::What;
use peerpool_wire::magnet::Magnet;

use crate::{
    pool::{AT_ONCE, EVERYBODY, Folder, HOLDER, MEMBER, NOBODY, Pool, READER, bytes, pass, signed},
    stranger::Stranger,
};

#[tokio::test(flavor = "multi_thread")]
async fn members_fetch_from_each_other_over_tls() {
    let pool = Pool::new().await;
    let content = bytes(5_000_000, 10);
    let _holder = pool.join(HOLDER, Folder::with("film", &content)).await;
    let (_, torrent) = pool.registered(HOLDER).await;
    for seed in [MEMBER, READER] {
        let member = pool.join(seed, Folder::new()).await;
        member.fetch(&torrent).await.complete().await;
        assert!(member.read("film") == content);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_learns_from_another_what_a_link_names() {
    let pool = Pool::new().await;
    let content = bytes(5_000_000, 13);
    let _holder = pool.join(HOLDER, Folder::with("film", &content)).await;
    let (item, _) = pool.registered(HOLDER).await;
    let reader = pool.join(READER, Folder::new()).await;
    reader.get(What::Magnet(Magnet::new(item).to_string())).await.complete().await;
    assert!(reader.read("film") == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ends_tell_the_tracker_what_passed_between_them() {
    let pool = Pool::new().await;
    let content = bytes(3_000_000, 16);
    let holder = pool.join(HOLDER, Folder::with("film", &content)).await;
    let (item, torrent) = pool.registered(HOLDER).await;
    let reader = pool.join(READER, Folder::new()).await;
    reader.fetch(&torrent).await.complete().await;
    for peer in [&reader, &holder] {
        peer.client.end().await.unwrap();
    }
    let [fetched] = pool.told_of_transfers(READER, HOLDER).await.try_into().unwrap();
    assert_eq!((fetched.info_hash, fetched.fetched, fetched.given), (item, content.len() as u64, 0));
    let [given] = pool.told_of_transfers(HOLDER, READER).await.try_into().unwrap();
    assert_eq!((given.info_hash, given.fetched), (item, 0));
    // What was on its way when the connection ended is not counted.
    assert!((1..=content.len() as u64).contains(&given.given), "{given:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_only_one_end_has_heard_of_holds_at_once() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 14))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let epoch = pool.give_audience(item, NOBODY);
    pool.confirmed(HOLDER, epoch).await;
    let mut before = Stranger::dial(holder.peer.listen_addr(), READER).await;
    before.greet_having_heard(&signed(&pass(READER)), epoch, item.primary()).await;
    assert_eq!(before.everything().await, 0);

    let epoch = pool.give_audience_quietly(item, EVERYBODY);

    let mut after = Stranger::dial(holder.peer.listen_addr(), READER).await;
    after.greet_having_heard(&signed(&pass(READER)), epoch, item.primary()).await;
    tokio::time::timeout(AT_ONCE, after.is_answered()).await.expect("it is to be let in at once");
    after.is_served().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_tracker_stops_no_transfer() {
    let pool = Pool::new().await;
    let content = bytes(64 << 20, 11);
    let _holder = pool.join(HOLDER, Folder::with("film", &content)).await;
    let (_, torrent) = pool.registered(HOLDER).await;
    let reader = pool.join(READER, Folder::new()).await;
    let mut fetching = reader.fetch(&torrent).await;
    fetching.has(1).await;

    pool.kill_tracker();

    fetching.complete().await;
    assert!(reader.read("film") == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tracker_connections_stand_and_others_begin() {
    let pool = Pool::new().await;
    let holder = pool.join(HOLDER, Folder::with("film", &bytes(1 << 20, 12))).await;
    let (item, _) = pool.registered(HOLDER).await;
    let mut before = Stranger::dial(holder.peer.listen_addr(), MEMBER).await;
    before.is_let_in(&signed(&pass(MEMBER)), item).await;
    before.is_served().await;

    pool.kill_tracker();

    before.gets_a_block().await;
    let mut after = Stranger::dial(holder.peer.listen_addr(), READER).await;
    after.is_let_in(&signed(&pass(READER)), item).await;
    after.is_served().await;
}
