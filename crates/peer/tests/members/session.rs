//! The tracker's side of the channels of a pool for members.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_access::key::PublicKey;
use peerpool_tls::Endpoint;
use peerpool_wire::{
    channel::{
        Access, ChunkAssembly, Failure, Have, Holder, Key, Target, ToPeer, ToTracker, Transfer, Voided,
        Welcome, WholeMetainfo,
    },
    id::{InfoHash, PeerId, TrackerId},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
};
use tokio_tungstenite::tungstenite::Message;

use crate::pool::{Changes, EVERYBODY, SIGNER, keyset, pass, signed, snapshot};

/// Every session, and what was told.
pub(crate) struct Sessions {
    open: BTreeMap<PublicKey, Session>,
    torrents: BTreeMap<InfoHash, Vec<u8>>,
    audiences: BTreeMap<InfoHash, u32>,
    voided: Vec<Voided>,
    epoch: u64,
    changes: watch::Sender<u64>,
}

struct Session {
    peer_id: PeerId,
    addresses: Vec<SocketAddr>,
    items: Vec<InfoHash>,
    seen: u64,
    transfers: Vec<Transfer>,
    tell: mpsc::UnboundedSender<ToPeer>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            open: BTreeMap::new(),
            torrents: BTreeMap::new(),
            audiences: BTreeMap::new(),
            voided: Vec::new(),
            epoch: 1,
            changes: watch::Sender::new(0),
        }
    }
}

impl Sessions {
    pub(crate) fn changes(&self) -> Changes {
        self.changes.subscribe()
    }

    pub(crate) fn tell(&self, to: PublicKey, message: ToPeer) {
        self.open[&to].tell.send(message).unwrap();
    }

    pub(crate) fn seen(&self, of: PublicKey) -> u64 {
        self.open.get(&of).map_or(0, |session| session.seen)
    }

    /// What a peer told of transfers with another.
    pub(crate) fn transfers(&self, of: PublicKey, with: PublicKey) -> Vec<Transfer> {
        let told = self.open.get(&of).map(|session| session.transfers.iter());
        told.into_iter().flatten().filter(|transfer| transfer.key.0 == with.0).copied().collect()
    }

    /// The one item that a peer has told of, once its .torrent file is here.
    pub(crate) fn item_of(&self, key: PublicKey) -> Option<(InfoHash, Vec<u8>)> {
        let item = *self.open.get(&key)?.items.first()?;
        Some((item, self.torrents.get(&item)?.clone()))
    }

    /// Tells everybody of a change; its epoch.
    pub(crate) fn change(&mut self, access: Access) -> u64 {
        self.epoch += 1;
        self.voided.extend(&access.voided);
        self.audiences.extend(access.items.iter().filter_map(|item| Some((item.info_hash, item.audience?))));
        let told = ToPeer::Access(Access { epoch: self.epoch, ..access });
        for session in self.open.values() {
            let _ = session.tell.send(told.clone());
        }
        self.epoch
    }

    /// Tells everybody everything anew; the epoch of it.
    pub(crate) fn tell_everything(&mut self) -> u64 {
        self.epoch += 1;
        for session in self.open.values() {
            let _ = session.tell.send(snapshot(self.epoch, &self.audiences, &self.voided));
        }
        self.epoch
    }

    /// An item has another audience, and nobody was told yet; the epoch of it.
    pub(crate) fn change_quietly(&mut self, item: InfoHash, audience: u32) -> u64 {
        self.epoch += 1;
        self.audiences.insert(item, audience);
        self.epoch
    }

