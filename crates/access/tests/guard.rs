//! A peer's guard: who is admitted, and what ends it.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use peerpool_access::{
    Audience, AudienceId, GroupId, Guard, Keyset, LEEWAY, MemberId, Moment, Pass, PassError, Rights, Role,
    Subject, Subjects,
    guard::{ConnectionId, Input, Output, PATIENCE, Refusal, Shown, Update, Voided},
    key::PublicKey,
    signed::StatementError,
};
use support::{HOUR, NOW, item, key, pass, pool, secret, signer};

const BOTH: Rights = Rights { give: true, take: true };
const FIRST: ConnectionId = ConnectionId(1);

/// What the owner of a key shows about item 1, whom the tracker has told of nothing.
fn shown(key: PublicKey, pass: Vec<u8>) -> Shown {
    Shown { key, item: item(1), pass, epoch: 0 }
}

/// A guard, and what it said since somebody asked.
struct World {
    guard: Guard,
    now: Moment,
    out: Vec<Output>,
}

impl World {
    /// A member with key 7 in epoch 1; members may exchange item 1.
    fn new() -> Self {
        let guard = Guard::new(pool(), key(7));
        let mut world = Self { guard, now: NOW, out: Vec::new() };
        let signers = vec![signer().public()];
        let keyset = Keyset { pool: pool(), serial: 1, name: "pool".into(), signers, trackers: vec![] };
        world.handle(Input::Keyset(keyset));
        world.handle(Input::Own(pass(7, [Role::Member.into()]).sign(&signer()).unwrap()));
        world.allow(1, item(1), [Role::Member.into()]);
        world
    }

    fn handle(&mut self, input: Input) -> Vec<Output> {
        self.guard.handle(self.now, input, &mut self.out);
        std::mem::take(&mut self.out)
    }

    /// The guard's own timers, up to a moment.
    fn sleep_until(&mut self, moment: Moment) -> Vec<Output> {
        while let Some(due) = self.guard.next_timeout().filter(|due| *due <= moment) {
            self.now = self.now.max(due);
            let before = self.guard.next_timeout();
            self.guard.handle_timeout(self.now, &mut self.out);
            assert!(self.guard.next_timeout() != before, "a timer that is due again at once");
        }
        self.now = moment;
        std::mem::take(&mut self.out)
    }

    /// These alone may see, get and give the item.
    fn allow(
        &mut self,
        epoch: u64,
        item: peerpool_wire::id::InfoHash,
        subjects: impl IntoIterator<Item = Subject>,
    ) -> Vec<Output> {
        let id = AudienceId(epoch as u32);
        let all: Subjects = subjects.into_iter().collect();
        let audience = Audience::new(all.clone(), all.clone(), all);
        let (audiences, items) = (vec![(id, audience)], vec![(item, Some(id))]);
        self.handle(Input::Update(Update { epoch, audiences, items, voided: vec![] }))
    }

    fn show(&mut self, connection: ConnectionId, pass: &Pass) -> Vec<Output> {
        self.show_having_heard(connection, pass, 0)
    }

    /// The same by somebody whom the tracker has told of changes up to an epoch.
    fn show_having_heard(&mut self, connection: ConnectionId, pass: &Pass, epoch: u64) -> Vec<Output> {
        let statement = pass.sign(&signer()).unwrap();
        self.handle(Input::Shown(connection, Shown { epoch, ..shown(pass.key, statement) }))
    }

    fn with_an_admitted_member() -> Self {
        let mut world = Self::new();
        let admitted = world.show(FIRST, &pass(8, [Role::Member.into()]));
        assert_eq!(admitted, [Output::Admit(FIRST, BOTH, MemberId(8))]);
        world
    }
}

#[test]
fn a_stranger_is_refused_and_told_apart_from_nobody() {
    let mut world = World::new();
    let mut forged = pass(8, [Role::Member.into()]).sign(&signer()).unwrap();
    forged[20] ^= 1;
    let out = world.handle(Input::Shown(FIRST, shown(key(8), forged)));
    assert!(matches!(out[..], [Output::Close(FIRST, Refusal::Pass(PassError::Statement(_)))]));
}

