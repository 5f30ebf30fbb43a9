//! A pool whose tracker says what the test wants.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use peerpool_access::{
    Keyset, MemberId, Moment, Pass, Subject,
    key::{PublicKey, SecretKey},
};
use peerpool_api::{Client, Download, DownloadState, Event, EventQuery, Get, What, torrent_to_base64};
use peerpool_peer::{Config, Membership, Peer};
use peerpool_tls::{Endpoint, Identity, Protocol};
use peerpool_wire::{
    channel::{Access, Audience, ItemAudience, Key, ToPeer, Transfer, Voided},
    id::InfoHash,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::session::{self, Sessions};

/// Longer than anything takes; only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long what may not pass any more may go on.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(5);
pub(crate) const HOUR: u64 = 3600;
pub(crate) const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Seeds of keys that are nobody's device.
pub(crate) const ROOT: u8 = 200;
pub(crate) const SIGNER: u8 = 201;
/// A signing key that takes the place of the first.
pub(crate) const NEXT_SIGNER: u8 = 203;
const TRACKER: u8 = 202;

/// The audience of every item, unless a test says otherwise.
pub(crate) const EVERYBODY: u32 = 1;
/// One that only the holder is in.
pub(crate) const NOBODY: u32 = 2;

/// The member who shares.
pub(crate) const HOLDER: u8 = 1;
/// A member who may fetch and share.
pub(crate) const MEMBER: u8 = 2;
/// A member who may fetch and not share.
pub(crate) const READER: u8 = 3;
/// A member who may do nothing with items.
pub(crate) const GUEST: u8 = 4;

pub(crate) fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32]).unwrap()
}

pub(crate) fn key(seed: u8) -> PublicKey {
    secret(seed).public()
}

pub(crate) fn endpoint(seed: u8, protocol: Protocol) -> Endpoint {
    Endpoint::new(&Identity::from_seed([seed; 32]).unwrap(), protocol).unwrap()
}

