//! What members are told over the channel, over real sockets.

use futures_util::{SinkExt as _, StreamExt as _};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use peerpool_access::{Moment, Pass, PassError};
use peerpool_wire::{
    channel::{
        Access, Have, Hello, ItemState, MetainfoChunk, PATH, RequestId, Target, ToPeer, ToTracker, VERSIONS,
    },
    id::{InfoHash, PeerId},
    metainfo::Metainfo,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use super::*;

/// Long enough for any machine; only a broken test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A member's peer that does what its test says.
pub(super) struct Peer {
    socket: WebSocketStream<TcpStream>,
}

impl Pool {
    /// A connection as one over TLS would be: with this key.
    async fn dial(&self, key: u8) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (dialled, accepted) = tokio::join!(TcpStream::connect(addr), listener.accept());
        let (stream, remote) = accepted.unwrap();
        let slot = Arc::new(self.slots.take(remote.ip()).unwrap());
        let endpoints = Endpoints { remote: remote.ip(), local: addr.ip() };
        let connection = Connection { endpoints, local: addr, slot, lasting: Lasting::default() };
        let router = self.tracker.router.clone();
        let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(LocalAddress(addr));
            request.extensions_mut().insert(connection.clone());
            request.extensions_mut().insert(Caller::Device(PublicKey([key; 32])));
            router.clone().call(request.map(Body::new))
        });
        tokio::spawn(async move {
            let mut http = http1::Builder::new();
            let serving = http.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
            let _ = serving.with_upgrades().await;
        });
        dialled.unwrap()
    }

    /// Connects as the peer of the device with this key; none when it is refused at the upgrade.
    async fn connect(&self, key: u8) -> Option<Peer> {
        let stream = self.dial(key).await;
        let url = format!("ws://{}{PATH}", stream.peer_addr().unwrap());
        let (socket, _) = client_async(url, stream).await.ok()?;
        let mut peer = Peer { socket };
        peer.send(ToTracker::Hello(hello(key, VERSIONS))).await;
        Some(peer)
    }

    /// Connects, and hears all that comes first.
    pub(super) async fn session(&self, key: u8) -> (Peer, Pass, Access) {
        let mut peer = self.connect(key).await.unwrap();
        assert!(matches!(peer.next().await, Some(ToPeer::Welcome(_))));
        let Some(ToPeer::Keyset { .. }) = peer.next().await else { panic!("no keyset") };
        let Some(ToPeer::Pass { statement }) = peer.next().await else { panic!("no pass") };
        let Some(ToPeer::Access(access)) = peer.next().await else { panic!("no access") };
        let pass = self.opened(key, &statement).await.unwrap();
        (peer, pass, access)
    }

    async fn opened(&self, key: u8, statement: &[u8]) -> Result<Pass, PassError> {
        let told: PoolKeyset = self.answer(key, "GET", "keyset", None).await;
        let keyset = BASE64URL_NOPAD.decode(told.keyset.as_bytes()).unwrap();
        let root = self.tracker.invite().unwrap().root;
        let keyset = peerpool_access::Keyset::open(&keyset, root, None).unwrap();
        let now = Moment(crate::clock::date());
        Pass::open(statement, &keyset.signers, keyset.pool, PublicKey([key; 32]), now)
    }
}

impl Peer {
    pub(super) async fn send(&mut self, message: ToTracker) {
        self.socket.send(Message::Binary(message.encode().unwrap().into())).await.unwrap();
    }

