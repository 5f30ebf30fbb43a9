//! Attacks on peers.

use std::{
    fs::File,
    io,
    net::{SocketAddr, TcpListener},
    os::unix::fs::FileExt,
    thread,
};

use peerpool_system_tests::{Announce, Chance, Heard, Wire, try_announce};
use peerpool_wire::{
    bitfield::Bitfield,
    extension::{ExtensionHandshake, HANDSHAKE, MetadataMessage, ours},
    id::Sha256Hash,
    message::{HashRequest, Message, Request, block_header},
};

use super::attack::{Attack, Field, Target, hear_nothing, leave_unread};

/// Everything that a host can do to peers.
pub(crate) const ATTACKS: &[Attack] = &[
    Attack { name: "half handshakes", go: half_handshakes },
    Attack { name: "idle connections", go: idle },
    Attack { name: "claim all, give nothing", go: mute_holders },
    Attack { name: "the seed's id, wrong blocks", go: impostors },
    Attack { name: "headers nobody asked for", go: unasked_headers },
    Attack { name: "hash requests", go: hash_requests },
    Attack { name: "metadata, unread", go: unread_metadata },
];

/// Spreads an attack over the peers.
fn of(target: &Target, number: usize) -> SocketAddr {
    target.peers[number % target.peers.len()]
}

fn half_handshakes(target: &Target, field: &Field<'_>) {
    let half = |number| {
        let mut stream = target.connect(of(target, number))?;
        field.push(&mut stream, b"\x13BitTorrent protocol")?;
        Ok(stream)
    };
    field.keep(300, half, hear_nothing);
}

fn idle(target: &Target, field: &Field<'_>) {
    let mut chance = Chance::new(target.seed);
    let open = |number| {
        let mut wire = target.wire(of(target, number), chance.id())?;
        wire.say(&[Message::HaveNone, Message::Interested])?;
        Ok(wire)
    };
    field.keep(400, open, |wire| hear_nothing(wire.stream()));
}

/// They connect, and they are announced, so that peers connect to them, too.
fn mute_holders(target: &Target, field: &Field<'_>) {
    let listener = listen(target);
    let port = listener.local_addr().unwrap().port();
    let mut chance = Chance::new(target.seed + 1);
    thread::scope(|scope| {
        let accepting = scope.spawn(|| accept(target, field, &listener, |wire| wire.hear().map(drop)));
        for _ in 0..50 {
            let seeder = Announce { swarm: target.item.hash.primary(), peer_id: chance.id(), port, left: 0 };
            // The tracker may well refuse.
            try_announce(target.from, target.tracker, seeder).ok();
        }
        let open = |number| {
            let mut wire = target.wire(of(target, number), chance.id())?;
            wire.say(&[all(target), Message::Unchoke])?;
            Ok(wire)
        };
        field.keep(100, open, |wire| hear_nothing(wire.stream()));
        accepting.join().unwrap();
    });
}

fn all(target: &Target) -> Message {
    Message::Bitfield(Bitfield::all(target.item.pieces).to_bytes().into())
}

fn listen(target: &Target) -> TcpListener {
    let listener = TcpListener::bind(SocketAddr::new(target.from, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    listener
}

/// Takes those who connect, claims everything, and acts on each in every round.
fn accept(
    target: &Target,
    field: &Field<'_>,
    listener: &TcpListener,
    act: impl Fn(&mut Wire) -> io::Result<()>,
) {
    let mut held: Vec<Wire> = Vec::new();
    while field.goes_on() {
        while let Ok((stream, _)) = listener.accept() {
            // An accepted connection does not inherit that the listener does not block.
            let greeted =
                Wire::greet(stream, target.item.hash.primary(), target.seeder.0, target.item.pieces);
            held.extend(greeted.and_then(|mut wire| {
                wire.say(&[all(target), Message::Unchoke])?;
                wire.stream().set_nonblocking(true)?;
                field.score.opened();
                Ok(wire)
            }));
        }
        held.retain_mut(|wire| act(wire).is_ok() || wire.stream().peek(&mut [0]).is_ok_and(|read| read > 0));
    }
}

fn impostors(target: &Target, field: &Field<'_>) {
    let film = File::open(&target.film.path).unwrap();
    let open = |number| {
        let mut wire = target.wire(of(target, number), target.seeder.0)?;
        wire.say(&[all(target), Message::Unchoke])?;
        Ok(wire)
    };
    let act = |wire: &mut Wire| loop {
        if let Heard::Message(Message::Request(block)) = wire.hear()? {
            let bytes = wrong_block(target, &film, block)?;
            field.push(wire.stream(), &bytes)?;
        }
    };
    field.keep(10, open, act);
}

fn wrong_block(target: &Target, film: &File, block: Request) -> io::Result<Vec<u8>> {
    let mut answer = block_header(block).to_vec();
    let mut payload = vec![0; block.length as usize];
    let offset = u64::from(block.index) * u64::from(target.item.piece_length) + u64::from(block.begin);
    film.read_exact_at(&mut payload, offset)?;
    payload[0] ^= 1;
    answer.extend_from_slice(&payload);
    Ok(answer)
}

fn unasked_headers(target: &Target, field: &Field<'_>) {
    let mut chance = Chance::new(target.seed + 2);
    let open = |number| {
        let mut wire = target.wire(of(target, number), chance.id())?;
        wire.say(&[Message::HaveNone])?;
        let header = block_header(Request { index: 0, begin: 0, length: 1 << 20 });
        field.push(wire.stream(), &header)?;
        Ok(wire)
    };
    field.keep(60, open, |wire| hear_nothing(wire.stream()));
}

/// Hashes of blocks, which must be computed, asked for by somebody who is not even interested.
fn hash_requests(target: &Target, field: &Field<'_>) {
    let mut chance = Chance::new(target.seed + 3);
    let root = root(target);
    let blocks = (target.item.piece_length / (16 << 10)).next_power_of_two().max(2);
    let request = |piece| {
        Message::HashRequest(HashRequest {
            root,
            base_layer: 0,
            index: piece * blocks,
            length: blocks,
            proof_layers: 0,
        })
    };
    let mut flood = Vec::new();
    (0..200).for_each(|number| request(number % target.item.pieces).encode(&mut flood));
    let open = |number| target.wire(of(target, number), chance.id());
    field.keep(20, open, |wire| {
        field.push(wire.stream(), &flood)?;
        leave_unread(wire.stream())
    });
}

/// The root of the film's tree, out of its .torrent.
fn root(target: &Target) -> Sha256Hash {
    let torrent = super::channels::torrent(target);
    torrent.info.files()[0].root.unwrap_or(Sha256Hash([0; 32]))
}

fn unread_metadata(target: &Target, field: &Field<'_>) {
    let mut chance = Chance::new(target.seed + 4);
    let request = MetadataMessage::Request { piece: 0 }.encode();
    let mut flood = Vec::new();
    let request = Message::Extended { id: ours::UT_METADATA, payload: request };
    (0..200).for_each(|_| request.encode(&mut flood));
    let open = |number| {
        let mut wire = target.wire(of(target, number), chance.id())?;
        let hello = ExtensionHandshake { ut_metadata: Some(1), ..ExtensionHandshake::default() };
        wire.say(&[Message::Extended { id: HANDSHAKE, payload: hello.encode() }])?;
        Ok(wire)
    };
    field.keep(60, open, |wire| {
        field.push(wire.stream(), &flood)?;
        leave_unread(wire.stream())
    });
}
