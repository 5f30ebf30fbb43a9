//! Who is let in without a device's key, and for how long.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::time::Duration;

use peerpool_access::{
    Code, MemberId, Members, Moment, Role, SecretHash,
    members::{
        Actor, Change, Command, CommandError, Effects, MAX_SESSIONS, MAX_TOKENS, Newcomer, Ticket, TicketKind,
    },
};
use support::{HOUR, NOW, key, pool};

const ROOT: MemberId = MemberId(1);
const ANN: MemberId = MemberId(2);

fn secret(number: u8) -> SecretHash {
    SecretHash([number; 32])
}

fn session(member: MemberId, number: u8, made: Moment) -> (SecretHash, Ticket) {
    let kind = TicketKind::Session { cookie: secret(100 + number), agent: "browser".into() };
    (secret(number), Ticket { member, kind, made, expires: made + HOUR })
}

fn token(member: MemberId, name: &str, writes: bool) -> Ticket {
    let kind = TicketKind::Token { name: name.into(), writes };
    Ticket { member, kind, made: NOW, expires: NOW + HOUR }
}

/// The administrator `root` with key 11 and the member `ann` with key 12.
fn members() -> Members {
    let mut members = Members::new(pool());
    for (name, number, role) in [("root", 11, Role::Admin), ("ann", 12, Role::Member)] {
        let code = Code([number; 16]);
        let invite = Command::Invite {
            code: code.hash(),
            role,
            groups: Vec::new(),
            device_of: None,
            uses: 1,
            expires: NOW + HOUR,
        };
        members.handle(NOW, Actor::Operator, invite).unwrap();
        let newcomer = Newcomer { key: key(number), name: name.into(), device: "laptop".into() };
        members.join(NOW, &code, newcomer).unwrap();
    }
    members
}

fn sign_in(members: &mut Members, number: u8, made: Moment) -> Effects {
    let (hash, ticket) = session(ANN, number, made);
    members.sign_in(made, hash, ticket)
}

#[test]
fn a_key_does_everything_and_its_cookie_reads() {
    let mut members = members();
    sign_in(&mut members, 1, NOW);
    let by_key = members.admit(&secret(1), NOW).unwrap();
    let by_cookie = members.admit(&secret(101), NOW).unwrap();
    assert_eq!((by_key.member, by_key.writes, by_key.is_session), (ANN, true, true));
    assert_eq!((by_cookie.member, by_cookie.writes, by_cookie.is_session), (ANN, false, false));
    assert_eq!(by_cookie.ticket, by_key.ticket);
    assert_eq!(members.admit(&secret(2), NOW), None);
}

#[test]
fn peers_are_not_told_that_somebody_signs_in() {
    let mut members = members();
    let epoch = members.epoch();
    let effects = sign_in(&mut members, 1, NOW);
    assert_eq!(members.epoch(), epoch);
    assert!(effects.changes.iter().all(|change| !matches!(change, Change::Epoch(_))), "{effects:?}");
    assert!(effects.passes.is_empty() && effects.voided.is_empty() && !effects.rules);
}

#[test]
fn a_session_ends_with_its_time_and_is_forgotten() {
    let mut members = members();
    sign_in(&mut members, 1, NOW);
    assert!(members.next_timeout().is_some_and(|due| due <= NOW + HOUR));
    assert_eq!(members.admit(&secret(1), NOW + HOUR), None);
    let ended = members.handle_timeout(NOW + HOUR);
    assert!(ended.changes.contains(&Change::TicketGone(secret(1))), "{ended:?}");
    assert_eq!(members.tickets(ANN), []);
}

#[test]
fn whoever_is_suspended_is_let_in_by_nothing_and_whoever_is_removed_leaves_nothing() {
    let mut members = members();
    sign_in(&mut members, 1, NOW);
    let password = Command::SetPassword { member: ANN, password: "hash".into(), but: Some(secret(1)) };
    members.handle(NOW, Actor::Member(ANN), password).unwrap();
    members.handle(NOW, Actor::Operator, Command::Suspend(ANN)).unwrap();
    assert_eq!(members.admit(&secret(1), NOW), None);
    members.handle(NOW, Actor::Operator, Command::Resume(ANN)).unwrap();
    assert!(members.admit(&secret(1), NOW).is_some());
    members.handle(NOW, Actor::Operator, Command::Remove(ANN)).unwrap();
    assert_eq!((members.tickets(ANN), members.password(ANN)), (vec![], None));
}

