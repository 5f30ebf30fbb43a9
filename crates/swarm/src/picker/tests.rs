//! Pieces drawn as pictures: `.` free, `?` asked for, `!` asked for twice, `#` stored, `0` padding.

use proptest::prelude::*;
use rand::SeedableRng;

use super::*;

const A: ConnId = ConnId(1);
const B: ConnId = ConnId(2);

struct World {
    picker: Picker,
    rng: ChaCha8Rng,
    own: BTreeMap<ConnId, Vec<Piece>>,
}

/// An item of pieces of four blocks, the last piece of two.
fn world(pieces: u32) -> World {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let total = u64::from(pieces) * 4 * u64::from(BLOCK) - 2 * u64::from(BLOCK);
    let geometry = Geometry::new(4 * BLOCK, [(total, false)]).unwrap();
    let picker = Picker::new(Arc::new(geometry), Bitfield::none(pieces), &mut rng);
    World { picker, rng, own: BTreeMap::new() }
}

impl World {
    fn has(&self, pieces: &str) -> Bitfield {
        let mut field = Bitfield::none(self.picker.geometry.piece_count());
        for (index, _) in pieces.chars().enumerate().filter(|(_, letter)| *letter == 'x') {
            field.set(self.piece(index as u32));
        }
        field
    }

    fn connect(&mut self, pieces: &str) -> Bitfield {
        let theirs = self.has(pieces);
        self.picker.add_peer(&theirs, &mut self.rng);
        theirs
    }

    fn piece(&self, index: u32) -> Piece {
        self.picker.geometry.piece(index).unwrap()
    }

    fn pick(&mut self, conn: ConnId, theirs: &Bitfield, blocks: u32) -> Option<(u32, u32, u32)> {
        let own = self.own.entry(conn).or_default();
        let span = self.picker.pick(conn, theirs, own, blocks * BLOCK, &Kept::default())?;
        Some((span.piece().index(), span.begin() / BLOCK, span.length() / BLOCK))
    }

    fn span(&self, piece: u32, block: u32, blocks: u32) -> Span {
        self.picker.geometry.span(piece, block * BLOCK, blocks * BLOCK).unwrap()
    }

    fn picture(&self) -> Vec<String> {
        self.picker.geometry.pieces().map(|piece| self.picker.picture(piece)).collect()
    }
}

#[test]
fn one_connection_fetches_a_whole_piece() {
    let mut world = world(3);
    let theirs = world.connect("x..");
    assert_eq!(world.pick(A, &theirs, 1), Some((0, 0, 1)));
    assert_eq!(world.pick(A, &theirs, 8), Some((0, 1, 3)));
    assert_eq!(world.picture(), ["????", "listed", "listed"]);
    assert_eq!(world.pick(A, &theirs, 1), None);
}

#[test]
fn the_rarest_piece_comes_first() {
    let mut world = world(4);
    let all = world.connect("xxxx");
    world.connect("xx.x");
    world.connect("x..x");
    world.connect("x..x");
    assert_eq!(world.pick(A, &all, 4), Some((2, 0, 4)));
    assert_eq!(world.pick(A, &all, 4), Some((1, 0, 4)));
}

#[test]
fn a_second_connection_begins_another_piece_and_helps_only_at_the_end() {
    let mut world = world(2);
    let (a, b) = (world.connect("xx"), world.connect("xx"));
    let first = world.pick(A, &a, 1).unwrap();
    let second = world.pick(B, &b, 1).unwrap();
    assert_ne!(first.0, second.0);
    while world.pick(B, &b, 1).is_some_and(|picked| picked.0 == second.0) {}
    assert!(world.picture()[first.0 as usize].starts_with("??"));
}

#[test]
fn pieces_that_a_lost_connection_left_come_before_new_ones() {
    let mut world = world(3);
    let (a, b) = (world.connect("xxx"), world.connect("xxx"));
    let (piece, ..) = world.pick(A, &a, 2).unwrap();
    world.picker.arrive(world.span(piece, 0, 1), A);
    world.picker.release(world.span(piece, 1, 1));
    world.picker.disown_all(A, &mut world.rng);
    assert_eq!(world.picture()[piece as usize], "#...".get(..world.picture()[piece as usize].len()).unwrap());
    assert_eq!(world.pick(B, &b, 1), Some((piece, 1, 1)));
}

#[test]
fn a_piece_that_nobody_touched_goes_back_to_the_list() {
    let mut world = world(1);
    let theirs = world.connect("x");
    world.pick(A, &theirs, 4).unwrap();
    world.picker.release(world.span(0, 0, 2));
    world.picker.disown_all(A, &mut world.rng);
    assert_eq!(world.picture(), ["listed"]);
}