    pub(crate) fn end(&mut self) {
        self.open.clear();
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn holders(&self, item: InfoHash, but: PublicKey) -> Vec<Holder> {
        let has = self.open.iter().filter(|(key, session)| **key != but && session.items.contains(&item));
        let holder = |(key, session): (&PublicKey, &Session)| Holder {
            peer_id: Some(session.peer_id),
            name: Some("holder".to_owned()),
            addresses: session.addresses.clone(),
            have: Have::All,
            key: Some(Key(key.0)),
        };
        has.map(holder).collect()
    }

    /// Does what a peer says.
    fn handle(&mut self, from: PublicKey, message: ToTracker) {
        match message {
            ToTracker::Register { items } => {
                let items: Vec<InfoHash> = items.into_iter().map(|item| item.info_hash).collect();
                for item in &items {
                    self.audiences.entry(*item).or_insert(EVERYBODY);
                }
                let unknown =
                    items.iter().filter(|item| !self.torrents.contains_key(item)).copied().collect();
                self.tell(from, snapshot(self.epoch, &self.audiences, &[]));
                self.tell(from, ToPeer::NeedMetainfo { info_hashes: unknown });
                self.open.get_mut(&from).unwrap().items.extend(items);
            }
            ToTracker::MetainfoBatch { items } => {
                let torrents =
                    items.into_iter().map(|WholeMetainfo { info_hash, torrent }| (info_hash, torrent));
                self.torrents.extend(torrents);
            }
            ToTracker::Metainfo(chunk) => {
                let item = chunk.info_hash;
                if let Some(torrent) = ChunkAssembly::new(item).handle_chunk(chunk).unwrap() {
                    self.torrents.insert(item, torrent);
                }
            }
            ToTracker::Locate { request, target: Target::InfoHash(item), .. } => {
                let located = ToPeer::Located {
                    request,
                    item: None,
                    holders: self.holders(item, from),
                    twins: Vec::new(),
                    variants: Vec::new(),
                };
                self.tell(from, snapshot(self.epoch, &self.audiences, &[]));
                self.tell(from, located);
            }
            // What an item is, peers find out among themselves.
            ToTracker::GetMetainfo { request, info_hash } => {
                let error = Failure::NoMetainfo { info_hash };
                self.tell(from, ToPeer::Failed { request, error });
            }
            ToTracker::Transfers { transfers, .. } => {
                self.open.get_mut(&from).unwrap().transfers.extend(transfers)
            }
            ToTracker::AccessSeen { epoch } => self.open.get_mut(&from).unwrap().seen = epoch,
            ToTracker::Hear { .. } => self.tell(from, snapshot(self.epoch, &self.audiences, &self.voided)),
            _ => {}
        }
        self.changed();
    }
}

/// Takes every peer that comes.
pub(crate) async fn accept(listener: TcpListener, endpoint: Arc<Endpoint>, sessions: Arc<Mutex<Sessions>>) {
    let mut serving = tokio::task::JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        serving.spawn(serve(tcp, endpoint.clone(), sessions.clone()));
    }
}

async fn serve(tcp: TcpStream, endpoint: Arc<Endpoint>, sessions: Arc<Mutex<Sessions>>) {
    let (read, write) = tcp.into_split();
    let Ok(connection) = endpoint.accept(read, write).await else { return };
    let key = connection.peer;
    let stream = tokio::io::join(connection.reader, connection.writer);
    // Whoever asks for something else than a channel gets nothing.
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
    let (tell, mut told) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            frame = socket.next() => match frame {
                Some(Ok(Message::Binary(frame))) => match ToTracker::decode(&frame).unwrap() {
                    ToTracker::Hello(hello) => {
                        let mut sessions = sessions.lock().unwrap();
                        for message in first(key, &sessions) {
                            tell.send(message).unwrap();
                        }
                        let session = Session {
                            peer_id: hello.peer_id,
                            addresses: hello.listens,
                            items: Vec::new(),
                            seen: 0,
                            transfers: Vec::new(),
                            tell: tell.clone(),
                        };
                        sessions.open.insert(key, session);
                    }
                    message => sessions.lock().unwrap().handle(key, message),
                },
                Some(Ok(_)) => {}
                _ => break,
            },
            Some(message) = told.recv() => {
                let frame = message.encode().unwrap();
                if socket.send(Message::Binary(frame.into())).await.is_err() {
                    break;
                }
            }
        }
    }
}

/// What a session begins with.
fn first(key: PublicKey, sessions: &Sessions) -> [ToPeer; 4] {
    let welcome = Welcome {
        version: peerpool_wire::channel::MEMBERS,
        tracker_id: TrackerId([7; 16]),
        name: "tracker".to_owned(),
        your_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        keep_alive_seconds: 30,
        lease_seconds: 90,
        max_items: 1000,
        kept: false,
        nodes: Vec::new(),
        sites: Vec::new(),
    };
    let seed = (1..=20).find(|seed| crate::pool::key(*seed) == key).unwrap();
    [
        ToPeer::Welcome(welcome),
        ToPeer::Keyset { statement: keyset(1, &[SIGNER]) },
        ToPeer::Pass { statement: signed(&pass(seed)) },
        snapshot(sessions.epoch, &sessions.audiences, &sessions.voided),
    ]
}
