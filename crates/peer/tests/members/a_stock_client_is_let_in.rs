//! Stock clients in a pool for members, beside a real tracker: to one item, under a key that holds, and no further.

use std::{net::SocketAddr, time::Instant};

use peerpool_api::{
    Allow, AuditQuery, Changed, MakeAnnounceKey, MemberTransfer, Right, SetStock, Stock, StockQuery,
    StockTorrent, What, paths, torrent_from_base64,
};
use peerpool_wire::{
    canonical,
    id::{InfoHash, WireHash},
    magnet::Magnet,
    metainfo::Metainfo,
};

use crate::{
    pool::{AT_ONCE, Folder, Joined, PATIENCE, bytes},
    real_pool::{Member, RealPool},
    stock_client::{ELSEWHERE, HERE, StockClient, announce_path, announcement, get, named},
};

const FILM: usize = 3 << 20;

/// Ann shares a film and a book; Bob is a member.
struct Shared {
    pool: RealPool,
    bob: Member,
    holder: Joined,
    film: InfoHash,
    book: InfoHash,
    content: Vec<u8>,
}

impl Shared {
    async fn new(length: usize) -> Self {
        let pool = RealPool::new().await;
        let content = bytes(length, 50);
        let folder = Folder::with("film", &content);
        std::fs::write(folder.path().join("book"), bytes(1 << 20, 51)).unwrap();
        let holder = pool.ann.start(&pool.url, folder).await;
        let (film, book) = (holder.shares("film").await, holder.shares("book").await);
        let bob = pool.member("bob").await;
        Self { pool, bob, holder, film, book, content }
    }

    /// Ann lets stock clients have the film, or keeps them out.
    async fn allow(&self, allowed: bool) -> Changed {
        let set = SetStock { item: self.film, allowed };
        self.pool.ann.asks(&self.pool.url).await.put(paths::STOCK, &set).await.unwrap()
    }

    /// Bob's .torrent file, with a key of its own.
    async fn torrent(&self) -> (String, Metainfo) {
        let make = MakeAnnounceKey { item: self.film };
        let mut bob = self.bob.asks(&self.pool.url).await;
        let made: StockTorrent = bob.post(paths::ANNOUNCE_KEYS, &make).await.unwrap();
        (made.id, Metainfo::from_torrent(&torrent_from_base64(&made.torrent).unwrap()).unwrap())
    }

    async fn stock(&self, member: &Member) -> Stock {
        member.asks(&self.pool.url).await.find(paths::STOCK, &StockQuery { item: self.film }).await.unwrap()
    }

    /// What the tracker answers to an announce under the key of a torrent.
    async fn announced(&self, torrent: &Metainfo, swarm: WireHash) -> Vec<u8> {
        get(self.pool.tracker.addr(), &format!("{}?{}", announce_path(torrent), announcement(swarm, 1))).await
    }

    /// Announces until the holder is named: it says that it takes stock clients a moment after it was told of them.
    async fn holder_of(&self, torrent: &Metainfo) -> SocketAddr {
        let holder = self.holder.peer.listen_addr();
        let naming = async {
            while !named(&self.announced(torrent, hash(torrent)).await).unwrap().contains(&holder) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, naming).await.expect("it is never named");
        holder
    }

    /// A client with Bob's torrent, that is served.
    async fn client(&self, torrent: &Metainfo) -> StockClient {
        let holder = self.holder_of(torrent).await;
        let mut client = StockClient::dial(HERE, holder, hash(torrent)).await;
        client.is_served().await;
        client
    }

    /// What the tracker answers to whoever has no key.
    async fn refusal(&self) -> Vec<u8> {
        let path = format!("/announce/{}/announce?{}", "A".repeat(43), announcement(WireHash([1; 20]), 1));
        get(self.pool.tracker.addr(), &path).await
    }
}

fn hash(torrent: &Metainfo) -> WireHash {
    torrent.info.hash().primary()
}

