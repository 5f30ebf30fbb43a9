//! What we tell others that we have.

use bytes::Bytes;
use peerpool_wire::{
    extension::{ExtensionHandshake, ours},
    geometry::Piece,
    message::Message,
    time::Time,
};

use super::Swarm;
use crate::{ConnId, Form, Outbox, Remote, connection::MAX_WAITING};

impl<B> Swarm<B> {
    /// The first messages on a connection: what we have, and what we can do.
    pub(super) fn introduce(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get(&id) else { return };
        let Remote { features, rights, .. } = conn.remote;
        match rights.give {
            true => self.tell_what_we_have(now, id, out),
            // Until it may have something of it.
            false if features.fast => out.send(id, Message::HaveNone),
            false => {}
        }
        if features.extension {
            self.introduce_extensions(now, id, out);
        }
    }

    /// The extension handshake, which may be repeated when it says something else (BEP 10).
    pub(super) fn introduce_extensions(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get(&id) else { return };
        let payload = self.extension_handshake(conn.remote.form, conn.rights.give);
        out.send(id, Message::Extended { id: 0, payload });
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.last_sent = now;
        }
    }

    /// Which pieces there are, once to everybody who may have them.
    pub(super) fn tell_what_we_have(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get(&id) else { return };
        let have = self.picker.have();
        let super_seeds = self.super_seed.applies(have);
        match conn.remote.features.fast {
            true if super_seeds || have.is_none() => out.send(id, Message::HaveNone),
            true if have.is_all() => out.send(id, Message::HaveAll),
            false if super_seeds || have.is_none() => {}
            _ => out.send(id, Message::Bitfield(have.to_bytes().into())),
        }
        if super_seeds {
            self.super_seed.begin(now, id, &self.conns, &mut self.rng);
            self.set_super_seed_timer();
        }
    }

    fn extension_handshake(&self, form: Form, gives: bool) -> Bytes {
        let metadata = u32::try_from(self.item.metadata_of(form).len()).ok();
        let metadata = metadata.filter(|size| *size > 0 && gives);
        let handshake = ExtensionHandshake {
            ut_metadata: Some(ours::UT_METADATA),
            lt_donthave: Some(ours::LT_DONTHAVE),
            pp_pass: self.config.passes.then_some(ours::PP_PASS),
            client: Some(self.config.client.clone()),
            port: Some(self.config.port).filter(|port| *port > 0),
            reqq: Some(MAX_WAITING as u32),
            metadata_size: metadata,
            // A seed that shows its pieces one by one must look like somebody worth staying with.
            upload_only: self.is_complete() && !self.super_seed.applies(self.picker.have()),
            max_request: Some(self.config.max_request),
            bridge: self.is_bridge(),
            reveals: self.super_seed.applies(self.picker.have()),
        };
        handshake.encode()
    }

    /// A piece is done: everybody may ask for it.
    pub(super) fn announce(&mut self, now: Time, piece: Piece, out: &mut Outbox<B>) {
        for (id, conn) in self.conns.iter_mut().filter(|(_, conn)| conn.had.give) {
            conn.last_sent = now;
            out.send(*id, Message::Have(piece.index()));
        }
    }

    /// Takes a lost piece back: peers that understand `donthave` no longer ask for it (BEP 54).
    pub(super) fn take_back(&mut self, piece: Piece, out: &mut Outbox<B>) {
        for (id, conn) in &self.conns {
            if let Some(number) = conn.extensions.lt_donthave {
                let payload = Bytes::copy_from_slice(&piece.index().to_be_bytes());
                out.send(*id, Message::Extended { id: number, payload });
            }
        }
    }
}
