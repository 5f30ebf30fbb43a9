//! Nodes of a pool for members, which share a PostgreSQL that the tests start. `./test cluster` runs them.

use std::path::PathBuf;

use peerpool_access::Moment;
use peerpool_wire::channel::{ToPeer, ToTracker};
use serde_json::json;
use tempfile::TempDir;

use super::{
    support::{
        item,
        members::{Member, locate},
    },
    *,
};
use crate::{
    Config, StartError,
    members::{KeysFolder, TrackerKeys},
    store::server::Server,
};

/// How soon a change at one node holds at every other one.
const SOON: Duration = Duration::from_secs(3);

/// Where nodes keep their keys.
struct Folders(TempDir);

impl Folders {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Gives a node the keys of another one.
    fn copy_keys(&self, from: &str, to: &str) {
        let file = self.path(&format!("keys for {to}"));
        KeysFolder::new(self.path(from)).export(&file).unwrap();
        KeysFolder::new(self.path(to)).import(&file, Moment(1_800_000_000)).unwrap();
    }

    async fn start(&self, server: &Server, name: &str) -> Result<Tracker, StartError> {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let config = Config {
            members: true,
            data: Some(self.path(name)),
            database: Some(server.url("pool").parse().unwrap()),
            advertise: Some(socket.local_addr().unwrap().into()),
            ..support::config()
        };
        Tracker::start_in(crate::Process { socket: Some(socket), reloads: None }, config).await
    }
}

