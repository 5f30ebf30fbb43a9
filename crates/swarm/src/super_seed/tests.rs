//! What is shown to whom.

use std::time::Duration;

use peerpool_wire::geometry::BLOCK;
use rand::SeedableRng;

use super::*;
use crate::Remote;

const IDLE: Uplink = Uplink { rate: 1e6, under_way: 0.0, asked: 0.0 };

/// A seed of pieces of 64 KiB, and peers that want them.
struct World {
    seed: SuperSeed,
    conns: Connections,
    rng: ChaCha8Rng,
    now: Time,
}

impl World {
    fn new(pieces: u32, peers: u32) -> Self {
        let length = u64::from(pieces * 4 * BLOCK);
        let geometry = Arc::new(Geometry::new(4 * BLOCK, [(length, false)]).unwrap());
        let mut world = Self {
            seed: SuperSeed::new(geometry, true),
            conns: BTreeMap::new(),
            rng: ChaCha8Rng::seed_from_u64(1),
            now: Time::from_secs(1),
        };
        for nth in 0..peers {
            let mut conn = Connection::new(Remote::any(nth as u8), pieces, world.now);
            conn.upload.am_choking = false;
            conn.upload.peer_interested = true;
            world.conns.insert(ConnId(nth), conn);
            world.seed.begin(world.now, ConnId(nth), &world.conns, &mut world.rng);
        }
        world
    }

    /// Shows as much as there is room for: to whom, and which pieces.
    fn show(&mut self) -> Vec<(u32, Piece)> {
        let mut window = self.seed.window(IDLE, &self.conns).unwrap();
        let mut all = Vec::new();
        while let Some((id, piece)) = self.seed.next(self.now, &mut window, &self.conns) {
            let mut next = Some(piece);
            while let Some(piece) = next {
                next = self.seed.show(self.now, id, piece, &self.conns[&id].holdings.pieces);
                all.push((id.0, piece));
            }
        }
        all
    }

    fn gets(&mut self, peer: u32, piece: Piece) {
        self.seed.requested(self.now, ConnId(peer), piece);
        self.conns.get_mut(&ConnId(peer)).unwrap().holdings.pieces.set(piece);
        self.seed.peer_has(ConnId(peer), piece, &mut self.rng);
    }

    fn pass(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        self.seed.expire(self.now, false, &self.conns);
    }
}

#[test]
fn every_piece_is_shown_once_before_any_is_shown_twice() {
    let mut world = World::new(16, 4);
    let mut shown = Vec::new();
    while shown.len() < 16 {
        let now = world.show();
        assert!(!now.is_empty(), "{shown:?}");
        now.iter().for_each(|(peer, piece)| world.gets(*peer, *piece));
        shown.extend(now);
    }
    let mut pieces: Vec<u32> = shown.iter().map(|(_, piece)| piece.index()).collect();
    pieces.sort_unstable();
    assert_eq!(pieces, (0..16).collect::<Vec<u32>>());
}

#[test]
fn everybody_is_shown_one_piece_before_anybody_is_shown_a_second_one() {
    let mut world = World::new(64, 4);
    let mut peers: Vec<u32> = world.show().into_iter().map(|(peer, _)| peer).collect();
    peers.sort_unstable();
    assert_eq!(peers, [0, 1, 2, 3]);
}

#[test]
fn a_piece_that_nobody_asks_for_is_shown_to_somebody_else() {
    let mut world = World::new(64, 2);
    let first = world.show();
    assert!(world.show().is_empty(), "there is no room for more");
    world.pass(1400);
    let more = world.show();
    assert!(!more.is_empty(), "what is not asked for soon makes room");
    assert!(more.iter().all(|(_, piece)| first.iter().all(|(_, other)| other != piece)));
    world.pass(200);
    let mut spread = world.seed.spread.take().unwrap();
    let awaited = spread.awaited();
    assert_eq!(awaited.values().sum::<usize>(), more.len(), "nobody waits for the first ones any more");
    let none = Bitfield::none(64);
    assert!(spread.next_piece(&world.seed.geometry, &none, &none).is_some());
}

