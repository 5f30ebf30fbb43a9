//! The state machine that asks peers.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

use bytes::Bytes;
use peerpool_wire::{
    extension::{ExtensionHandshake, HANDSHAKE, MetadataMessage, ours},
    id::{InfoHash, Sha256Hash},
    message::{HashRequest, Message},
    metainfo::{self, Info, Metainfo},
    time::Time,
};

use super::{Input, MetadataError, Output, assembly::Assembly, layers::Layers};
use crate::{Config, ConnId, Reason, Remote, neighbours::Candidates};

/// Connections kept and being opened at a time.
const MAX_CONNECTIONS: usize = 12;
/// Requests that one peer has to answer at a time.
const MAX_ASKED: usize = 4;
/// How long a peer may let us wait before it is given up.
const PATIENCE: Duration = Duration::from_secs(15);
/// When a connection is opened anew: the other side has noticed by then that the old one is closed.
const ANEW: Duration = Duration::from_millis(500);
/// When a peer that could not help is tried again.
const LATER: Duration = Duration::from_secs(20);
/// Most addresses remembered as those of peers that are not asked again.
const MAX_BANNED: usize = 1000;

/// Learns what an item is. See the [module's page](super) for how it is driven.
#[derive(Debug)]
pub struct MetadataFetch {
    config: Config,
    wanted: InfoHash,
    conns: BTreeMap<ConnId, Connection>,
    candidates: Candidates,
    connecting: BTreeSet<SocketAddr>,
    banned: BTreeSet<SocketAddr>,
    /// Somebody among several gave wrong bytes: from now on one peer at a time gives all of them.
    distrust: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The info dictionary is fetched; `None` while nobody is connected who has it.
    Info(Option<Assembly>),
    Layers(Box<Layers>),
    Over,
}

#[derive(Debug)]
struct Connection {
    remote: Remote,
    /// What it told in its extension handshake, once it has.
    extensions: Option<ExtensionHandshake>,
    /// Requests that it has not answered.
    asked: usize,
    /// When it is given up, while it owes us something.
    due: Option<Time>,
}

impl MetadataFetch {
    /// A fetch of the item of this hash.
    pub fn new(config: Config, wanted: InfoHash) -> Self {
        Self {
            config,
            wanted,
            conns: BTreeMap::new(),
            candidates: Candidates::default(),
            connecting: BTreeSet::new(),
            banned: BTreeSet::new(),
            distrust: false,
            stage: Stage::Info(None),
        }
    }

    /// The item's identity, as far as it is known by now: connections are opened with it.
    pub fn identity(&self) -> InfoHash {
        self.wanted
    }

    /// When [`Input::Tick`] is due, unless something else happens before; `None`: never.
    pub fn next_timeout(&self) -> Option<Time> {
        let due = self.conns.values().filter_map(|conn| conn.due).min();
        let candidate = if self.wants_connections() { self.candidates.next_due() } else { None };
        due.into_iter().chain(candidate).min()
    }