#[test]
fn another_keys_pass_is_refused() {
    let mut world = World::new();
    let stolen = pass(9, [Role::Member.into()]).sign(&signer()).unwrap();
    let out = world.handle(Input::Shown(FIRST, shown(key(8), stolen)));
    assert_eq!(out, [Output::Close(FIRST, Refusal::Pass(PassError::Key(key(9))))]);
}

#[test]
fn a_member_without_the_right_is_refused() {
    let mut world = World::new();
    let out = world.show(FIRST, &pass(8, [Role::Guest.into()]));
    let refusal = Refusal::Rights { member: MemberId(8), item: item(1) };
    assert_eq!(out, [Output::Close(FIRST, refusal)]);
}

#[test]
fn an_item_that_the_tracker_has_not_told_of_is_waited_for_and_refused_in_the_end() {
    let mut world = World::new();
    let pass = pass(8, [Role::Member.into()]).sign(&signer()).unwrap();
    let shown = |number| Shown { item: item(number), ..shown(key(8), pass.clone()) };
    for number in [2, 3] {
        assert_eq!(world.handle(Input::Shown(ConnectionId(number.into()), shown(number))), []);
    }
    let out = world.allow(2, item(2), [Role::Member.into()]);
    assert_eq!(out, [Output::Admit(ConnectionId(2), BOTH, MemberId(8)), Output::Seen(2)]);
    let out = world.sleep_until(NOW + PATIENCE);
    assert_eq!(out, [Output::Close(ConnectionId(3), Refusal::Item(item(3)))]);
}

#[test]
fn a_reader_is_served_and_not_asked() {
    let mut world = World::new();
    let members: Subjects = [Role::Member.into()].into_iter().collect();
    let all: Subjects = [Role::Member.into(), Role::Reader.into()].into_iter().collect();
    let audience = Audience::new(all.clone(), all, members);
    let update = Update {
        epoch: 1,
        audiences: vec![(AudienceId(5), audience)],
        items: vec![(item(1), Some(AudienceId(5)))],
        voided: vec![],
    };
    world.handle(Input::Update(update));
    let out = world.show(FIRST, &pass(8, [Role::Reader.into()]));
    assert_eq!(out, [Output::Admit(FIRST, Rights { give: true, take: false }, MemberId(8))]);
}

#[test]
fn a_withdrawn_pass_ends_its_connection_and_no_other() {
    let mut world = World::with_an_admitted_member();
    world.show(ConnectionId(2), &pass(9, [Role::Member.into()]));
    let voided = vec![Voided { key: key(8), before: NOW + HOUR, expires: NOW + 13 * HOUR }];
    let out = world.handle(Input::Update(Update { epoch: 2, voided, ..Update::default() }));
    let closed = Output::Close(FIRST, Refusal::Void { member: MemberId(8) });
    assert_eq!(out, [closed, Output::Seen(2)]);
    // It comes back with the same pass, and is refused; with one that was made later it is admitted.
    let again = world.show(FIRST, &pass(8, [Role::Member.into()]));
    assert_eq!(again, [Output::Close(FIRST, Refusal::Void { member: MemberId(8) })]);
    world.now = NOW + HOUR;
    let later = Pass { made: NOW + HOUR, ..pass(8, [Role::Member.into()]) };
    assert_eq!(world.show(FIRST, &later), [Output::Renew, Output::Admit(FIRST, BOTH, MemberId(8))]);
}

#[test]
fn a_narrowed_audience_ends_or_changes_what_is_going_on() {
    let mut world = World::with_an_admitted_member();
    let lab: Subject = GroupId(1).into();
    let out = world.allow(2, item(1), [lab]);
    let refusal = Refusal::Rights { member: MemberId(8), item: item(1) };
    assert_eq!(out, [Output::Close(FIRST, refusal), Output::Seen(2)]);
}

