//! rustls with its own records, as the other end of ours, in memory.

use std::io::{self, Read as _, Write as _};

use bytes::BytesMut;
use peerpool_tls::{
    Endpoint, Handshake, Progress, Session,
    records::{Inbox, Opener, Sealer, Took},
};
use rustls::{ClientConnection, Connection, ServerConnection, pki_types::ServerName};

/// A connection between an end of ours and one of rustls, whose bytes arrive cut anyhow.
pub(crate) struct Pair {
    ours: Session,
    inbox: Inbox,
    stock: Connection,
    /// From ours to rustls.
    there: BytesMut,
    /// Lengths in which bytes arrive, over and over.
    cuts: Vec<usize>,
    turn: usize,
}

/// rustls dials that endpoint of ours.
pub(crate) fn client(from: &Endpoint, to: &Endpoint) -> Connection {
    let name = ServerName::try_from("0.0.0.0").unwrap();
    ClientConnection::new(from.client_config(to.key()), name).unwrap().into()
}

/// rustls accepts.
pub(crate) fn server(endpoint: &Endpoint) -> Connection {
    ServerConnection::new(endpoint.server_config()).unwrap().into()
}

impl Pair {
    /// Shakes hands. What `early` holds is written to rustls before.
    pub(crate) fn shake(ours: Handshake, mut stock: Connection, cuts: Vec<usize>, early: &[u8]) -> Self {
        stock.writer().write_all(early).unwrap();
        let (mut incoming, mut there) = (BytesMut::new(), BytesMut::new());
        let (mut handshake, mut turn) = (ours, 0);
        let ours = loop {
            match handshake.handle(&mut incoming, &mut there).unwrap() {
                Progress::Going(going) => handshake = going,
                Progress::Done(session) => break session,
            }
            give(&mut stock, &mut there, usize::MAX);
            let mut sent = Vec::new();
            while stock.wants_write() {
                stock.write_tls(&mut sent).unwrap();
            }
            let cut = cuts[turn % cuts.len()];
            turn += 1;
            // The handshake in pieces, until one brings what it needs; then all the rest at once.
            for piece in sent.chunks(cut.max(1)) {
                incoming.extend_from_slice(piece);
            }
        };
        give(&mut stock, &mut there, usize::MAX);
        Self { ours, inbox: Inbox::new(incoming), stock, there, cuts, turn }
    }

    pub(crate) fn peer(&self) -> peerpool_access::key::PublicKey {
        self.ours.peer
    }

    pub(crate) fn stock(&mut self) -> &mut Connection {
        &mut self.stock
    }

    pub(crate) fn sealer(&mut self) -> (&mut Sealer, &mut BytesMut) {
        (&mut self.ours.sealer, &mut self.there)
    }

    fn cut(&mut self) -> usize {
        self.turn += 1;
        self.cuts[self.turn % self.cuts.len()].max(1)
    }

    /// Everything that rustls finds in what ours has sealed; whether it came to a clean end.
    pub(crate) fn heard_by_stock(&mut self) -> (Vec<u8>, bool) {
        let mut heard = Vec::new();
        loop {
            let cut = self.cut();
            let more = give(&mut self.stock, &mut self.there, cut);
            match self.stock.reader().read_to_end(&mut heard) {
                Ok(_) => return (heard, true),
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
            if !more {
                return (heard, false);
            }
        }
    }

    /// Everything that ours finds in what rustls has sent, a place of `place` bytes at a time.
    pub(crate) fn heard_by_ours(&mut self, place: usize) -> (Vec<u8>, bool) {
        let mut sent = Vec::new();
        while self.stock.wants_write() {
            self.stock.write_tls(&mut sent).unwrap();
        }
        let (mut heard, mut rest) = (Vec::new(), sent.as_slice());
        loop {
            let ended = drain(&mut self.inbox, &mut self.ours.opener, &mut vec![0; place], &mut heard);
            if ended || rest.is_empty() {
                return (heard, ended);
            }
            let (piece, after) = rest.split_at(self.cut().min(rest.len()));
            self.inbox.room().extend_from_slice(piece);
            rest = after;
        }
    }
}

fn drain(inbox: &mut Inbox, opener: &mut Opener, place: &mut [u8], heard: &mut Vec<u8>) -> bool {
    loop {
        match inbox.take(opener, place).unwrap() {
            Took::Payload(length) => heard.extend_from_slice(&place[..length]),
            Took::Nothing => return false,
            Took::End => return true,
        }
    }
}

/// Gives rustls up to `most` bytes; whether more are left.
fn give(stock: &mut Connection, bytes: &mut BytesMut, most: usize) -> bool {
    let mut piece = &bytes.split_to(most.min(bytes.len()))[..];
    while !piece.is_empty() {
        stock.read_tls(&mut piece).unwrap();
        stock.process_new_packets().unwrap();
    }
    !bytes.is_empty()
}
