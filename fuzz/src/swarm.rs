//! A swarm among peers that do anything.

mod item;
mod world;

use peerpool_swarm::{Command, Input};
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::BLOCK,
    message::{Frame, Limits, Message, Request, decode},
};

use self::world::World;
use crate::supply::Supply;

/// Operations on a [`Swarm`](peerpool_swarm::Swarm) by a driver that keeps to the contract, and peers that do not.
///
/// Whatever they did, the item is complete once a good seed has come.
pub fn swarm(data: &[u8]) {
    let mut supply = Supply::new(data);
    let mut world = World::new(&mut supply);
    while !supply.is_empty() {
        step(&mut world, &mut supply);
    }
    world.finish();
}

fn step(world: &mut World, supply: &mut Supply<'_>) {
    match supply.byte() % 16 {
        0 => world.connect(supply),
        1 => world.answer_connect(supply),
        2 => world.hang_up(supply),
        3..=5 => {
            let message = message(world, supply);
            world.message(supply, message);
        }
        6 => encoded(world, supply),
        7 | 8 => world.serve(supply),
        9 => world.unasked_block(supply),
        10 => world.take_bytes(supply),
        11 => world.verify(supply),
        12 => world.answer_hashes(supply),
        13 if supply.flag() => world.storage_busy(supply),
        13 => world.change_rights(supply),
        14 => command(world, supply),
        _ => world.pass_time(supply),
    }
}

/// A message with numbers that may be right.
fn message(world: &World, supply: &mut Supply<'_>) -> Message {
    let pieces = world.pieces();
    match supply.byte() % 16 {
        0 => Message::Choke,
        1 | 2 => Message::Unchoke,
        3 => Message::Interested,
        4 => Message::NotInterested,
        5 | 6 => Message::Have(number(supply, pieces)),
        7 => Message::Bitfield(bitfield(supply, pieces).to_bytes().into()),
        8 | 9 => Message::Request(request(world, supply)),
        10 => Message::Cancel(request(world, supply)),
        11 => Message::HaveAll,
        12 => Message::HaveNone,
        13 => Message::Reject(request(world, supply)),
        14 => Message::AllowedFast(number(supply, pieces)),
        _ => Message::HashRequest(world.hash_request(supply)),
    }
}

/// Mostly below `end`, which is out of range already.
fn number(supply: &mut Supply<'_>, end: u32) -> u32 {
    match supply.byte() {
        255 => u32::MAX,
        byte => u32::from(byte) % (end + 1),
    }
}

fn request(world: &World, supply: &mut Supply<'_>) -> Request {
    let index = number(supply, world.pieces());
    let shape = supply.byte();
    Request {
        index,
        begin: u32::from(shape & 3) * BLOCK,
        length: match shape >> 2 {
            0 => 0,
            1 => 1,
            2 => 2 * BLOCK,
            3 => u32::MAX,
            _ => world.bytes_behind(index, u32::from(shape & 3) * BLOCK),
        },
    }
}

fn bitfield(supply: &mut Supply<'_>, pieces: u32) -> Bitfield {
    let mut bytes = vec![0; pieces.div_ceil(8) as usize];
    let given = supply.bytes(bytes.len());
    bytes[..given.len()].copy_from_slice(given);
    if let Some(last) = bytes.last_mut()
        && !pieces.is_multiple_of(8)
    {
        *last &= 0xff << (8 - pieces % 8);
    }
    Bitfield::from_bytes(&bytes, pieces).expect("the spare bits were cleared")
}

/// A message as bytes, so that extensions and whatever `message` leaves out are reached.
fn encoded(world: &mut World, supply: &mut Supply<'_>) {
    let length = supply.byte();
    let conn = supply.byte();
    let body = supply.bytes(length.into());
    let framed = [&(body.len() as u32).to_be_bytes(), body].concat();
    if let Ok(Frame::Message { message, .. }) = decode(&framed, Limits::for_item(world.pieces(), 1 << 20)) {
        world.message(&mut Supply::new(&[conn]), message);
    }
}

fn command(world: &mut World, supply: &mut Supply<'_>) {
    let pieces = world.pieces();
    let command = match supply.byte() % 7 {
        0 => Command::Pause,
        1 => Command::Resume,
        2 => Command::Want(bitfield(supply, pieces)),
        3 => return world.unreadable(supply, false),
        4 => return world.unreadable(supply, true),
        5 => return world.lose(&bitfield(supply, pieces)),
        _ => Command::Trace(supply.flag()),
    };
    world.input(Input::Command(command));
}