/// The hash by which stock clients would name an item of one file.
fn private_form(name: &str, content: &[u8]) -> WireHash {
    let piece_length = canonical::piece_length(content.len() as u64, 1);
    let mut hasher = canonical::FileHasher::new(piece_length);
    hasher.update(content);
    let item = canonical::Builder::new(piece_length).file(vec![], hasher.finish()).finish(name).unwrap();
    hash(&item.private_form().unwrap())
}

/// Fetches until it is cut off.
async fn fetches_on(mut client: StockClient, torrent: Metainfo) {
    while client.piece(&torrent, 0).await.is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_client_fetches_and_verifies_what_it_was_let_in_to() {
    let shared = Shared::new(FILM).await;
    shared.allow(true).await;
    let (_, torrent) = shared.torrent().await;
    assert!(torrent.info.private());
    assert!(shared.film.wire_hashes().all(|known| known != hash(&torrent)), "it is the item's own hash");
    let mut client = shared.client(&torrent).await;
    assert_eq!(
        named(&shared.announced(&torrent, hash(&torrent)).await),
        Some(vec![shared.holder.peer.listen_addr()])
    );
    let mut fetched = Vec::new();
    for index in 0..torrent.info.geometry().piece_count() {
        fetched.extend(client.piece(&torrent, index).await.expect("it goes on to the end"));
    }
    assert!(fetched == shared.content);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stock_client_was_given_is_told_to_the_tracker_at_the_end() {
    let shared = Shared::new(FILM).await;
    shared.allow(true).await;
    let (id, torrent) = shared.torrent().await;
    let mut client = shared.client(&torrent).await;
    let piece = client.piece(&torrent, 0).await.unwrap();
    shared.holder.client.end().await.unwrap();
    let mut ann = shared.pool.ann.asks(&shared.pool.url).await;
    let told = async {
        loop {
            let all: Vec<MemberTransfer> = ann.find(paths::TRANSFERS, &AuditQuery::default()).await.unwrap();
            if let Some(told) = all.into_iter().next() {
                return told;
            }
        }
    };
    let told = tokio::time::timeout(PATIENCE, told).await.expect("nothing is recorded");
    assert_eq!((told.item, told.giver.as_str(), told.taker.as_str()), (shared.film, "ann", "bob"));
    assert_eq!((told.stock, told.given, told.taken), (Some(id), piece.len() as u64, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_opt_in_no_plain_connection_gets_a_byte() {
    let shared = Shared::new(FILM).await;
    let make = MakeAnnounceKey { item: shared.film };
    let mut ann = shared.pool.ann.asks(&shared.pool.url).await;
    assert!(ann.post::<StockTorrent>(paths::ANNOUNCE_KEYS, &make).await.is_err());
    let private = private_form("film", &shared.content);
    for swarm in shared.film.wire_hashes().chain([private]) {
        let client = StockClient::dial(HERE, shared.holder.peer.listen_addr(), swarm).await;
        assert_eq!(client.everything().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_leads_to_one_item_and_says_nothing_of_others() {
    let shared = Shared::new(FILM).await;
    shared.allow(true).await;
    let (_, torrent) = shared.torrent().await;
    let holder = shared.holder_of(&torrent).await;
    let refusal = shared.refusal().await;
    let others = shared.film.wire_hashes().chain(shared.book.wire_hashes());
    for swarm in others.chain([private_form("book", &bytes(1 << 20, 51)), WireHash([1; 20])]) {
        assert_eq!(shared.announced(&torrent, swarm).await, refusal);
        let client = StockClient::dial(HERE, holder, swarm).await;
        assert_eq!(client.everything().await, 0);
    }
    let path = announce_path(&torrent);
    let scrape = path.replace("/announce", "/scrape").replacen("/scrape", "/announce", 1);
    let without_key = format!("/announce?{}", announcement(hash(&torrent), 1));
    assert_eq!(named(&get(shared.pool.tracker.addr(), &without_key).await), None);
    for path in [path.clone(), scrape.clone(), format!("{}x/announce", path.trim_end_matches("/announce"))] {
        assert_eq!(get(shared.pool.tracker.addr(), &path).await, refusal, "{path}");
    }
    let scrape = format!("{scrape}?{}", announcement(hash(&torrent), 1));
    let counts = get(shared.pool.tracker.addr(), &scrape).await;
    assert!(counts.windows(12).any(|bytes| bytes == b"8:completei1"), "the holder alone is counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_did_not_announce_is_refused() {
    let shared = Shared::new(FILM).await;
    shared.allow(true).await;
    let (_, torrent) = shared.torrent().await;
    let holder = shared.holder_of(&torrent).await;
    let stranger = StockClient::dial(ELSEWHERE, holder, hash(&torrent)).await;
    assert_eq!(stranger.everything().await, 0);
}

/// What ends a transfer: it is to be confirmed, to end within five seconds, and to leave the key worth nothing.
async fn ends(shared: &Shared, torrent: Metainfo, ending: impl Future<Output = Changed>) {
    let mut client = shared.client(&torrent).await;
    client.piece(&torrent, 0).await.expect("it is served before");
    let fetching = tokio::spawn(fetches_on(client, torrent.clone()));
    let begun = Instant::now();
    let Changed { confirmed, .. } = ending.await;
    assert!(confirmed.iter().any(|name| name == "ann (laptop)"), "{confirmed:?}");
    tokio::time::timeout(AT_ONCE, fetching).await.expect("it is to end at once").unwrap();
    assert!(begun.elapsed() < AT_ONCE);
    assert_eq!(shared.announced(&torrent, hash(&torrent)).await, shared.refusal().await);
    let again = StockClient::dial(HERE, shared.holder.peer.listen_addr(), hash(&torrent)).await;
    assert_eq!(again.everything().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_stops_a_transfer_within_five_seconds_and_members_go_on() {
    let shared = Shared::new(32 << 20).await;
    shared.allow(true).await;
    let (id, torrent) = shared.torrent().await;
    let (other, _) = shared.torrent().await;
    let peer = shared.bob.start(&shared.pool.url, Folder::new()).await;
    let mut permitted = peer.get(What::Magnet(Magnet::new(shared.film).to_string())).await;
    permitted.has(1).await;
    let mut ann = shared.pool.ann.asks(&shared.pool.url).await;
    let path = paths::with_name(paths::ANNOUNCE_KEY, &id);
    ends(&shared, torrent, async { ann.delete(&path).await.unwrap() }).await;
    permitted.complete().await;
    assert!(peer.read("film") == shared.content);
    let left: Vec<String> = shared.stock(&shared.bob).await.keys.into_iter().map(|key| key.id).collect();
    assert_eq!(left, [other]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_a_removed_member_are_dead_at_once() {
    let shared = Shared::new(FILM).await;
    shared.allow(true).await;
    let (_, torrent) = shared.torrent().await;
    let mut ann = shared.pool.ann.asks(&shared.pool.url).await;
    let path = paths::with_name(paths::MEMBER, "bob");
    ends(&shared, torrent, async { ann.delete(&path).await.unwrap() }).await;
    assert_eq!(shared.stock(&shared.pool.ann).await.keys, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_dead_whose_member_may_not_get_the_item_any_more() {
    let shared = Shared::new(FILM).await;
    shared.allow(true).await;
    let (_, torrent) = shared.torrent().await;
    let mut ann = shared.pool.ann.asks(&shared.pool.url).await;
    let (item, subject) = (Some(shared.film), "role:guest".to_owned());
    let rule = Allow { item, pattern: None, right: Right::Get, subject, until: None };
    ends(&shared, torrent, async { ann.post(paths::ACCESS, &rule).await.unwrap() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_opt_in_ends_every_key_for_good() {
    let shared = Shared::new(FILM).await;
    shared.allow(true).await;
    let (_, torrent) = shared.torrent().await;
    ends(&shared, torrent.clone(), shared.allow(false)).await;
    shared.allow(true).await;
    assert_eq!(shared.stock(&shared.pool.ann).await.keys, []);
    assert_eq!(shared.announced(&torrent, hash(&torrent)).await, shared.refusal().await);
}