#[test]
fn a_piece_is_soon_shown_to_somebody_else_where_its_peer_wants_nothing_or_is_choked() {
    for (interested, choking) in [(false, false), (true, true)] {
        let mut world = World::new(64, 2);
        for (peer, piece) in world.show() {
            world.seed.requested(world.now, ConnId(peer), piece);
            world.seed.withdrawn(ConnId(peer), piece);
        }
        let upload = &mut world.conns.get_mut(&ConnId(0)).unwrap().upload;
        (upload.peer_interested, upload.am_choking) = (interested, choking);
        let awaited = |world: &World| world.seed.spread.as_ref().unwrap().awaited();
        world.pass(200);
        assert!(awaited(&world).contains_key(&ConnId(0)), "its word may be on the way");
        world.pass(200);
        assert!(!awaited(&world).contains_key(&ConnId(0)));
        assert!(awaited(&world).contains_key(&ConnId(1)));
    }
}

#[test]
fn the_last_piece_is_shown_together_with_the_one_before() {
    let mut world = World::new(3, 2);
    world.conns.get_mut(&ConnId(1)).unwrap().upload.am_choking = true;
    let shown = world.show();
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown.iter().all(|(peer, _)| *peer == 0));
    assert!(world.seed.shown[&ConnId(0)].pieces.is_all());
}

#[test]
fn the_only_downloader_is_shown_everything() {
    let mut world = World::new(64, 1);
    world.seed.open_up(world.now, &world.conns);
    assert!(world.seed.next_parts(world.now, &Bitfield::all(64)).is_empty());
    world.pass(250);
    world.seed.open_up(world.now, &world.conns);
    let parts = world.seed.next_parts(world.now, &Bitfield::all(64));
    assert_eq!(parts.iter().map(|(_, part)| part.len()).sum::<usize>(), 64);
    assert!(!world.seed.shows_to(ConnId(0)));
}

#[test]
fn a_departing_peer_frees_what_it_was_about_to_get() {
    let mut world = World::new(64, 3);
    let shown = world.show();
    let lost = shown.iter().filter(|(peer, _)| *peer == 0).count();
    assert!(lost > 0);
    let gone = world.conns.remove(&ConnId(0)).unwrap();
    world.seed.peer_left(ConnId(0), &gone.holdings.pieces, &mut world.rng);
    let left: usize = world.seed.spread.as_ref().unwrap().awaited().values().sum();
    assert_eq!(left, shown.len() - lost);
}

#[test]
fn where_somebody_reads_whoever_passes_on_is_shown_what_comes_next() {
    let mut world = World::new(64, 4);
    let piece = |index| world.seed.geometry.piece(index).unwrap();
    let (wished, own) = ([20, 21, 22].map(piece), [60, 61].map(piece));
    // Peers 0 and 1 have passed on what they alone had, and peer 3 has not.
    for (peer, piece) in [(0, own[0]), (1, own[0]), (1, own[1]), (0, own[1])] {
        world.gets(peer, piece);
    }
    for piece in wished {
        world.seed.wish(world.now, ConnId(2), piece);
    }
    let mut next = 20;
    let mut reader = 0;
    for (peer, piece) in world.show() {
        if peer == 3 {
            continue;
        }
        assert_eq!(piece.index(), next, "in order, and nothing twice");
        next += 1;
        reader += usize::from(peer == 2);
    }
    assert!(reader >= 2, "every second one goes to whoever wished it");
    assert!(next > 22, "and what comes behind the wishes, to others");
}

#[test]
fn more_wishes_than_a_reader_has_are_passed_over() {
    let mut world = World::new(200, 1);
    let pieces: Vec<Piece> = world.seed.geometry.pieces().collect();
    for piece in pieces {
        world.seed.wish(world.now, ConnId(0), piece);
        world.seed.wish(world.now, ConnId(0), piece);
    }
    assert_eq!(world.seed.shown[&ConnId(0)].wishes.len(), 64);
}
