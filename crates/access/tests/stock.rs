//! Who lets stock clients in, and how long their keys hold.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use peerpool_access::{
    Code, MemberId, Members, Role, SecretHash,
    members::{Actor, AnnounceKey, Change, Command, CommandError, Effects, MAX_ANNOUNCE_KEYS, Newcomer},
};
use peerpool_wire::id::{InfoHash, Sha1Hash};
use support::{HOUR, NOW, key, pool};

const ROOT: MemberId = MemberId(1);
const ANN: MemberId = MemberId(2);
const BOB: MemberId = MemberId(3);
const FILM: InfoHash = InfoHash::v1_only(Sha1Hash([1; 20]));
const BOOK: InfoHash = InfoHash::v1_only(Sha1Hash([2; 20]));
const PRIVATE: Sha1Hash = Sha1Hash([3; 20]);

fn secret(number: usize) -> SecretHash {
    let mut secret = [0; 32];
    secret[..8].copy_from_slice(&number.to_be_bytes());
    SecretHash(secret)
}

/// The administrator `root`, the members `ann` and `bob`; stock clients may fetch the film, and ann and bob have a key each.
fn members() -> Members {
    let mut members = Members::new(pool());
    for (name, number, role) in
        [("root", 11, Role::Admin), ("ann", 12, Role::Member), ("bob", 13, Role::Member)]
    {
        let code = Code([number; 16]);
        let (code_hash, expires) = (code.hash(), NOW + HOUR);
        let (groups, uses, device_of) = (Vec::new(), 1, None);
        let invite = Command::Invite { code: code_hash, role, groups, device_of, uses, expires };
        members.handle(NOW, Actor::Operator, invite).unwrap();
        let newcomer = Newcomer { key: key(number), name: name.into(), device: "laptop".into() };
        members.join(NOW, &code, newcomer).unwrap();
    }
    set(&mut members, ROOT, Some(PRIVATE)).unwrap();
    make(&mut members, ANN, 1, FILM).unwrap();
    make(&mut members, BOB, 2, FILM).unwrap();
    members
}

/// Somebody decides about the film, which is ann's.
fn set(members: &mut Members, by: MemberId, private: Option<Sha1Hash>) -> Result<Effects, CommandError> {
    let command = Command::SetStock { item: FILM, private, owner: Some(ANN) };
    members.handle(NOW, Actor::Member(by), command)
}

fn make(members: &mut Members, by: MemberId, number: usize, item: InfoHash) -> Result<Effects, CommandError> {
    let key = AnnounceKey { member: by, item, made: NOW };
    members.handle(NOW, Actor::Member(by), Command::MakeAnnounceKey(secret(number), key))
}

fn holding(members: &Members) -> Vec<usize> {
    (1..=2).filter(|number| members.announce_key(&secret(*number)).is_some()).collect()
}

#[test]
fn only_the_owner_and_administrators_let_stock_clients_in() {
    let mut members = members();
    assert_eq!(set(&mut members, BOB, None), Err(CommandError::NotAllowed));
    set(&mut members, ANN, None).unwrap();
    assert_eq!(members.stock(&FILM), None);
    set(&mut members, ROOT, Some(PRIVATE)).unwrap();
    assert_eq!(members.stock(&FILM), Some(PRIVATE));
    assert_eq!(set(&mut members, ROOT, Some(PRIVATE)).unwrap(), Effects::default());
}

#[test]
fn a_key_is_made_for_oneself_and_for_what_stock_clients_may_fetch() {
    let mut members = members();
    assert_eq!(make(&mut members, ANN, 3, BOOK), Err(CommandError::NoStock));
    let of_bob = AnnounceKey { member: BOB, item: FILM, made: NOW };
    let command = Command::MakeAnnounceKey(secret(3), of_bob);
    assert_eq!(members.handle(NOW, Actor::Member(ANN), command), Err(CommandError::NotAllowed));
    for number in 3..3 + MAX_ANNOUNCE_KEYS - 1 {
        make(&mut members, ANN, number, FILM).unwrap();
    }
    assert_eq!(make(&mut members, ANN, 1000, FILM), Err(CommandError::TooManyKeys));
    make(&mut members, BOB, 1000, FILM).unwrap();
}

#[test]
fn a_key_is_ended_by_whose_it_is_and_by_who_decides_about_its_item() {
    let end = |members: &mut Members, by, number| {
        let command = Command::EndAnnounceKey { key: secret(number), owner: Some(ANN) };
        members.handle(NOW, Actor::Member(by), command)
    };
    let mut members = members();
    assert_eq!(end(&mut members, BOB, 1), Err(CommandError::NotAllowed));
    let ended = end(&mut members, ANN, 2).unwrap();
    assert_eq!(holding(&members), [1]);
    assert!(
        ended.changes.iter().any(|change| matches!(change, Change::Epoch(_))),
        "peers have to hear of it"
    );
    end(&mut members, ROOT, 1).unwrap();
    assert_eq!(end(&mut members, ROOT, 1), Err(CommandError::NoAnnounceKey));
}

#[test]
fn keys_hold_while_their_member_takes_part_and_their_item_is_let_out() {
    let mut members = members();
    let act = |members: &mut Members, command| {
        members.handle(NOW, Actor::Member(ROOT), command).unwrap();
        holding(members)
    };
    assert_eq!(act(&mut members, Command::Suspend(BOB)), [1]);
    assert_eq!(act(&mut members, Command::Resume(BOB)), [1, 2]);
    assert_eq!(act(&mut members, Command::Revoke(key(12))), [2]);
    assert_eq!(act(&mut members, Command::Remove(BOB)), [0; 0]);
    make(&mut members, ANN, 1, FILM).unwrap();
    assert_eq!(act(&mut members, Command::SetStock { item: FILM, private: None, owner: None }), [0; 0]);
    let again = Command::SetStock { item: FILM, private: Some(PRIVATE), owner: None };
    assert_eq!(act(&mut members, again), [0; 0]);
}
