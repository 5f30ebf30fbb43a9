//! What stock clients are told, and what peers are told of them.

use peerpool_api::{MemberTransfer, Stock, StockTorrent, torrent_from_base64};
use peerpool_wire::{
    channel::{Access, StockItem, StockTransfer, ToTracker},
    id::{PeerId, WireHash},
    metainfo::Metainfo,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    channel::{Peer, item},
    *,
};

/// What a GET over plain HTTP is answered, without the head.
async fn get(pool: &Pool, path: &str) -> Vec<u8> {
    let addr = pool.tracker.addr();
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    answer.split_off(end + 4)
}

/// What is answered to an announce by a torrent that somebody has made.
async fn announce(pool: &Pool, made: &StockTorrent, rest: &str) -> Vec<u8> {
    let torrent = Metainfo::from_torrent(&torrent_from_base64(&made.torrent).unwrap()).unwrap();
    let url = &torrent.trackers[0][0];
    let path = url.strip_prefix(&format!("http://{}", pool.tracker.addr())).unwrap();
    let hash: String = torrent.info.hash().primary().0.iter().map(|byte| format!("%{byte:02x}")).collect();
    get(pool, &format!("{path}?info_hash={hash}&peer_id=-XX0001-123456789012&port=7&left=1{rest}")).await
}

/// How many peers an answer names; `None` when it is a refusal.
fn named(answer: &[u8]) -> Option<usize> {
    let answer = peerpool_wire::bencode::decode(answer, peerpool_wire::bencode::Limits::TORRENT).unwrap();
    answer.get("peers").map(|peers| peers.as_bytes().unwrap().len() / 6)
}

/// Bob brings a film in, and lets stock clients fetch it.
async fn of_bob() -> (Pool, Peer, String) {
    let pool = Pool::of_ann_and_bob().await;
    let (mut bob, _, _) = pool.session(BOB).await;
    let film = item("film");
    bob.introduce(&film).await;
    bob.access(|access| access.items.iter().any(|told| told.audience.is_some())).await;
    let film = film.info.hash().to_string();
    let _: Changed = pool.answer(BOB, "PUT", "stock", Some(json!({ "item": film, "allowed": true }))).await;
    (pool, bob, film)
}

async fn make(pool: &Pool, key: u8, film: &str) -> StockTorrent {
    pool.answer(key, "POST", "stock/keys", Some(json!({ "item": film }))).await
}

/// What a peer is told of stock clients, once there are so many of them.
async fn told(peer: &mut Peer, clients: usize) -> StockItem {
    let wanted = |access: &Access| access.stock.iter().any(|item| item.hosts.len() == clients);
    peer.access(wanted).await.stock.remove(0)
}

