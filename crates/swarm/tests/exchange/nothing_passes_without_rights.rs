//! Between some peers of a swarm nothing may pass, or only one way. The world looks at whatever a swarm wants.

use std::time::Duration;

use peerpool_swarm::{Reason, Rights};
use peerpool_wire::bitfield::Bitfield;
use proptest::prelude::*;

use crate::world::{Member, World};

const MINUTE: Duration = Duration::from_secs(60);

fn member() -> impl Strategy<Value = Member> {
    (any::<bool>(), any::<bool>()).prop_map(|(gives, gets)| Member { gives, gets: gets || gives })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Who may get the item and knows somebody who may give it has all of it in the end, and nobody else has any.
    #[test]
    fn pieces_go_from_who_may_give_to_who_may_get(
        members in proptest::collection::vec(member(), 2..6),
        later in proptest::collection::vec((0..5_usize, member()), 0..4),
        seed in any::<u64>(),
    ) {
        let mut world = World::new(16, 4, seed);
        let holder = world.seed();
        world.members.insert(holder, Member { gives: true, gets: true });
        let peers: Vec<usize> = members.iter().map(|_| world.leech()).collect();
        for (peer, member) in peers.iter().zip(&members) {
            world.members.insert(*peer, *member);
        }
        for peer in &peers {
            let others: Vec<usize> = (0..=peers.len()).filter(|other| other != peer).collect();
            world.introduce(*peer, &others);
        }
        let mut may_have: Vec<bool> = members.iter().map(|member| member.gets).collect();
        for (peer, member) in later {
            world.run(Duration::from_millis(60));
            let nth = peer % peers.len();
            may_have[nth] |= member.gets;
            world.let_in(peers[nth], member);
        }
        world.run(MINUTE);
        for (peer, may_have) in peers.iter().zip(may_have) {
            let now = world.members[peer];
            let have = world.swarm(*peer).have();
            prop_assert!(may_have || have.is_none(), "{peer} has {} pieces", have.count());
            prop_assert!(!now.gets || world.swarm(*peer).is_complete(), "{peer} has {} pieces", have.count());
            let honest = |reason: &Reason| !matches!(reason, Reason::Forbidden(_) | Reason::Protocol(_));
            prop_assert!(world.seen(*peer).disconnects.iter().all(honest), "{:?}", world.seen(*peer).disconnects);
        }
    }
}

#[test]
fn whoever_may_only_fetch_serves_nobody() {
    let mut world = World::new(16, 4, 3);
    let (seed, reader, other) = (world.seed(), world.leech(), world.leech());
    let half = Bitfield::none(16);
    world.members.insert(reader, Member { gives: false, gets: true });
    world.introduce(reader, &[seed, other]);
    world.introduce(other, &[reader]);
    world.run_until(MINUTE, |world| world.swarm(reader).is_complete());
    assert!(world.swarm(reader).is_complete());
    assert_eq!((world.swarm(reader).stats().sent, world.swarm(other).have()), (0, &half));
    assert_eq!(world.rights(other, reader), Rights { give: true, take: false });
}
