//! A tracker's members: who may change what, and what passes say and lose.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail so")]

mod support;

use std::collections::BTreeMap;

use peerpool_access::{
    Code, GroupId, MemberId, Members, Moment, Pass, Right, Role, Subject,
    key::PublicKey,
    members::{Actor, Change, Command, CommandError, Effects, JoinError, Newcomer, State},
    rules::Scope,
};
use proptest::prelude::*;
use support::{HOUR, NOW, item, key, pool};

const ROOT: MemberId = MemberId(1);
const ANN: MemberId = MemberId(2);
const LAB: GroupId = GroupId(1);

/// Members, and all that was ever stored of them.
struct World {
    members: Members,
    stored: Vec<Change>,
    now: Moment,
    codes: u8,
}

impl World {
    fn empty() -> Self {
        Self { members: Members::new(pool()), stored: Vec::new(), now: NOW, codes: 0 }
    }

    /// The administrator `root` with key 11, the member `ann` with key 12, and the group `lab`.
    fn new() -> Self {
        let mut world = Self::empty();
        assert_eq!(world.join("root", 11, Role::Admin), Ok(ROOT));
        assert_eq!(world.join("ann", 12, Role::Member), Ok(ANN));
        world.command(Command::AddGroup("lab".into())).unwrap();
        world
    }

    fn keep(&mut self, effects: Effects) -> Effects {
        self.stored.extend(effects.changes.iter().cloned());
        effects
    }

    fn by(&mut self, actor: Actor, command: Command) -> Result<Effects, CommandError> {
        self.members.handle(self.now, actor, command).map(|effects| self.keep(effects))
    }

    fn command(&mut self, command: Command) -> Result<Effects, CommandError> {
        self.by(Actor::Operator, command)
    }

    fn invite(&mut self, role: Role, device_of: Option<MemberId>, uses: u32) -> Code {
        self.codes += 1;
        let code = Code([self.codes; 16]);
        let (hash, expires) = (code.hash(), self.now + HOUR);
        let groups = Vec::new();
        self.command(Command::Invite { code: hash, role, groups, device_of, uses, expires }).unwrap();
        code
    }

    fn enter(&mut self, code: &Code, name: &str, number: u8) -> Result<MemberId, JoinError> {
        let newcomer = Newcomer { key: key(number), name: name.into(), device: "laptop".into() };
        let (member, effects) = self.members.join(self.now, code, newcomer)?;
        self.keep(effects);
        Ok(member)
    }

    fn join(&mut self, name: &str, number: u8, role: Role) -> Result<MemberId, JoinError> {
        let code = self.invite(role, None, 1);
        self.enter(&code, name, number)
    }

    fn pass(&self, number: u8) -> Option<Pass> {
        self.members.pass(self.now, key(number))
    }

    fn is_void(&self, pass: &Pass) -> bool {
        self.members.voided().any(|voided| voided.key == pass.key && pass.made < voided.before)
    }
}

#[test]
fn a_pass_says_who_a_device_counts_as() {
    let mut world = World::new();
    world.command(Command::Enter(LAB, ANN, None)).unwrap();
    let pass = world.pass(12).unwrap();
    let expected = [Role::Member.into(), LAB.into(), ANN.into()].into_iter().collect();
    assert_eq!((pass.member, pass.subjects), (ANN, expected));
    assert_eq!((pass.made, pass.until), (NOW, NOW + 12 * HOUR));
    assert_eq!(world.pass(99), None);
}

#[test]
fn an_invite_lets_in_as_many_as_it_says() {
    let mut world = World::new();
    let code = world.invite(Role::Reader, None, 2);
    assert_eq!(world.enter(&code, "bob", 20), Ok(MemberId(3)));
    assert_eq!(world.enter(&code, "eve", 21), Ok(MemberId(4)));
    assert_eq!(world.enter(&code, "mallory", 22), Err(JoinError::NoInvite));
}

#[test]
fn an_invite_that_is_over_lets_nobody_in() {
    let mut world = World::new();
    let code = world.invite(Role::Member, None, 1);
    world.now = NOW + HOUR;
    assert_eq!(world.enter(&code, "bob", 20), Err(JoinError::NoInvite));
}

#[test]
fn a_refused_newcomer_uses_no_invite() {
    let mut world = World::new();
    let code = world.invite(Role::Member, None, 1);
    assert_eq!(world.enter(&code, "ann", 20), Err(JoinError::NameTaken));
    assert_eq!(world.enter(&code, "bob", 12), Err(JoinError::KeyTaken));
    assert_eq!(world.enter(&code, "", 20), Err(JoinError::Name));
    assert_eq!(world.enter(&code, "bob", 20), Ok(MemberId(3)));
}