#[tokio::test]
async fn a_stock_client_is_named_only_peers_that_take_it() {
    let (pool, mut bob, film) = of_bob().await;
    let made = make(&pool, BOB, &film).await;
    let allowed = told(&mut bob, 0).await;
    let private = item("film").private_form().unwrap().info.hash().primary();
    assert_eq!(allowed.private, Some(private));
    assert_eq!(
        named(&announce(&pool, &made, "").await),
        Some(0),
        "bob's peer has not said that it takes any"
    );
    bob.send(ToTracker::TakesStock { info_hashes: vec![allowed.info_hash] }).await;
    while named(&announce(&pool, &made, "").await) != Some(1) {
        tokio::task::yield_now().await;
    }
    bob.send(ToTracker::Withdraw { info_hashes: vec![allowed.info_hash] }).await;
    while named(&announce(&pool, &made, "").await) != Some(0) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_holder_is_told_where_stock_clients_are_until_they_leave() {
    let (pool, mut bob, film) = of_bob().await;
    let made = make(&pool, BOB, &film).await;
    announce(&pool, &made, "").await;
    let host = told(&mut bob, 1).await.hosts[0];
    assert!(host.ip.is_loopback() && (600..=660).contains(&host.seconds), "{host:?}");
    announce(&pool, &made, "&event=stopped").await;
    told(&mut bob, 0).await;
    announce(&pool, &made, "").await;
    told(&mut bob, 1).await;

    let confirming = async {
        let is_over = |access: &Access| access.stock.iter().any(|item| item.hosts.is_empty());
        let access = bob.access(is_over).await;
        bob.send(ToTracker::AccessSeen { epoch: access.epoch }).await;
    };
    let path = format!("stock/keys/{}", made.id);
    let (ended, ()) = tokio::join!(pool.answer::<Changed>(BOB, "DELETE", &path, None), confirming);
    assert_eq!(ended.confirmed, ["bob (laptop)"]);
}

#[tokio::test]
async fn who_decides_lets_stock_clients_in_and_each_sees_its_own_keys() {
    let (pool, _bob, film) = of_bob().await;
    let code = pool.invite(ANN, json!({})).await;
    pool.join(EVE, "eve", &code).await;
    assert_eq!(
        pool.refusal(ANN, "POST", "stock/keys", Some(json!({ "item": film }))).await,
        "not_allowed",
        "an administrator gets what a rule lets it"
    );
    let off = json!({ "item": film, "allowed": false });
    assert_eq!(pool.refusal(EVE, "PUT", "stock", Some(off.clone())).await, "not_allowed");
    for key in [BOB, EVE] {
        make(&pool, key, &film).await;
    }
    let path = format!("stock?item={film}");
    let shown = |key| pool.answer::<Stock>(key, "GET", &path, None);
    let of = |stock: &Stock| stock.keys.iter().map(|key| key.member.clone()).collect::<Vec<_>>();
    let (of_bob, of_eve) = (shown(BOB).await, shown(EVE).await);
    assert_eq!((of_bob.decides, of_eve.decides, of_eve.allowed), (true, false, true));
    assert_eq!(
        (of(&of_bob), of(&of_eve)),
        (vec!["bob".to_owned(), "eve".to_owned()], vec!["eve".to_owned()])
    );
    let bobs = of_bob.keys.iter().find(|key| key.member == "bob").unwrap();
    assert_eq!(pool.refusal(EVE, "DELETE", &format!("stock/keys/{}", bobs.id), None).await, "not_found");
    let _: Changed = pool.answer(BOB, "PUT", "stock", Some(off)).await;
    assert_eq!(of(&shown(BOB).await), [""; 0]);
    assert_eq!(pool.refusal(EVE, "POST", "stock/keys", Some(json!({ "item": film }))).await, "bad_request");
}

#[tokio::test]
async fn a_key_says_when_a_client_last_announced_by_it() {
    let (pool, _bob, film) = of_bob().await;
    let [used, unused] = [make(&pool, BOB, &film).await, make(&pool, BOB, &film).await];
    announce(&pool, &used, "").await;
    let stock: Stock = pool.answer(BOB, "GET", &format!("stock?item={film}"), None).await;
    let of = |made: &StockTorrent| stock.keys.iter().find(|key| key.id == made.id).unwrap();
    assert!(of(&used).used.is_some_and(|moment| moment >= of(&used).added));
    assert_eq!(of(&unused).used, None);
}

#[tokio::test]
async fn whatever_does_not_hold_is_answered_in_the_same_bytes() {
    let (pool, _bob, film) = of_bob().await;
    let made = make(&pool, BOB, &film).await;
    let torrent = Metainfo::from_torrent(&torrent_from_base64(&made.torrent).unwrap()).unwrap();
    let (_, path) = torrent.trackers[0][0].split_once("/announce/").unwrap();
    let (key, _) = path.split_once('/').unwrap();
    let hash = |hash: WireHash| hash.0.iter().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let right = hash(torrent.info.hash().primary());
    let rest = "peer_id=-XX0001-123456789012&port=7&left=1";
    let unknown = "A".repeat(43);
    let refusal = get(&pool, &format!("/announce/{unknown}/announce?info_hash={right}&{rest}")).await;
    assert_eq!(named(&refusal), None);
    let own = hash(film.parse::<peerpool_wire::id::InfoHash>().unwrap().primary());
    for path in [
        format!("/announce/{key}/announce?info_hash={own}&{rest}"),
        format!("/announce/{key}/announce?info_hash={}&{rest}", hash(WireHash([1; 20]))),
        format!("/announce/{key}/announce"),
        format!("/announce/{key}/scrape"),
        format!("/announce/{key}/scrape?info_hash={own}"),
        format!("/announce/x/announce?info_hash={right}&{rest}"),
        format!("/announce/{unknown}/scrape?info_hash={right}"),
    ] {
        assert_eq!(get(&pool, &path).await, refusal, "{path}");
    }
    assert_eq!(named(&announce(&pool, &made, "").await), Some(0));
}

/// Bob's peer tells that it gave so much to a client that calls itself so; what is recorded then.
async fn recorded(pool: &Pool, bob: &mut Peer, peer_id: &[u8; 20], given: u64) -> Vec<MemberTransfer> {
    let info_hash = item("film").info.hash();
    let told = StockTransfer { info_hash, peer_id: PeerId(*peer_id), ip: [127, 0, 0, 1].into(), given };
    bob.send(ToTracker::Transfers { transfers: Vec::new(), stock: vec![told] }).await;
    bob.answered().await;
    pool.answer(ANN, "GET", "transfers", None).await
}

#[tokio::test]
async fn what_a_stock_client_was_given_is_recorded_with_its_key_as_the_giver_alone_tells_it() {
    const ANNOUNCED: &[u8; 20] = b"-XX0001-123456789012";
    const OTHERWISE: &[u8; 20] = b"-XX0001-abcdefghijkl";
    let (pool, mut bob, film) = of_bob().await;
    let code = pool.invite(ANN, json!({})).await;
    pool.join(EVE, "eve", &code).await;
    assert_eq!(recorded(&pool, &mut bob, ANNOUNCED, 1).await, [], "nobody has announced");

    let of_eve = make(&pool, EVE, &film).await;
    announce(&pool, &of_eve, "").await;
    // It has everything and leaves, and then its key ends: what it was given by then is told afterwards.
    announce(&pool, &of_eve, "&event=stopped").await;
    let _: Changed = pool.answer(EVE, "DELETE", &format!("stock/keys/{}", of_eve.id), None).await;
    for (peer_id, sum) in [(ANNOUNCED, 700), (OTHERWISE, 1400)] {
        let [told] = recorded(&pool, &mut bob, peer_id, 700).await.try_into().unwrap();
        assert_eq!((told.giver.as_str(), told.taker.as_str()), ("bob", "eve"));
        assert_eq!((told.stock, told.given, told.taken), (Some(of_eve.id.clone()), sum, None));
    }

    // Behind one address, by what it calls itself alone.
    let of_bob = make(&pool, BOB, &film).await;
    announce(&pool, &of_bob, "&peer_id=-XX0001-zzzzzzzzzzzz").await;
    assert_eq!(recorded(&pool, &mut bob, OTHERWISE, 5).await.len(), 1, "it may be either");
    assert_eq!(recorded(&pool, &mut bob, ANNOUNCED, 5).await[0].given, 1405);
}
