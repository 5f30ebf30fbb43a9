//! Whether what a peer says it has is what it gives.

use std::{
    fs::File,
    net::{IpAddr, SocketAddr},
    os::unix::fs::FileExt,
    time::{Duration, Instant},
};

use peerpool_api::Item;
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::BLOCK,
    message::{Message, Request},
};

use crate::{Content, Heard, Wire};

const FROM: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
/// Names this program in its peer id, as BEP 20 has it.
const ID: [u8; 20] = *b"-WT0001-witness-test";

/// Asks a peer for everything that it announces of a file, and panics when a byte of it is wrong. Gives how many
/// pieces it announced and gave until it said nothing more for `silence`, or a minute had passed; none when it does not
/// speak about the file.
pub fn witness(peer: SocketAddr, item: &Item, original: &Content, silence: Duration) -> u32 {
    let Ok(mut wire) = Wire::dial(FROM, peer, item.hash.primary(), ID, item.pieces) else {
        return 0;
    };
    wire.stream().set_read_timeout(Some(silence)).unwrap();
    // It may hang up at any time: then it has said what it has.
    wire.say(&[Message::HaveNone, Message::Interested]).ok();
    let mut testimony =
        Testimony { item, file: File::open(&original.path).unwrap(), unchoked: false, given: 0 };
    let mut announced = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        match wire.hear() {
            Ok(Heard::Block(block, payload)) => testimony.check(block, &payload),
            Ok(Heard::Message(message)) => {
                testimony.hear(message, &mut announced);
                if testimony.unchoked {
                    let requests: Vec<_> =
                        announced.drain(..).flat_map(|piece| testimony.ask(piece)).collect();
                    wire.say(&requests).ok();
                }
            }
            // Silence, or a peer that has other things to do.
            Err(_) => break,
        }
    }
    testimony.given / item.piece_length.div_ceil(BLOCK).max(1)
}

struct Testimony<'a> {
    item: &'a Item,
    file: File,
    unchoked: bool,
    given: u32,
}

impl Testimony<'_> {
    fn hear(&mut self, message: Message, announced: &mut Vec<u32>) {
        match message {
            Message::Unchoke => self.unchoked = true,
            Message::Choke => self.unchoked = false,
            Message::Have(piece) => announced.push(piece),
            Message::HaveAll => announced.extend(0..self.item.pieces),
            Message::Bitfield(bytes) => {
                let has = Bitfield::from_bytes(&bytes, self.item.pieces).expect("a bitfield that fits");
                announced.extend(has.iter());
            }
            _ => {}
        }
    }

    fn ask(&self, piece: u32) -> Vec<Message> {
        let start = u64::from(piece) * u64::from(self.item.piece_length);
        let length = u64::from(self.item.piece_length).min(self.item.size - start) as u32;
        let block = |begin| Request { index: piece, begin, length: BLOCK.min(length - begin) };
        (0..length).step_by(BLOCK as usize).map(|begin| Message::Request(block(begin))).collect()
    }

    fn check(&mut self, block: Request, payload: &[u8]) {
        let mut right = vec![0; payload.len()];
        let offset = u64::from(block.index) * u64::from(self.item.piece_length) + u64::from(block.begin);
        let read = self.file.read_exact_at(&mut right, offset);
        assert!(
            matches!(&read, Ok(())) && right == payload,
            "wrong bytes were announced: {block:?} {read:?}"
        );
        self.given += 1;
    }
}