    /// The next message; none when the connection is closed.
    async fn next(&mut self) -> Option<ToPeer> {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.unwrap() {
                Some(Ok(Message::Binary(frame))) => return Some(ToPeer::decode(&frame).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    pub(super) async fn wait<T>(&mut self, mut pick: impl FnMut(ToPeer) -> Option<T>) -> T {
        loop {
            let message = self.next().await.expect("the connection stays open");
            if let Some(found) = pick(message) {
                return found;
            }
        }
    }

    /// The first `Access` that is as it should be.
    pub(super) async fn access(&mut self, mut wanted: impl FnMut(&Access) -> bool) -> Access {
        self.wait(|message| match message {
            ToPeer::Access(access) if wanted(&access) => Some(access),
            _ => None,
        })
        .await
    }

    /// Waits until all that it has said is heeded.
    pub(super) async fn answered(&mut self) {
        self.send(ToTracker::GetPass).await;
        self.wait(|message| matches!(message, ToPeer::Pass { .. }).then_some(())).await;
    }

    /// Brings an item in.
    pub(super) async fn introduce(&mut self, metainfo: &Metainfo) {
        let info_hash = metainfo.info.hash();
        self.send(ToTracker::Register { items: vec![ItemState { info_hash, have: Have::All }] }).await;
        self.wait(|message| matches!(message, ToPeer::NeedMetainfo { .. }).then_some(())).await;
        for chunk in MetainfoChunk::split(info_hash, &metainfo.to_torrent(&[])).unwrap() {
            self.send(ToTracker::Metainfo(chunk)).await;
        }
    }
}

fn hello(number: u8, versions: &[u16]) -> Hello {
    Hello {
        versions: versions.to_vec(),
        peer_id: PeerId([number; 20]),
        name: format!("peer {number}"),
        agent: "test".to_owned(),
        port: 6881,
        secret: None,
        listens: Vec::new(),
        connection: 0,
        digest: None,
    }
}

pub(super) fn item(name: &str) -> Metainfo {
    let piece_length = peerpool_wire::canonical::piece_length(4, 1);
    let mut hasher = peerpool_wire::canonical::FileHasher::new(piece_length);
    hasher.update(b"item");
    peerpool_wire::canonical::Builder::new(piece_length).file(vec![], hasher.finish()).finish(name).unwrap()
}

#[tokio::test]
async fn a_key_of_no_member_gets_no_channel() {
    let pool = Pool::of_ann_and_bob().await;
    assert!(pool.connect(EVE).await.is_none());
    let mut old = Peer {
        socket: {
            let stream = pool.dial(BOB).await;
            let url = format!("ws://{}{PATH}", stream.peer_addr().unwrap());
            client_async(url, stream).await.unwrap().0
        },
    };
    old.send(ToTracker::Hello(hello(BOB, &[1, 2, 3]))).await;
    assert!(matches!(old.next().await, Some(ToPeer::Refused { .. })));
}

#[tokio::test]
async fn a_session_begins_with_keyset_pass_and_access() {
    let pool = Pool::of_ann_and_bob().await;
    let (_peer, pass, access) = pool.session(BOB).await;
    let me: Me = pool.answer(BOB, "GET", "me", None).await;
    assert_eq!((pass.member.0, pass.epoch), (me.member, access.epoch));
    assert_eq!((access.voided, access.items), (vec![], vec![]));
}

#[tokio::test]
async fn whoever_registers_or_locates_an_item_is_told_its_audience_before_its_holders() {
    let pool = Pool::of_ann_and_bob().await;
    let (mut bob, pass, _) = pool.session(BOB).await;
    let item = item("film");
    let info_hash = item.info.hash();
    bob.introduce(&item).await;
    let told = bob.access(|access| !access.items.is_empty()).await;
    assert_eq!(told.items[0].info_hash, info_hash);
    let audience = told.audiences[0].clone();
    assert_eq!(told.items[0].audience, Some(audience.id));
    let bob_himself = peerpool_access::Subject::from(pass.member).number();
    assert!(audience.give.contains(&bob_himself), "{audience:?}");

    let (mut ann, _, _) = pool.session(ANN).await;
    let (request, target) = (RequestId(1), Target::InfoHash(info_hash));
    ann.send(ToTracker::Locate { request, target, wanted: 0, follow: true }).await;
    let Some(ToPeer::Access(first)) = ann
        .wait(|message| match message {
            ToPeer::Reachability { .. } => None,
            message => Some(Some(message)),
        })
        .await
    else {
        panic!("holders before the audience")
    };
    assert_eq!((first.items, first.audiences), (told.items, vec![audience]));
    let holders = ann
        .wait(|message| match message {
            ToPeer::Located { holders, .. } => Some(holders),
            _ => None,
        })
        .await;
    let keys: Vec<_> = holders.iter().map(|holder| holder.key.unwrap().0).collect();
    assert_eq!(keys, [[BOB; 32]]);
}

#[tokio::test]
async fn a_removed_member_is_cut_off_and_the_others_confirm_it() {
    let pool = Pool::of_ann_and_bob().await;
    let ((mut ann, _, _), (mut bob, _, _)) = tokio::join!(pool.session(ANN), pool.session(BOB));
    let confirming = async {
        let told = ann.access(|access| !access.voided.is_empty()).await;
        assert_eq!(told.voided[0].key.0, [BOB; 32]);
        ann.send(ToTracker::AccessSeen { epoch: told.epoch }).await;
    };
    let removing = pool.answer::<Changed>(ANN, "DELETE", "members/bob", None);
    let begun = std::time::Instant::now();
    let (removed, ()) = tokio::join!(removing, confirming);
    assert_eq!((removed.confirmed, removed.silent), (vec!["ann (laptop)".to_owned()], vec![]));
    assert!(begun.elapsed() < Duration::from_secs(5));
    while bob.next().await.is_some() {}
    assert!(pool.connect(BOB).await.is_none());
}

#[tokio::test]
async fn whoever_does_not_confirm_in_time_is_disconnected() {
    let pool = Pool::of_ann_and_bob().await;
    let (mut ann, _, _) = pool.session(ANN).await;
    let removed: Changed = pool.answer(ANN, "DELETE", "members/bob", None).await;
    assert_eq!((removed.confirmed, removed.silent), (vec![], vec!["ann (laptop)".to_owned()]));
    while ann.next().await.is_some() {}
    // It was only silent: it may come again, and hears what it missed.
    let (_, _, access) = pool.session(ANN).await;
    assert_eq!(access.voided.len(), 1);
}

#[tokio::test]
async fn a_new_role_brings_a_new_pass_that_the_old_voids_do_not_touch() {
    let pool = Pool::of_ann_and_bob().await;
    let (mut bob, before, _) = pool.session(BOB).await;
    let role = Some(json!({ "role": "reader" }));
    let hearing = async {
        let mut pass = None;
        let mut voided = None;
        while pass.is_none() || voided.is_none() {
            match bob.next().await.unwrap() {
                ToPeer::Pass { statement } => pass = Some(statement),
                ToPeer::Access(access) if !access.voided.is_empty() => {
                    voided = Some(access.voided[0]);
                    bob.send(ToTracker::AccessSeen { epoch: access.epoch }).await;
                }
                _ => {}
            }
        }
        (pass.unwrap(), voided.unwrap())
    };
    let altering = pool.answer::<Changed>(ANN, "PATCH", "members/bob", role);
    let (altered, (statement, voided)) = tokio::join!(altering, hearing);
    assert_eq!(altered.confirmed, ["bob (laptop)"]);
    let pass = pool.opened(BOB, &statement).await.unwrap();
    assert!(pass.subjects.contains(Role::Reader.into()) && !pass.subjects.contains(Role::Member.into()));
    assert!(before.made.0 < voided.before && voided.before <= pass.made.0, "{before:?} {voided:?} {pass:?}");
}

#[tokio::test]
async fn a_peer_that_asks_is_told_again() {
    let pool = Pool::of_ann_and_bob().await;
    let (mut bob, pass, access) = pool.session(BOB).await;
    bob.send(ToTracker::GetPass).await;
    let again = bob
        .wait(|message| match message {
            ToPeer::Pass { statement } => Some(statement),
            _ => None,
        })
        .await;
    assert_eq!(pool.opened(BOB, &again).await.unwrap().member, pass.member);
    bob.send(ToTracker::Hear { epoch: access.epoch }).await;
    assert_eq!(bob.access(|_| true).await.epoch, access.epoch);
}

/// Follows an item by one of its hashes, which nobody knows yet.
async fn follows(peer: &mut Peer, half: InfoHash) {
    let (request, target) = (RequestId(1), Target::InfoHash(half));
    peer.send(ToTracker::Locate { request, target, wanted: 0, follow: true }).await;
    peer.wait(|message| matches!(message, ToPeer::Located { item: None, .. }).then_some(())).await;
}

/// The audience that a peer is told of an item by this hash.
async fn audience(peer: &mut Peer, half: InfoHash) -> u32 {
    let is_told = |access: &Access| access.items.iter().any(|told| told.info_hash == half);
    let access = peer.access(is_told).await;
    access.items.iter().find(|told| told.info_hash == half).unwrap().audience.unwrap()
}

#[tokio::test]
async fn whoever_follows_a_hybrid_by_one_hash_before_it_comes_is_told_of_it_by_that_hash() {
    let film = item("film");
    let whole = film.info.hash();
    for half in [InfoHash::v1_only(whole.v1().unwrap()), InfoHash::v2_only(whole.v2().unwrap())] {
        let pool = Pool::of_ann_and_bob().await;
        let code = pool.invite(ANN, json!({ "role": "guest" })).await;
        pool.join(EVE, "eve", &code).await;
        let (mut ann, _, _) = pool.session(ANN).await;
        let (mut eve, _, _) = pool.session(EVE).await;
        follows(&mut ann, half).await;
        follows(&mut eve, half).await;
        let (mut bob, _, _) = pool.session(BOB).await;
        bob.introduce(&film).await;

        let first = audience(&mut ann, half).await;
        let named = |message| match message {
            ToPeer::NewHolders { info_hash, holders } => Some((info_hash, holders.len())),
            _ => None,
        };
        assert_eq!(ann.wait(named).await, (half, 1));
        // A guest sees none of it: what is asked last is answered last.
        let (request, target) = (RequestId(2), Target::InfoHash(half));
        eve.send(ToTracker::Locate { request, target, wanted: 0, follow: false }).await;
        eve.wait(|message| match message {
            ToPeer::Access(access) => {
                assert_eq!((access.items, access.audiences), (vec![], vec![]));
                None
            }
            ToPeer::NewHolders { .. } => panic!("it is told of a holder"),
            ToPeer::Located { request: RequestId(2), item, holders, .. } => {
                assert_eq!((item, holders), (None, vec![]));
                Some(())
            }
            _ => None,
        })
        .await;

        // A change reaches whoever knows that hash alone.
        let rule = json!({ "item": whole.to_string(), "right": "get", "subject": "member:ann" });
        let changing = pool.answer::<Changed>(BOB, "POST", "access", Some(rule));
        let second = tokio::select! {
            _ = changing => panic!("nobody has confirmed it"),
            told = audience(&mut ann, half) => told,
        };
        assert_ne!(first, second);
    }
}