#[test]
fn a_member_brings_in_a_further_device_of_its_own_and_nobody_elses() {
    let mut world = World::new();
    let invite = |device_of| Command::Invite {
        code: Code([77; 16]).hash(),
        role: Role::Admin,
        groups: vec![],
        device_of,
        uses: 1,
        expires: NOW + HOUR,
    };
    let ann = Actor::Member(ANN);
    assert_eq!(world.by(ann, invite(None)), Err(CommandError::NotAllowed));
    assert_eq!(world.by(ann, invite(Some(ROOT))), Err(CommandError::NotAllowed));
    world.by(ann, invite(Some(ANN))).unwrap();
    assert_eq!(world.enter(&Code([77; 16]), "", 30), Ok(ANN));
    // The role of such an invite says nothing: the device is of a member who has one.
    assert!(!world.pass(30).unwrap().subjects.contains(Role::Admin.into()));
}

#[test]
fn a_device_invite_of_a_removed_member_lets_nobody_in() {
    let mut world = World::new();
    let code = world.invite(Role::Member, Some(ANN), 1);
    world.command(Command::Remove(ANN)).unwrap();
    assert_eq!(world.enter(&code, "", 30), Err(JoinError::NoInvite));
}

#[test]
fn the_last_administrator_stays() {
    let mut world = World::new();
    for command in [Command::Remove(ROOT), Command::Suspend(ROOT), Command::SetRole(ROOT, Role::Member)] {
        assert_eq!(world.command(command), Err(CommandError::LastAdmin));
    }
    world.command(Command::SetRole(ANN, Role::Admin)).unwrap();
    assert!(world.command(Command::Remove(ROOT)).is_ok());
}

#[test]
fn a_member_commands_only_what_is_its_own() {
    let mut world = World::new();
    let ann = Actor::Member(ANN);
    let allow = |scope, owner| Command::Allow {
        scope,
        right: Right::Get,
        subject: Role::Guest.into(),
        until: None,
        owner,
    };
    let refused = Err(CommandError::NotAllowed);
    assert_eq!(world.by(ann, allow(Scope::Item(item(1)), Some(ROOT))), refused);
    assert_eq!(world.by(ann, allow(Scope::Pool, Some(ANN))), refused);
    assert_eq!(world.by(ann, Command::Revoke(key(11))), refused);
    assert_eq!(world.by(ann, Command::SetRole(ANN, Role::Admin)), refused);
    assert!(world.by(ann, allow(Scope::Item(item(1)), Some(ANN))).is_ok());
    let pool = world.command(allow(Scope::Pool, None)).unwrap();
    let Some(Change::Rule(rule)) = pool.changes.first() else { panic!("no rule: {pool:?}") };
    // That a rule of the whole pool is about an item of one's own is a claim that does not help.
    assert_eq!(world.by(ann, Command::Deny { rule: rule.id, owner: Some(ANN) }), refused);
}

#[test]
fn a_suspended_administrator_commands_nothing() {
    let mut world = World::new();
    world.command(Command::SetRole(ANN, Role::Admin)).unwrap();
    world.command(Command::Suspend(ANN)).unwrap();
    assert_eq!(world.by(Actor::Member(ANN), Command::Resume(ANN)), Err(CommandError::NotAllowed));
}

#[test]
fn who_loses_something_needs_a_new_pass_and_its_old_one_is_void() {
    let mut world = World::new();
    world.command(Command::Enter(LAB, ANN, None)).unwrap();
    let before = world.pass(12).unwrap();
    let effects = world.command(Command::Leave(LAB, ANN)).unwrap();
    assert_eq!(effects.passes, [key(12)]);
    assert!(world.is_void(&before));
    let after = world.pass(12).unwrap();
    assert!(!world.is_void(&after) && !after.subjects.contains(LAB.into()));
}

#[test]
fn who_gains_something_keeps_its_old_pass() {
    let mut world = World::new();
    let before = world.pass(12).unwrap();
    let effects = world.command(Command::Enter(LAB, ANN, None)).unwrap();
    assert_eq!((effects.passes, effects.voided), (vec![key(12)], vec![]));
    assert!(!world.is_void(&before));
}

#[test]
fn a_removed_member_has_no_pass_and_its_old_ones_are_void() {
    let mut world = World::new();
    let before = world.pass(12).unwrap();
    let effects = world.command(Command::Remove(ANN)).unwrap();
    assert_eq!((world.pass(12), effects.passes), (None, vec![]));
    assert!(world.is_void(&before));
    // The name is free again, the number and the key are not.
    assert_eq!(world.join("ann", 12, Role::Member), Err(JoinError::KeyTaken));
    assert_eq!(world.join("ann", 13, Role::Member), Ok(MemberId(3)));
}