#[test]
fn an_item_that_is_taken_away_ends_what_is_going_on() {
    let mut world = World::with_an_admitted_member();
    let items = vec![(item(1), None)];
    let out = world.handle(Input::Update(Update { epoch: 2, items, ..Update::default() }));
    assert_eq!(out, [Output::Close(FIRST, Refusal::Item(item(1))), Output::Seen(2)]);
}

#[test]
fn a_pass_that_is_renewed_keeps_its_connection_over_the_old_ones_end() {
    let mut world = World::with_an_admitted_member();
    let later =
        |number| Pass { made: NOW + HOUR, until: NOW + 13 * HOUR, ..pass(number, [Role::Member.into()]) };
    world.now = NOW + HOUR;
    let own = world.handle(Input::Own(later(7).sign(&signer()).unwrap()));
    assert_eq!(own, [Output::Renew, Output::Present(FIRST)]);
    assert_eq!(world.handle(Input::Renewed(FIRST, later(8).sign(&signer()).unwrap())), []);
    let ends = NOW + 12 * HOUR + LEEWAY;
    assert!(world.sleep_until(ends).iter().all(|output| *output == Output::Renew));
    let ends = NOW + 13 * HOUR + LEEWAY;
    assert!(
        world.sleep_until(ends).contains(&Output::Close(FIRST, Refusal::Expired { member: MemberId(8) }))
    );
}

#[test]
fn a_pass_that_is_not_renewed_ends_its_connection() {
    let mut world = World::with_an_admitted_member();
    let own = Pass { until: NOW + 24 * HOUR, ..pass(7, [Role::Member.into()]) };
    world.handle(Input::Own(own.sign(&signer()).unwrap()));
    let out = world.sleep_until(NOW + 12 * HOUR + LEEWAY);
    assert!(out.contains(&Output::Close(FIRST, Refusal::Expired { member: MemberId(8) })), "{out:?}");
}

#[test]
fn without_its_own_pass_a_peer_exchanges_nothing() {
    let mut world = World::with_an_admitted_member();
    let theirs = Pass { until: NOW + 24 * HOUR, ..pass(8, [Role::Member.into()]) };
    world.handle(Input::Renewed(FIRST, theirs.sign(&signer()).unwrap()));
    let out = world.sleep_until(NOW + 12 * HOUR + LEEWAY);
    assert!(out.contains(&Output::Close(FIRST, Refusal::NoPass)), "{out:?}");
}

#[test]
fn a_pass_is_renewed_every_hour_and_asked_for_again_while_there_is_no_answer() {
    let mut world = World::new();
    assert_eq!(world.sleep_until(NOW + HOUR - std::time::Duration::from_secs(1)), []);
    let out = world.sleep_until(NOW + HOUR + std::time::Duration::from_secs(150));
    assert_eq!(out, [Output::Renew, Output::Renew, Output::Renew]);
}

#[test]
fn a_later_epoch_waits_for_the_tracker_and_is_then_judged_by_what_it_told() {
    let mut world = World::new();
    let knows_more = Pass { epoch: 2, ..pass(8, [Role::Member.into()]) };
    assert_eq!(world.show(FIRST, &knows_more), [Output::Hear(1)]);
    let voided = vec![Voided { key: key(8), before: NOW + HOUR, expires: NOW + 13 * HOUR }];
    let out = world.handle(Input::Update(Update { epoch: 2, voided, ..Update::default() }));
    assert_eq!(out, [Output::Close(FIRST, Refusal::Void { member: MemberId(8) }), Output::Seen(2)]);
}

#[test]
fn whoever_has_heard_of_a_grant_before_is_judged_after_it() {
    let mut world = World::new();
    let guest = pass(8, [Role::Guest.into()]);
    assert_eq!(world.show_having_heard(FIRST, &guest, 2), [Output::Hear(1)]);
    // Whoever claims to have heard still more has the tracker asked no more often.
    assert_eq!(world.show_having_heard(ConnectionId(2), &guest, 9), []);
    let out = world.allow(2, item(1), [Role::Guest.into(), Role::Member.into()]);
    assert_eq!(out, [Output::Admit(FIRST, BOTH, MemberId(8)), Output::Seen(2)]);
    let out = world.sleep_until(NOW + PATIENCE);
    assert_eq!(out, [Output::Close(ConnectionId(2), Refusal::Unheard { member: MemberId(8) })]);
}