    /// Tells the fetch what happened at `now`; what it wants done is appended to `out`.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        if matches!(self.stage, Stage::Over) {
            return;
        }
        match input {
            Input::Connected { conn, remote } => self.handle_connected(now, conn, remote, out),
            Input::ConnectFailed { addr } => {
                self.connecting.remove(&addr);
                self.candidates.failed(now, addr);
            }
            Input::Disconnected { conn } => self.remove(now, conn, LATER),
            Input::Message { conn, message } => self.handle_message(now, conn, message, out),
            Input::Candidates { addrs, heard_from } => {
                for addr in addrs.into_iter().filter(|addr| !self.banned.contains(addr)) {
                    self.candidates.add(addr, heard_from);
                }
            }
            Input::Rights { conn, rights } if !rights.take => {
                self.disconnect(now, conn, Reason::NoMetadata, out);
            }
            Input::Tick => self.give_up_silent(now, out),
            Input::Block { .. }
            | Input::Sent { .. }
            | Input::Rights { .. }
            | Input::Pass { .. }
            | Input::Unreadable { .. }
            | Input::Verified { .. }
            | Input::Hashes { .. }
            | Input::StorageBusy(_)
            | Input::Limited(_)
            | Input::Allowance { .. }
            | Input::Command(_) => return,
        }
        self.ask_everybody(now, out);
        self.open_connections(now, out);
    }

    fn handle_connected(&mut self, now: Time, id: ConnId, remote: Remote, out: &mut Vec<Output>) {
        self.connecting.remove(&remote.addr);
        self.candidates.connected(remote.addr);
        let features = remote.features;
        let refused = if remote.peer_id == self.config.peer_id {
            Some(Reason::Ourselves)
        } else {
            let may_tell = features.extension && remote.rights.take;
            let tells_hashes = remote.v2 || !matches!(self.stage, Stage::Layers(_));
            (!may_tell || !tells_hashes).then_some(Reason::NoMetadata)
        };
        let due = Some(now + PATIENCE);
        self.conns.insert(id, Connection { remote, extensions: None, asked: 0, due });
        if let Some(reason) = refused {
            return self.disconnect(now, id, reason, out);
        }
        if features.fast {
            out.push(Output::Send { conn: id, message: Message::HaveNone });
        }
        let handshake = ExtensionHandshake {
            ut_metadata: Some(ours::UT_METADATA),
            client: Some(self.config.client.clone()),
            port: Some(self.config.port).filter(|port| *port > 0),
            ..ExtensionHandshake::default()
        };
        let message = Message::Extended { id: HANDSHAKE, payload: handshake.encode() };
        out.push(Output::Send { conn: id, message });
    }

    fn handle_message(&mut self, now: Time, id: ConnId, message: Message, out: &mut Vec<Output>) {
        if !self.conns.contains_key(&id) {
            return;
        }
        let heard = match message {
            Message::Extended { id: HANDSHAKE, payload } => self.introduced(id, &payload),
            Message::Extended { id: ours::UT_METADATA, payload } => {
                self.handle_metadata(now, id, &payload, out)
            }
            Message::Hashes(request, hashes) => self.handle_hashes(now, id, request, &hashes, out),
            // Closing the connection hands what it was asked for to others.
            Message::HashReject(_) => Err(Reason::NoMetadata),
            // Of everything else that peers tell each other nothing can be judged before the item is known.
            _ => Ok(()),
        };
        if let Err(reason) = heard {
            self.disconnect(now, id, reason, out);
        }
    }

    fn introduced(&mut self, id: ConnId, payload: &Bytes) -> Result<(), Reason> {
        let told = ExtensionHandshake::decode(payload)
            .map_err(|_| Reason::Protocol("an extension handshake that is not bencoding"))?;
        if told.ut_metadata.is_none() || told.metadata_size.is_none() {
            return Err(Reason::NoMetadata);
        }
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.extensions = Some(told);
            conn.due = None;
        }
        Ok(())
    }

    fn handle_metadata(
        &mut self,
        now: Time,
        id: ConnId,
        payload: &Bytes,
        out: &mut Vec<Output>,
    ) -> Result<(), Reason> {
        let message = MetadataMessage::decode(payload)
            .map_err(|_| Reason::Protocol("a metadata message that is not bencoding"))?;
        match message {
            Some(MetadataMessage::Data { piece, data, .. }) => {
                let Stage::Info(Some(assembly)) = &mut self.stage else {
                    return Ok(());
                };
                let Some(conn) = self.conns.get_mut(&id) else {
                    return Ok(());
                };
                // What was asked for in an attempt that was given up may still come.
                if assembly.take(id, conn.remote.addr, piece, &data) {
                    conn.answered(now);
                    self.check_info(now, out);
                }
                Ok(())
            }
            Some(MetadataMessage::Reject { .. }) => Err(Reason::NoMetadata),
            Some(MetadataMessage::Request { piece }) => {
                let conn = self.conns.get(&id);
                if let Some(number) = conn.and_then(|conn| conn.extensions.as_ref()?.ut_metadata) {
                    let payload = MetadataMessage::Reject { piece }.encode();
                    let message = Message::Extended { id: number, payload };
                    out.push(Output::Send { conn: id, message });
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Compares the dictionary with the hash, once all of it is there.
    fn check_info(&mut self, now: Time, out: &mut Vec<Output>) {
        let Stage::Info(Some(assembly)) = &self.stage else {
            return;
        };
        let Some((raw, givers)) = assembly.whole() else {
            return;
        };
        let (v1, v2) = metainfo::hashes(&raw);
        let right =
            [self.wanted.v1().map(|wanted| wanted == v1), self.wanted.v2().map(|wanted| wanted == v2)];
        match (right.contains(&Some(true)), right.contains(&Some(false))) {
            (true, false) => match Info::from_bytes(&raw) {
                Ok(info) => self.begin_layers(now, info, out),
                Err(error) => self.end(Output::Failed(error.into()), out),
            },
            (true, true) => self.end(Output::Failed(MetadataError::TwoItems), out),
            _ => self.blame(now, &givers, out),
        }
    }

    /// The dictionary is wrong: one giver has lied; of several one has, and each is tried alone.
    fn blame(&mut self, now: Time, givers: &BTreeSet<SocketAddr>, out: &mut Vec<Output>) {
        self.distrust = true;
        self.stage = Stage::Info(None);
        for conn in self.conns.values_mut() {
            conn.asked = 0;
            conn.due = None;
        }
        if let (Some(liar), 1) = (givers.first(), givers.len()) {
            let conn = self.conns.iter().find(|(_, conn)| conn.remote.addr == *liar).map(|(id, _)| *id);
            match conn {
                Some(conn) => self.disconnect(now, conn, Reason::Liar, out),
                None => self.ban(*liar),
            }
        }
    }

    fn ban(&mut self, liar: SocketAddr) {
        self.candidates.forget(liar);
        if self.banned.len() < MAX_BANNED {
            self.banned.insert(liar);
        }
    }

    fn begin_layers(&mut self, now: Time, info: Info, out: &mut Vec<Output>) {
        self.wanted = info.hash();
        let layers = Layers::new(Metainfo::from_info(info));
        if let Some(metainfo) = layers.whole() {
            return self.end(Output::Done(Box::new(metainfo.clone())), out);
        }
        self.stage = Stage::Layers(Box::new(layers));
        for conn in self.conns.values_mut() {
            conn.asked = 0;
            conn.due = None;
        }
        // A link with a v1 hash alone made connections on which hashes cannot be asked for: they are opened anew.
        let v1: Vec<ConnId> =
            self.conns.iter().filter(|(_, conn)| !conn.remote.v2).map(|(id, _)| *id).collect();
        for conn in v1 {
            out.push(Output::Disconnect { conn, reason: Reason::Stopped });
            self.remove(now, conn, ANEW);
        }
    }

    fn handle_hashes(
        &mut self,
        now: Time,
        id: ConnId,
        request: HashRequest,
        hashes: &[Sha256Hash],
        out: &mut Vec<Output>,
    ) -> Result<(), Reason> {
        let (Stage::Layers(layers), Some(conn)) = (&mut self.stage, self.conns.get_mut(&id)) else {
            return Err(Reason::Protocol("hashes that nobody asked for"));
        };
        if !layers.settle(id, request) {
            return Err(Reason::Protocol("hashes that nobody asked for"));
        }
        conn.answered(now);
        layers.take(request, hashes).map_err(|_| Reason::Liar)?;
        if let Some(metainfo) = layers.whole() {
            let done = Output::Done(Box::new(metainfo.clone()));
            self.end(done, out);
        }
        Ok(())
    }

    /// Asks each connection for as much as it may be asked for.
    fn ask_everybody(&mut self, now: Time, out: &mut Vec<Output>) {
        self.begin_assembly();
        for (id, conn) in &mut self.conns {
            let Some(told) = &conn.extensions else { continue };
            while conn.asked < MAX_ASKED {
                let message = match &mut self.stage {
                    Stage::Info(Some(assembly)) => {
                        let may_give = told.metadata_size == Some(assembly.size)
                            && assembly.alone.is_none_or(|alone| alone == *id);
                        let piece = if may_give { assembly.ask(*id) } else { None };
                        let request = piece.map(|piece| MetadataMessage::Request { piece }.encode());
                        request.zip(told.ut_metadata).map(|(payload, id)| Message::Extended { id, payload })
                    }
                    Stage::Layers(layers) => layers.ask(*id).map(Message::HashRequest),
                    Stage::Info(None) | Stage::Over => None,
                };
                let Some(message) = message else { break };
                conn.asked += 1;
                conn.due = Some(now + PATIENCE);
                out.push(Output::Send { conn: *id, message });
            }
        }
    }

    /// Peers may claim different lengths: one is tried after the other, that of whoever was there first.
    fn begin_assembly(&mut self) {
        let ready =
            |(id, conn): (&ConnId, &Connection)| Some((*id, conn.extensions.as_ref()?.metadata_size?));
        if matches!(self.stage, Stage::Info(None))
            && let Some((id, size)) = self.conns.iter().find_map(ready)
        {
            self.stage = Stage::Info(Some(Assembly::new(size, self.distrust.then_some(id))));
        }
    }

    fn give_up_silent(&mut self, now: Time, out: &mut Vec<Output>) {
        let silent =
            |(id, conn): (&ConnId, &Connection)| conn.due.is_some_and(|due| due <= now).then_some(*id);
        let silent: Vec<ConnId> = self.conns.iter().filter_map(silent).collect();
        for id in silent {
            self.disconnect(now, id, Reason::Silent, out);
        }
    }

    fn wants_connections(&self) -> bool {
        !matches!(self.stage, Stage::Over) && self.conns.len() + self.connecting.len() < MAX_CONNECTIONS
    }

    fn open_connections(&mut self, now: Time, out: &mut Vec<Output>) {
        while self.wants_connections()
            && let Some(addr) = self.candidates.take(now)
        {
            self.connecting.insert(addr);
            out.push(Output::Connect { addr });
        }
    }

    fn disconnect(&mut self, now: Time, id: ConnId, reason: Reason, out: &mut Vec<Output>) {
        let addr = self.conns.get(&id).map(|conn| conn.remote.addr);
        self.remove(now, id, LATER);
        if let (Some(addr), Reason::Ourselves | Reason::Liar | Reason::Protocol(_)) = (addr, &reason) {
            self.ban(addr);
        }
        out.push(Output::Disconnect { conn: id, reason });
    }

    /// Forgets a connection; others are asked for what it owes, and it is tried again after `pause`.
    fn remove(&mut self, now: Time, id: ConnId, pause: Duration) {
        let Some(conn) = self.conns.remove(&id) else {
            return;
        };
        self.candidates.disconnected(now, conn.remote.addr, pause);
        match &mut self.stage {
            Stage::Info(assembly) => {
                if let Some(assembly) = assembly {
                    assembly.release(id);
                }
                let size = assembly.as_ref().map(|assembly| assembly.size);
                let claims = |conn: &Connection| {
                    conn.extensions.as_ref().is_some_and(|told| told.metadata_size == size)
                };
                let alone = assembly.as_ref().is_some_and(|assembly| assembly.alone == Some(id));
                // Nobody is left who claims this length, or who alone was to give it.
                if alone || !self.conns.values().any(claims) {
                    *assembly = None;
                }
            }
            Stage::Layers(layers) => layers.release(id),
            Stage::Over => {}
        }
    }

    fn end(&mut self, last: Output, out: &mut Vec<Output>) {
        self.stage = Stage::Over;
        out.push(last);
    }
}

impl Connection {
    /// It gave something that it was asked for.
    fn answered(&mut self, now: Time) {
        self.asked = self.asked.saturating_sub(1);
        self.due = (self.asked > 0).then_some(now + PATIENCE);
    }
}