#[test]
fn a_new_key_takes_the_place_of_the_old_one() {
    let mut world = World::new();
    let before = world.pass(12).unwrap();
    world.by(Actor::Member(ANN), Command::Rekey { old: key(12), new: key(40) }).unwrap();
    assert!(world.is_void(&before) && world.pass(12).is_none());
    assert_eq!(world.pass(40).unwrap().subjects, before.subjects);
}

#[test]
fn a_stay_in_a_group_ends_by_itself() {
    let mut world = World::new();
    world.command(Command::Enter(LAB, ANN, Some(NOW + HOUR))).unwrap();
    let before = world.pass(12).unwrap();
    assert_eq!(world.members.next_timeout(), Some(NOW + HOUR));
    world.now = NOW + HOUR;
    let effects = world.members.handle_timeout(world.now);
    assert_eq!(effects.passes, [key(12)]);
    assert!(world.is_void(&before));
}

#[test]
fn a_rule_that_ends_has_peers_told_once() {
    let mut world = World::new();
    let scope = Scope::Item(item(1));
    let until = Some(NOW + HOUR);
    let subject = ANN.into();
    world.command(Command::Allow { scope, right: Right::Get, subject, until, owner: None }).unwrap();
    assert_eq!(world.members.next_timeout(), until);
    assert!(world.members.handle_timeout(NOW + HOUR).rules);
    assert_eq!(world.members.next_timeout(), None);
    assert_eq!(world.members.handle_timeout(NOW + 2 * HOUR), Effects::default());
}

/// A command of the operator's that may or may not make sense.
fn any_command() -> impl Strategy<Value = Command> {
    let member = (1..5u32).prop_map(MemberId);
    let role = prop::sample::select(vec![Role::Admin, Role::Member, Role::Reader, Role::Guest]);
    let group = (1..4u32).prop_map(GroupId);
    let until = prop::option::of((1..40u64).prop_map(|hour| NOW + HOUR * hour as u32));
    prop_oneof![
        member.clone().prop_map(Command::Suspend),
        member.clone().prop_map(Command::Resume),
        member.clone().prop_map(Command::Remove),
        (member.clone(), role).prop_map(|(member, role)| Command::SetRole(member, role)),
        (11..16u8).prop_map(|number| Command::Revoke(key(number))),
        (11..16u8, 16..18u8).prop_map(|(old, new)| Command::Rekey { old: key(old), new: key(new) }),
        "[ab]".prop_map(Command::AddGroup),
        group.clone().prop_map(Command::RemoveGroup),
        (group.clone(), member.clone(), until)
            .prop_map(|(group, member, until)| Command::Enter(group, member, until)),
        (group, member).prop_map(|(group, member)| Command::Leave(group, member)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn whatever_is_commanded_no_good_pass_says_what_is_not_so(
        steps in prop::collection::vec((any_command(), 0..3u32), 1..40),
    ) {
        let mut world = World::new();
        world.join("bob", 13, Role::Reader).unwrap();
        let mut made: BTreeMap<PublicKey, Vec<Pass>> = BTreeMap::new();
        for (command, hours) in steps {
            world.now = world.now + HOUR * hours;
            let ended = world.members.handle_timeout(world.now);
            world.keep(ended);
            let epoch = world.members.epoch();
            if let Ok(effects) = world.command(command) {
                prop_assert_eq!(world.members.epoch(), epoch + u64::from(!effects.changes.is_empty()));
            }
            for number in 11..18 {
                let Some(now) = world.pass(number) else { continue };
                made.entry(now.key).or_default().push(now);
            }
            // Every pass that still counts says only what its device may say now.
            for pass in made.values().flatten() {
                if pass.has_expired(world.now) || world.is_void(pass) {
                    continue;
                }
                let current = world.members.pass(world.now, pass.key);
                let allowed = current.map(|pass| pass.subjects).unwrap_or_default();
                let extra: Vec<Subject> = pass.subjects.iter().filter(|one| !allowed.contains(*one)).collect();
                prop_assert!(extra.is_empty(), "{:?} of {:?}", extra, pass);
            }
            let admins = world.members.iter().filter(|(_, member)| {
                member.role == Role::Admin && member.state == State::Active
            });
            prop_assert!(admins.count() >= 1);
        }
        // What is replayed is what stood there.
        let mut replayed = Members::new(pool());
        world.stored.iter().cloned().for_each(|change| replayed.apply(change));
        prop_assert_eq!(replayed.epoch(), world.members.epoch());
        for number in 11..18 {
            prop_assert_eq!(replayed.pass(world.now, key(number)), world.pass(number));
        }
        prop_assert!(replayed.voided().eq(world.members.voided()));
        prop_assert!(replayed.iter().eq(world.members.iter()));
    }
}