#[test]
fn the_endgame_begins_once_everything_is_asked_for() {
    let mut world = world(1);
    let theirs = world.connect("x");
    world.pick(A, &theirs, 1).unwrap();
    assert!(!world.picker.is_endgame());
    world.pick(A, &theirs, 1).unwrap();
    assert!(world.picker.is_endgame());
    let piece = world.piece(0);
    let blocks: Vec<usize> = world.picker.asked(piece, 1).collect();
    assert_eq!(blocks, [0, 1]);
    assert_eq!(world.picker.double(piece, 1), Some(world.span(0, 1, 1)));
    assert_eq!(world.picture(), ["?!"]);
    assert_eq!(world.picker.arrive(world.span(0, 1, 1), B), Arrival::Stored { useful: BLOCK, whole: false });
    assert_eq!(world.picker.arrive(world.span(0, 1, 1), A), Arrival::Useless);
    assert_eq!(world.picture(), ["?#"]);
    assert_eq!(world.picker.arrive(world.span(0, 0, 1), A), Arrival::Stored { useful: BLOCK, whole: true });
}

#[test]
fn after_a_failure_one_connection_alone_fetches_the_piece() {
    let mut world = world(1);
    let theirs = world.connect("x");
    world.picker.pick(A, &theirs, &mut Vec::new(), BLOCK, &Kept::default()).unwrap();
    world.picker.arrive(world.span(0, 0, 1), A);
    world.picker.disown_all(A, &mut world.rng);
    world.pick(B, &theirs, 1).unwrap();
    world.picker.arrive(world.span(0, 1, 1), B);
    let piece = world.piece(0);
    assert_eq!(world.picker.failed(piece, &mut world.rng), [Some(A), Some(B)]);
    assert_eq!(world.pick(A, &theirs, 1), Some((0, 0, 1)));
    assert_eq!(world.pick(B, &theirs, 1), None);
}

#[test]
fn padding_is_neither_fetched_nor_missed() {
    let geometry =
        Geometry::new(4 * BLOCK, [(u64::from(BLOCK) + 10, false), (u64::from(3 * BLOCK) - 10, true)])
            .unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut picker = Picker::new(Arc::new(geometry), Bitfield::none(1), &mut rng);
    let theirs = Bitfield::all(1);
    picker.add_peer(&theirs, &mut rng);
    let span = picker.pick(A, &theirs, &mut Vec::new(), 4 * BLOCK, &Kept::default()).unwrap();
    assert_eq!((span.begin(), span.length()), (0, BLOCK + 10));
    assert_eq!(picker.picture(span.piece()), "??00");
    assert_eq!(picker.arrive(span, A), Arrival::Stored { useful: BLOCK + 10, whole: true });
}

#[test]
fn unwanted_pieces_are_not_fetched() {
    let mut world = world(3);
    let theirs = world.connect("xxx");
    let wanted = world.has(".x.");
    world.picker.want(wanted, &mut world.rng);
    assert_eq!(world.pick(A, &theirs, 8), Some((1, 0, 4)));
    assert_eq!(world.pick(A, &theirs, 8), None);
    let piece = world.piece(1);
    world.picker.verified(piece);
    assert!(world.picker.is_complete());
    assert_eq!(world.picture(), ["unwanted", "done", "unwanted"]);
}

#[test]
fn late_answers_of_a_silent_peer_are_asked_of_nobody_else() {
    let mut world = world(2);
    let theirs = world.connect("x.");
    assert_eq!(world.pick(A, &theirs, 2), Some((0, 0, 2)));
    let late = world.span(0, 0, 2);
    world.picker.release(late);
    world.picker.disown_all(A, &mut world.rng);
    assert_eq!(world.picture(), ["listed", "listed"]);
    assert!(world.picker.take_up(late));
    assert_eq!(world.picture(), ["??..", "listed"]);
    assert_eq!(world.pick(B, &theirs, 4), Some((0, 2, 2)));
    world.picker.arrive(late, A);
    assert!(!world.picker.take_up(late), "it is here");
}

proptest! {
    /// Two connections that have everything ask in any turn while somebody reads somewhere.
    #[test]
    fn what_is_read_comes_first_in_order_and_nothing_is_asked_for_twice(
        ahead in (0..16u32, 1..16u32),
        turns in proptest::collection::vec(any::<bool>(), 0..80),
    ) {
        let mut world = world(16);
        let theirs = world.connect(&"x".repeat(16));
        world.connect(&"x".repeat(16));
        let ahead = ahead.0..(ahead.0 + ahead.1).min(16);
        world.picker.read_ahead(vec![ahead.clone()], 1);
        let mut asked: BTreeSet<(u32, u32)> = BTreeSet::new();
        let mut order = Vec::new();
        for turn in turns {
            let conn = if turn { A } else { B };
            let Some((piece, block, count)) = world.pick(conn, &theirs, 2) else { break };
            for block in block..block + count {
                prop_assert!(asked.insert((piece, block)), "asked for twice: {piece}, {block}");
            }
            order.push(piece);
        }
        let read = order.iter().take_while(|piece| ahead.contains(piece)).count();
        prop_assert!(order[..read].is_sorted(), "not in order: {order:?}");
        prop_assert!(order[read..].iter().all(|piece| !ahead.contains(piece)), "a reader waits: {order:?}");
    }
}
