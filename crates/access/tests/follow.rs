//! Two trackers that keep the same members.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail so")]

mod support;

use std::time::Duration;

use peerpool_access::{
    GroupId, MemberId, Members, Moment, Pass, Role, Subject,
    members::{
        Actor, Change, Command, Effects, Member, State,
        lookout::{LOOK_EVERY, Lookout, OTHERS_BEHIND, SIGNS, UNSEEN, UNSURE},
    },
};
use peerpool_wire::time::Time;
use proptest::prelude::*;
use support::{NOW, key, pool};

/// What is kept, and a tracker that may not have seen the last of it.
struct World {
    kept: Vec<Change>,
    /// Has seen all of it.
    first: Members,
    second: Members,
    /// When the second one last looked.
    looked: Moment,
    now: Moment,
}

impl World {
    /// Four members with the keys 11 to 14, of whom the first is an administrator, and the groups 1 and 2.
    fn new() -> Self {
        let mut kept = Members::founding();
        for number in 1..=4u8 {
            let (name, id) = (format!("member {number}"), MemberId(number.into()));
            let role = if number == 1 { Role::Admin } else { Role::Member };
            kept.push(Change::Member(id, Member { name, role, state: State::Active }));
            let device = peerpool_access::members::Device {
                member: id,
                name: "laptop".into(),
                added: NOW,
                revoked: false,
            };
            kept.push(Change::Device(key(10 + number), device));
        }
        kept.extend([1, 2].map(|group| Change::Group(GroupId(group), format!("group {group}"))));
        let empty = || Members::new(pool()).with_others_behind(OTHERS_BEHIND);
        let mut world = Self { kept, first: empty(), second: empty(), looked: NOW, now: NOW };
        world.first.follow(world.kept.clone());
        world.look();
        world
    }

    fn command(&mut self, command: Command) -> Option<Effects> {
        let effects = self.first.handle(self.now, Actor::Operator, command).ok()?;
        self.kept.extend(effects.changes.iter().cloned());
        Some(effects)
    }

    fn look(&mut self) -> Effects {
        self.looked = self.now;
        self.second.follow(self.kept.clone())
    }
}

#[test]
fn what_another_tracker_took_away_is_told_here() {
    let mut world = World::new();
    let there = world.command(Command::SetRole(MemberId(2), Role::Reader)).unwrap();
    let here = world.look();
    assert_eq!(here.changes, [Change::Epoch(1)]);
    assert_eq!((here.passes, here.voided, here.rules), (there.passes, there.voided, false));
    assert_eq!(world.look(), Effects::default());
}

#[test]
fn a_rule_of_another_tracker_holds_here() {
    let mut world = World::new();
    let rule = world.first.rules().iter().next().unwrap().id;
    world.command(Command::Deny { rule, owner: None }).unwrap();
    assert!(world.look().rules);
    assert!(world.second.rules().iter().all(|known| known.id != rule));
}

#[test]
fn a_pass_of_a_tracker_that_had_not_seen_a_change_is_void() {
    let mut world = World::new();
    world.command(Command::Revoke(key(12))).unwrap();
    world.now = world.now + SIGNS;
    let late = world.second.pass(world.now, key(12)).unwrap();
    world.look();
    assert!(world.second.voided().any(|voided| voided.key == key(12) && late.made < voided.before));
}

#[test]
fn a_tracker_looks_when_it_hears_of_a_change_and_every_two_seconds() {
    let mut lookout = Lookout::new(Time::ZERO);
    assert_eq!(lookout.next_timeout(), Time::ZERO + LOOK_EVERY);
    let at = Time::from_millis(300);
    lookout.hear(at);
    assert_eq!(lookout.next_timeout(), at);
    assert!(!lookout.may_sign(at) && lookout.lets_in(at));
    lookout.see(at);
    assert_eq!(lookout.next_timeout(), at + LOOK_EVERY);
    assert!(lookout.may_sign(at));
}

#[test]
fn a_tracker_that_cannot_look_lets_nobody_in_after_a_while() {
    let mut lookout = Lookout::new(Time::ZERO);
    lookout.fail(Time::from_secs(3));
    let (signs, lets_in) = (Time::ZERO + SIGNS, Time::ZERO + UNSURE);
    let just_before = |time: Time| Time::from_micros(time.as_micros() - 1);
    assert!(lookout.may_sign(just_before(signs)) && !lookout.may_sign(signs));
    assert!(lookout.lets_in(just_before(lets_in)) && !lookout.lets_in(lets_in));
    let heard = Time::from_secs(10);
    lookout.hear(heard);
    lookout.hear(heard + Duration::from_secs(1));
    assert!(lookout.lets_in(just_before(heard + UNSEEN)) && !lookout.lets_in(heard + UNSEEN));
}

fn any_command() -> impl Strategy<Value = Command> {
    let member = (1..5u32).prop_map(MemberId);
    let role = prop::sample::select(vec![Role::Admin, Role::Member, Role::Reader]);
    let group = (1..3u32).prop_map(GroupId);
    prop_oneof![
        member.clone().prop_map(Command::Suspend),
        member.clone().prop_map(Command::Resume),
        (member.clone(), role).prop_map(|(member, role)| Command::SetRole(member, role)),
        (11..15u8).prop_map(|number| Command::Revoke(key(number))),
        (group.clone(), member.clone()).prop_map(|(group, member)| Command::Enter(group, member, None)),
        (group, member).prop_map(|(group, member)| Command::Leave(group, member)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_good_pass_of_either_tracker_says_what_is_not_so(
        steps in prop::collection::vec((any_command(), 0..20u64, any::<bool>()), 1..40),
    ) {
        let mut world = World::new();
        let mut made: Vec<Pass> = Vec::new();
        for (command, seconds, looks) in steps {
            world.now = world.now + Duration::from_secs(seconds);
            if looks || world.now.since(world.looked) >= SIGNS {
                let before = world.second.clone();
                let effects = world.look();
                // Whoever has to know is told, though several changes may have become one.
                for number in 11..15 {
                    let (had, has) = (before.pass(world.now, key(number)), world.second.pass(world.now, key(number)));
                    let (had, has) = (had.map(|pass| pass.subjects), has.map(|pass| pass.subjects));
                    prop_assert!(had == has || has.is_none() || effects.passes.contains(&key(number)));
                }
                prop_assert!(world.second.voided().eq(world.first.voided()));
                prop_assert_eq!(world.second.epoch(), world.first.epoch());
            }
            world.command(command);
            for number in 11..15 {
                made.extend(world.first.pass(world.now, key(number)));
                made.extend(world.second.pass(world.now, key(number)));
            }
            for pass in &made {
                let voids = |voided: &&peerpool_access::guard::Voided| voided.key == pass.key;
                let voided = world.first.voided().find(voids);
                if voided.is_some_and(|voided| pass.made < voided.before) {
                    continue;
                }
                let allowed = world.first.pass(world.now, pass.key).map(|pass| pass.subjects).unwrap_or_default();
                let extra: Vec<Subject> = pass.subjects.iter().filter(|one| !allowed.contains(*one)).collect();
                prop_assert!(extra.is_empty(), "{:?} of {:?}", extra, pass);
            }
        }
    }
}