/// Two nodes and an administrator, who talks to the first.
async fn two_nodes(server: &Server, folders: &Folders) -> (Tracker, Tracker) {
    let a = folders.start(server, "a").await.unwrap();
    folders.copy_keys("a", "b");
    let b = folders.start(server, "b").await.unwrap();
    (a, b)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn what_is_changed_at_one_node_holds_at_the_other() {
    let Some(server) = Server::start() else { return };
    let folders = Folders::new();
    let (a, b) = two_nodes(&server, &folders).await;
    assert!(b.invite().is_none(), "that of the first one stays good");
    let root = Member::join(&a, "root", &a.invite().unwrap().code).await;
    let code = root.invite().await;
    // Whoever was asked in at one node comes in at the other, and is known at both.
    let ann = Member::join(&b, "ann", &code).await;
    let bob = Member::join(&b, "bob", &root.invite().await).await;
    let mut anns = ann.channel(2).await;
    let mut bobs = bob.channel(3).await;
    let shut_out = async {
        while !root.get("/api/v1/members").await.contains("\"bob\"") {}
        let nothing = json!({});
        let changed = tokio::select! {
            changed = root.send("DELETE", "/api/v1/members/ann", &nothing) => changed,
            () = bobs.confirm() => unreachable!(),
        };
        // Who asked at one node is told what the peers of the other one did.
        assert_eq!(changed["confirmed"], json!(["bob (laptop)"]));
        assert_eq!(changed["silent"], json!([]));
        anns.ended().await;
    };
    timeout(2 * SOON, shut_out).await.expect("ann was shut out at the other node");
    assert!(ann.get("/api/v1/me").await.starts_with("HTTP/1.1 403 "));
    drop((a, b));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn an_item_is_seen_at_every_node_by_whom_its_owner_lets_see_it() {
    let Some(server) = Server::start() else { return };
    let folders = Folders::new();
    let (a, b) = two_nodes(&server, &folders).await;
    let root = Member::join(&a, "root", &a.invite().unwrap().code).await;
    let ann = Member::join(&b, "ann", &root.invite().await).await;
    let bob = Member::join(&a, "bob", &root.invite().await).await;
    let song = item("song", &[7; 50_000]);
    let mut anns = ann.channel(1).await;
    anns.bring(&song).await;
    let mut bobs = bob.channel(2).await;
    let hash = song.info.hash();
    let located = async {
        loop {
            match bobs.answer(&locate(hash)).await {
                ToPeer::Located { item: Some(_), holders, .. } if !holders.is_empty() => return,
                _ => {}
            }
        }
    };
    timeout(SOON, located).await.expect("it is named at the other node");
    // That it is ann's is known there, too.
    let rule = json!({ "item": hash.to_string(), "right": "get", "subject": "member:ann" });
    let there = ann.at(&a);
    tokio::select! {
        _ = there.post("/api/v1/access", &rule) => {}
        () = bobs.confirm() => {}
    }
    let hidden =
        async { while let ToPeer::Located { item: Some(_), .. } = bobs.answer(&locate(hash)).await {} };
    timeout(SOON, hidden).await.expect("it is hidden from bob");
    drop((a, b));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn a_device_at_another_node_that_confirms_nothing_is_named_and_disconnected() {
    let Some(server) = Server::start() else { return };
    let folders = Folders::new();
    let (a, b) = two_nodes(&server, &folders).await;
    let root = Member::join(&a, "root", &a.invite().unwrap().code).await;
    let ann = Member::join(&b, "ann", &root.invite().await).await;
    let bob = Member::join(&b, "bob", &root.invite().await).await;
    let mut bobs = bob.channel(3).await;
    let changed = root.send("DELETE", "/api/v1/members/ann", &json!({})).await;
    assert_eq!(changed["silent"], json!(["bob (laptop)"]));
    bobs.ended().await;
    drop(ann);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn a_stock_client_that_announces_at_one_node_meets_holders_at_the_other() {
    let Some(server) = Server::start() else { return };
    let folders = Folders::new();
    let (a, b) = two_nodes(&server, &folders).await;
    let root = Member::join(&a, "root", &a.invite().unwrap().code).await;
    let ann = Member::join(&b, "ann", &root.invite().await).await;
    let song = item("song", &[7; 50_000]);
    let mut anns = ann.channel(1).await;
    anns.bring(&song).await;
    let hash = song.info.hash().to_string();
    ann.send("PUT", "/api/v1/stock", &json!({ "item": hash, "allowed": true })).await;
    let of_stock = |message: ToPeer| match message {
        ToPeer::Access(access) => access.stock.into_iter().next(),
        _ => None,
    };
    let allowed = timeout(SOON, anns.wait(of_stock)).await.expect("stock clients may fetch it");
    anns.send(&ToTracker::TakesStock { info_hashes: vec![allowed.info_hash] }).await;

    let made = ann.at(&a).post("/api/v1/stock/keys", &json!({ "item": hash })).await;
    let torrent = peerpool_api::torrent_from_base64(made["torrent"].as_str().unwrap()).unwrap();
    let torrent = Metainfo::from_torrent(&torrent).unwrap();
    assert_eq!(torrent.trackers[0].len(), 2, "a tier of both nodes");
    let path = torrent.trackers[0][0].strip_prefix(&format!("http://{}", a.addr())).unwrap();
    let escaped: String = torrent.info.hash().primary().0.iter().map(|byte| format!("%{byte:02x}")).collect();
    let query = format!("{path}?info_hash={escaped}&peer_id=-XX0001-123456789012&port=7&left=1&compact=1");
    let named = async { while !has(&get(a.addr(), &query, "").await.1, &FIRST_PORT) {} };
    timeout(SOON, named).await.expect("ann's peer is named at the other node");
    // And ann's peer lets it in.
    let hosts = async { while anns.wait(of_stock).await.hosts.is_empty() {} };
    timeout(SOON, hosts).await.expect("ann's peer is told of the client");

    anns.send(&ToTracker::Withdraw { info_hashes: vec![allowed.info_hash] }).await;
    let unnamed = async { while has(&get(a.addr(), &query, "").await.1, &FIRST_PORT) {} };
    timeout(SOON, unnamed).await.expect("whoever has it no more is named no more");
    drop((a, b));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn nodes_change_members_in_turn() {
    let Some(server) = Server::start() else { return };
    let folders = Folders::new();
    let (a, b) = two_nodes(&server, &folders).await;
    let root = Member::join(&a, "root", &a.invite().unwrap().code).await;
    let made = root.post("/api/v1/invites", &json!({ "uses": 8 })).await;
    let code = made["link"].as_str().unwrap().parse::<peerpool_access::Invite>().unwrap().code;
    let joining = |at, name: &'static str| Member::join(at, name, &code);
    // All of them at once, at both nodes: everybody gets a number of their own, and the invite is good for eight.
    tokio::join!(
        joining(&a, "m1"),
        joining(&b, "m2"),
        joining(&a, "m3"),
        joining(&b, "m4"),
        joining(&a, "m5"),
        joining(&b, "m6"),
        joining(&a, "m7"),
        joining(&b, "m8"),
    );
    let members = server.sql("pool", "SELECT count(*), count(DISTINCT id), max(id) FROM member");
    assert_eq!(members, "9|9|9");
    assert_eq!(server.sql("pool", "SELECT count(*) FROM invite"), "0");
    drop((a, b));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn a_node_without_the_pools_keys_does_not_start() {
    let Some(server) = Server::start() else { return };
    let folders = Folders::new();
    let a = folders.start(&server, "a").await.unwrap();
    let Err(none) = folders.start(&server, "b").await else { panic!("it started") };
    assert!(none.to_string().contains("peerpool tracker keys export"), "{none}");
    std::fs::create_dir(folders.path("c")).unwrap();
    TrackerKeys::load_or_create(&folders.path("c"), "other", Moment(1_800_000_000)).unwrap();
    let Err(others) = folders.start(&server, "c").await else { panic!("it started") };
    assert!(others.to_string().contains("other keys"), "{others}");
    drop(a);
}