#[test]
fn a_new_password_ends_other_sessions_and_no_token() {
    let mut members = members();
    (1..4).for_each(|number| drop(sign_in(&mut members, number, NOW)));
    let made = Command::MakeToken(secret(9), token(ANN, "backup", false));
    members.handle(NOW, Actor::Member(ANN), made).unwrap();
    let password = Command::SetPassword { member: ANN, password: "hash".into(), but: Some(secret(2)) };
    members.handle(NOW, Actor::Member(ANN), password).unwrap();
    let left: Vec<SecretHash> = members.tickets(ANN).into_iter().map(|(hash, _)| hash).collect();
    assert_eq!(left, [secret(2), secret(9)]);
}

#[test]
fn too_many_sessions_end_the_oldest_and_too_many_tokens_are_refused() {
    let mut members = members();
    for number in 0..=MAX_SESSIONS as u8 {
        sign_in(&mut members, number, NOW + Duration::from_secs(number.into()));
    }
    assert_eq!(members.tickets(ANN).len(), MAX_SESSIONS);
    assert_eq!(members.admit(&secret(0), NOW + HOUR / 2), None);
    for number in 0..MAX_TOKENS as u8 {
        let made = Command::MakeToken(secret(150 + number), token(ANN, "backup", true));
        members.handle(NOW, Actor::Member(ANN), made).unwrap();
    }
    for ticket in [token(ANN, "one more", true), token(ROOT, "", true), session(ROOT, 1, NOW).1] {
        let made = Command::MakeToken(secret(250), ticket);
        assert_eq!(members.handle(NOW, Actor::Operator, made), Err(CommandError::Token));
    }
}

#[test]
fn nobody_sets_the_password_or_ends_the_session_of_another() {
    let mut members = members();
    let (hash, ticket) = session(ROOT, 7, NOW);
    members.sign_in(NOW, hash, ticket);
    let ann = Actor::Member(ANN);
    let refused = Err(CommandError::NotAllowed);
    let password = Command::SetPassword { member: ROOT, password: "hash".into(), but: None };
    assert_eq!(members.handle(NOW, ann, password), refused);
    assert_eq!(members.handle(NOW, ann, Command::EndTicket(secret(7))), refused);
    assert_eq!(members.handle(NOW, ann, Command::MakeToken(secret(8), token(ROOT, "x", true))), refused);
    members.handle(NOW, Actor::Member(ROOT), Command::EndTicket(secret(7))).unwrap();
    assert_eq!(members.admit(&secret(7), NOW), None);
}

#[test]
fn a_revoked_device_takes_with_it_what_it_may_have_made() {
    let mut members = members();
    sign_in(&mut members, 1, NOW);
    let made = Command::MakeToken(secret(9), token(ANN, "backdoor", true));
    members.handle(NOW, Actor::Member(ANN), made).unwrap();
    let password = Command::SetPassword { member: ANN, password: "hash".into(), but: Some(secret(1)) };
    members.handle(NOW, Actor::Member(ANN), password).unwrap();
    for (number, actor) in [(21, Actor::Member(ANN)), (22, Actor::Operator)] {
        let invite = Command::Invite {
            code: Code([number; 16]).hash(),
            role: Role::Member,
            groups: Vec::new(),
            device_of: Some(ANN),
            uses: 1,
            expires: NOW + HOUR,
        };
        members.handle(NOW, actor, invite).unwrap();
    }
    let (hash, ticket) = session(ROOT, 7, NOW);
    members.sign_in(NOW, hash, ticket);
    members.handle(NOW, Actor::Operator, Command::Revoke(key(12))).unwrap();
    assert_eq!((members.tickets(ANN), members.password(ANN)), (vec![], None));
    let invites: Vec<_> = members.invites().map(|(code, _)| code).collect();
    assert_eq!(invites, [Code([22; 16]).hash()]);
    assert!(members.admit(&secret(7), NOW).is_some());
}