#[test]
fn a_renewed_pass_of_a_later_epoch_has_the_tracker_asked() {
    let mut world = World::with_an_admitted_member();
    let later = Pass { epoch: 2, ..pass(8, [Role::Member.into()]) };
    let out = world.handle(Input::Renewed(FIRST, later.sign(&signer()).unwrap()));
    assert_eq!(out, [Output::Hear(1)]);
}

#[test]
fn a_later_epoch_is_refused_when_the_tracker_says_nothing() {
    let mut world = World::new();
    world.show(FIRST, &Pass { epoch: 2, ..pass(8, [Role::Member.into()]) });
    assert_eq!(world.guard.next_timeout(), Some(NOW + PATIENCE));
    let out = world.sleep_until(NOW + PATIENCE);
    assert_eq!(out, [Output::Close(FIRST, Refusal::Unheard { member: MemberId(8) })]);
}

#[test]
fn a_clock_that_goes_back_makes_no_pass_young_again() {
    let mut world = World::new();
    world.sleep_until(NOW + 13 * HOUR);
    world.handle(Input::Closed(FIRST));
    world.now = NOW;
    let out = world.show(FIRST, &pass(8, [Role::Member.into()]));
    assert!(matches!(out[..], [Output::Close(FIRST, Refusal::Pass(PassError::Expired(_)))]), "{out:?}");
}

fn keyset(serial: u64, signers: &[PublicKey]) -> Input {
    Input::Keyset(Keyset {
        pool: pool(),
        serial,
        name: "pool".into(),
        signers: signers.to_vec(),
        trackers: vec![],
    })
}

#[test]
fn passes_of_a_replaced_key_hold_until_it_leaves_the_keyset() {
    let (mut world, next) = (World::with_an_admitted_member(), secret(3));
    assert_eq!(world.handle(keyset(2, &[next.public(), signer().public()])), []);
    let own = pass(7, [Role::Member.into()]).sign(&next).unwrap();
    assert_eq!(world.handle(Input::Own(own)), [Output::Present(FIRST)]);
    let second = ConnectionId(2);
    assert_eq!(
        world.show(second, &pass(9, [Role::Member.into()])),
        [Output::Admit(second, BOTH, MemberId(9))],
        "a pass of before is good for its life"
    );
    let renewed = pass(8, [Role::Member.into()]).sign(&next).unwrap();
    assert_eq!(world.handle(Input::Renewed(FIRST, renewed)), []);

    let gone = || Refusal::Pass(PassError::Statement(StatementError::Stranger(signer().public().id())));
    assert_eq!(world.handle(keyset(3, &[next.public()])), [Output::Close(second, gone())]);
    assert_eq!(
        world.show(second, &pass(9, [Role::Member.into()])),
        [Output::Close(second, gone())],
        "nor does it let anybody in again"
    );
}

#[test]
fn a_guard_whose_own_pass_is_of_a_key_that_left_gives_and_takes_nothing_until_it_has_another() {
    let (mut world, next) = (World::new(), secret(3));
    let update = Update { epoch: u64::MAX, ..Update::default() };
    assert_eq!(world.handle(Input::Update(update)), [Output::Seen(u64::MAX)]);
    world.handle(keyset(2, &[next.public()]));
    assert_eq!(world.guard.epoch(), 0, "what was told before came from whoever had the keys");
    world.allow(2, item(1), [Role::Member.into()]);
    let shown_by = |connection, number| {
        let statement = pass(number, [Role::Member.into()]).sign(&next).unwrap();
        Input::Shown(connection, shown(key(number), statement))
    };
    assert_eq!(world.handle(shown_by(FIRST, 8)), [Output::Close(FIRST, Refusal::NoPass)]);
    world.handle(Input::Own(pass(7, [Role::Member.into()]).sign(&next).unwrap()));
    assert_eq!(world.handle(shown_by(FIRST, 8)), [Output::Admit(FIRST, BOTH, MemberId(8))]);
}