pub(crate) fn now() -> Moment {
    Moment(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

/// A pool with a tracker. Each device is a member of its own, whose number is the seed of its key.
pub(crate) struct Pool {
    pub(crate) addr: SocketAddr,
    pub(crate) sessions: Arc<Mutex<Sessions>>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Pool {
    pub(crate) async fn new() -> Self {
        let filter: Targets = std::env::var("RUST_LOG").unwrap_or_default().parse().unwrap();
        let writer = tracing_subscriber::fmt::layer().with_test_writer();
        let _ = tracing_subscriber::registry().with(writer).with(filter).try_init();
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let sessions = Arc::new(Mutex::new(Sessions::default()));
        let endpoint = Arc::new(endpoint(TRACKER, Protocol::Tracker));
        let accepting = tokio::spawn(session::accept(listener, endpoint, sessions.clone()));
        Self { addr, sessions, accepting }
    }

    /// Starts a member's peer in a folder, which joins the pool.
    pub(crate) async fn join(&self, seed: u8, folder: Folder) -> Joined {
        let config = Config {
            repository: folder.path().to_owned(),
            tracker: Some(self.addr.into()),
            listen: LOOPBACK,
            name: Some(format!("member {seed}")),
            start: true,
            web: None,
            temporary: false,
            limits: None,
            membership: Some(membership(seed)),
        };
        Joined::new(Peer::start(config).await.unwrap(), folder).await
    }

    /// Waits until a peer has told of an item by that name; which it is, and its .torrent file.
    pub(crate) async fn registered(&self, seed: u8) -> (InfoHash, Vec<u8>) {
        let mut changes = self.sessions.lock().unwrap().changes();
        let waiting = async {
            loop {
                if let Some(found) = self.sessions.lock().unwrap().item_of(key(seed)) {
                    return found;
                }
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap()
    }

    /// Has a peer follow a keyset, with a pass by that key; it has done so when this returns.
    pub(crate) async fn follows(&self, seed: u8, keyset: Vec<u8>, signer: u8) {
        self.tell(seed, ToPeer::Keyset { statement: keyset });
        self.tell(seed, ToPeer::Pass { statement: signed_by(signer, &pass(seed)) });
        let epoch = self.sessions.lock().unwrap().tell_everything();
        self.confirmed(seed, epoch).await;
    }

    /// Tells a peer something.
    pub(crate) fn tell(&self, seed: u8, message: ToPeer) {
        self.sessions.lock().unwrap().tell(key(seed), message);
    }

    /// Tells everybody that passes of a key are void, which were made until now; the epoch of it.
    pub(crate) fn void(&self, seed: u8) -> u64 {
        let (before, expires) = (now().0 + 1, now().0 + 13 * HOUR);
        let voided = vec![Voided { key: Key(key(seed).0), before, expires }];
        self.change(Access { voided, ..Access::default() })
    }

    /// Tells everybody that an item has another audience; the epoch of it.
    pub(crate) fn give_audience(&self, info_hash: InfoHash, audience: u32) -> u64 {
        let items = vec![ItemAudience { info_hash, audience: Some(audience) }];
        self.change(Access { items, ..Access::default() })
    }

    /// The same, and the tracker has told nobody yet.
    pub(crate) fn give_audience_quietly(&self, info_hash: InfoHash, audience: u32) -> u64 {
        self.sessions.lock().unwrap().change_quietly(info_hash, audience)
    }

    fn change(&self, access: Access) -> u64 {
        self.sessions.lock().unwrap().change(access)
    }

    /// Waits until a peer has confirmed an epoch.
    pub(crate) async fn confirmed(&self, seed: u8, epoch: u64) {
        let mut changes = self.sessions.lock().unwrap().changes();
        let waiting = async {
            while self.sessions.lock().unwrap().seen(key(seed)) < epoch {
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(AT_ONCE, waiting).await.expect("it is to be confirmed at once");
    }

    /// Waits until a peer has told of a transfer with another.
    pub(crate) async fn told_of_transfers(&self, seed: u8, with: u8) -> Vec<Transfer> {
        let mut changes = self.sessions.lock().unwrap().changes();
        let waiting = async {
            loop {
                let told = self.sessions.lock().unwrap().transfers(key(seed), key(with));
                if !told.is_empty() {
                    return told;
                }
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("it tells nothing")
    }

    /// The tracker is gone: its sessions break, and nobody listens.
    pub(crate) fn kill_tracker(&self) {
        self.accepting.abort();
        self.sessions.lock().unwrap().end();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.kill_tracker();
    }
}

/// What a device keeps of the pool.
pub(crate) fn membership(seed: u8) -> Membership {
    Membership {
        identity: Arc::new(Identity::from_seed([seed; 32]).unwrap()),
        root: key(ROOT),
        keyset: keyset(1, &[SIGNER]),
        keep: None,
    }
}

/// The keyset of that serial, with those keys to sign passes.
pub(crate) fn keyset(serial: u64, signers: &[u8]) -> Vec<u8> {
    keyset_by(ROOT, serial, signers)
}

/// The same, signed by that key.
pub(crate) fn keyset_by(seed: u8, serial: u64, signers: &[u8]) -> Vec<u8> {
    let keyset = Keyset {
        pool: key(ROOT).pool(),
        serial,
        name: "pool".to_owned(),
        signers: signers.iter().copied().map(key).collect(),
        trackers: vec![key(TRACKER)],
    };
    keyset.sign(&secret(seed)).unwrap()
}

/// A pass of that device, made a minute ago, good for hours.
pub(crate) fn pass(seed: u8) -> Pass {
    let member = MemberId(seed.into());
    Pass {
        pool: key(ROOT).pool(),
        key: key(seed),
        member,
        subjects: [Subject::from(member)].into_iter().collect(),
        made: now() - Duration::from_secs(60),
        until: now() + Duration::from_secs(12 * HOUR),
        epoch: 1,
    }
}

/// The pass as the tracker signs it.
pub(crate) fn signed(pass: &Pass) -> Vec<u8> {
    signed_by(SIGNER, pass)
}

/// The pass as that key signs it.
pub(crate) fn signed_by(seed: u8, pass: &Pass) -> Vec<u8> {
    pass.sign(&secret(seed)).unwrap()
}

/// The audiences that everybody is told of.
pub(crate) fn audiences() -> Vec<Audience> {
    let numbers = |seeds: &[u8]| -> Vec<u32> {
        seeds.iter().map(|seed| Subject::from(MemberId((*seed).into())).number()).collect()
    };
    let audience = |id, get: &[u8], give: &[u8]| Audience {
        id,
        see: numbers(&[HOLDER, MEMBER, READER, GUEST]),
        get: numbers(get),
        give: numbers(give),
    };
    vec![
        audience(EVERYBODY, &[HOLDER, MEMBER, READER], &[HOLDER, MEMBER]),
        audience(NOBODY, &[HOLDER], &[HOLDER]),
    ]
}

/// A folder that a peer is to share.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn with(name: &str, bytes: &[u8]) -> Self {
        let folder = Self::new();
        std::fs::write(folder.0.path().join(name), bytes).unwrap();
        folder
    }
}

/// A member's running peer.
pub(crate) struct Joined {
    pub(crate) peer: Peer,
    pub(crate) client: Client,
    folder: Folder,
}

impl Joined {
    pub(crate) async fn new(peer: Peer, folder: Folder) -> Self {
        let client = Client::connect(folder.path()).await.unwrap();
        Self { peer, client, folder }
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.0.path().join(name)).unwrap()
    }

    /// Waits until it shares an item of that name; which it is.
    pub(crate) async fn shares(&self, name: &str) -> InfoHash {
        let mut events = self.client.events(EventQuery::default()).await.unwrap();
        let sharing = async {
            loop {
                let shared = self.client.shared().await.unwrap();
                if let Some(hash) =
                    shared.items.iter().find(|item| item.name == name).and_then(|item| item.hash)
                {
                    return hash;
                }
                events.next().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, sharing).await.unwrap()
    }

    /// Begins to fetch an item; it is waited for with [`Fetching::complete`].
    pub(crate) async fn fetch(&self, torrent: &[u8]) -> Fetching {
        self.get(What::Torrent(torrent_to_base64(torrent))).await
    }

    pub(crate) async fn get(&self, what: What) -> Fetching {
        let events = self.client.events(EventQuery::default()).await.unwrap();
        let get = Get { what, files: Vec::new(), save_as: None };
        let last = self.client.get(&get).await.unwrap();
        Fetching { events, last }
    }
}

/// A download on its way.
pub(crate) struct Fetching {
    events: peerpool_api::Events,
    last: Download,
}

impl Fetching {
    /// Waits until so many bytes of it are here.
    pub(crate) async fn has(&mut self, bytes: u64) {
        self.until(|download| download.bytes_done >= bytes).await;
    }

    /// Waits until nobody is connected who could give more.
    pub(crate) async fn is_alone(&mut self) {
        self.until(|download| download.sources.iter().all(|source| !source.connected)).await;
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.last.state == DownloadState::Complete
    }

    pub(crate) async fn complete(&mut self) {
        self.until(|download| download.state == DownloadState::Complete).await;
    }

    /// Waits until so many bytes of it are here, and on the way there somebody is always connected who gives more.
    pub(crate) async fn goes_on_to(&mut self, bytes: u64) {
        self.until(|download| {
            let connected = download.sources.iter().any(|source| source.connected);
            assert!(connected || download.state == DownloadState::Complete, "it has stopped: {download:?}");
            download.bytes_done >= bytes
        })
        .await;
    }

    /// How many bytes of it are here.
    pub(crate) fn done(&self) -> u64 {
        self.last.bytes_done
    }

    async fn until(&mut self, meant: impl Fn(&Download) -> bool) {
        let waiting = async {
            while !meant(&self.last) {
                match self.events.next().await.unwrap().expect("the peer ended") {
                    Event::Download { download } if download.hash == self.last.hash => self.last = download,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the download does not come so far");
    }
}

/// Bytes that do not repeat, the same for the same seed.
pub(crate) fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    });
    words.flat_map(u64::to_le_bytes).take(length).collect()
}

/// Told whenever something of the sessions has changed.
pub(crate) type Changes = watch::Receiver<u64>;

/// What everybody is told at first of the items that it tells of.
pub(crate) fn snapshot(epoch: u64, items: &BTreeMap<InfoHash, u32>, voided: &[Voided]) -> ToPeer {
    let items = items
        .iter()
        .map(|(info_hash, audience)| ItemAudience { info_hash: *info_hash, audience: Some(*audience) });
    ToPeer::Access(Access {
        epoch,
        voided: voided.to_vec(),
        audiences: audiences(),
        items: items.collect(),
        stock: Vec::new(),
    })
}
