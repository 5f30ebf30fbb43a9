//! Accounts elsewhere by which members sign in.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use peerpool_access::{
    Code, MemberId, Members, Role, SecretHash,
    members::{
        Action, Actor, Change, Command, CommandError, Identity, JoinError, MAX_IDENTITIES, Newcomer, Ticket,
        TicketKind, Way,
    },
};
use support::{HOUR, NOW, key, pool};

const ROOT: MemberId = MemberId(1);
const ANN: MemberId = MemberId(2);

fn account(subject: &str) -> Identity {
    Identity { issuer: "https://id.example".into(), subject: subject.into() }
}

fn session(member: MemberId, number: u8) -> (SecretHash, Ticket) {
    let secret = |number| SecretHash([number; 32]);
    let kind = TicketKind::Session { cookie: secret(100 + number), agent: "browser".into() };
    (secret(number), Ticket { member, kind, made: NOW, expires: NOW + HOUR })
}

fn invite(members: &mut Members, number: u8, role: Role, device_of: Option<MemberId>) -> Code {
    let code = Code([number; 16]);
    let terms = Command::Invite {
        code: code.hash(),
        role,
        groups: Vec::new(),
        device_of,
        uses: 1,
        expires: NOW + HOUR,
    };
    members.handle(NOW, Actor::Operator, terms).unwrap();
    code
}

/// The administrator `root` with a device, and `ann` who has signed up by an account and has nothing else.
fn members() -> Members {
    let mut members = Members::new(pool());
    let code = invite(&mut members, 11, Role::Admin, None);
    let newcomer = Newcomer { key: key(11), name: "root".into(), device: "laptop".into() };
    members.join(NOW, &code, newcomer).unwrap();
    sign_up(&mut members, 12, "ann", "a1").unwrap();
    members
}

fn sign_up(members: &mut Members, number: u8, name: &str, subject: &str) -> Result<(), JoinError> {
    let code = invite(members, number, Role::Member, None);
    let way = Way::Identity(account(subject), subject.to_uppercase());
    members.sign_up(NOW, &code, name.into(), way, |member| session(member, number)).map(drop)
}

fn link(members: &mut Members, by: MemberId, subject: &str) -> Result<Vec<Change>, CommandError> {
    let link = Command::Link { identity: account(subject), member: by, label: subject.into() };
    members.handle(NOW, Actor::Member(by), link).map(|effects| effects.changes)
}

fn unlink(subject: &str, but: Option<u8>) -> Command {
    Command::Unlink { identity: account(subject), but: but.map(|number| SecretHash([number; 32])) }
}

#[test]
fn whoever_signs_up_with_an_account_is_found_by_it_and_by_no_other() {
    let members = members();
    assert_eq!(members.member_with(&account("a1")), Some(ANN));
    assert_eq!(members.member_with(&account("a2")), None);
    let elsewhere = Identity { issuer: "https://other.example".into(), subject: "a1".into() };
    assert_eq!(members.member_with(&elsewhere), None);
    let (_, linked) = members.identities(ANN).next().unwrap();
    assert_eq!(linked.label, "A1");
    assert!(members.admit(&SecretHash([12; 32]), NOW).is_some());
}

#[test]
fn an_account_belongs_to_one_member() {
    let mut members = members();
    assert_eq!(link(&mut members, ROOT, "a1"), Err(CommandError::IdentityTaken));
    assert_eq!(sign_up(&mut members, 13, "bob", "a1"), Err(JoinError::IdentityTaken));
    assert_eq!(members.named("bob"), None);
    assert!(members.invites().any(|(code, _)| code == Code([13; 16]).hash()));
    assert_eq!(link(&mut members, ANN, "a1"), Ok(vec![]));
}

#[test]
fn an_account_that_is_none_or_one_too_many_is_refused() {
    let mut members = members();
    assert_eq!(link(&mut members, ANN, ""), Err(CommandError::Identity));
    assert_eq!(link(&mut members, ANN, &"x".repeat(513)), Err(CommandError::Identity));
    (1..MAX_IDENTITIES).for_each(|number| drop(link(&mut members, ANN, &format!("more {number}")).unwrap()));
    assert_eq!(link(&mut members, ANN, "one too many"), Err(CommandError::Identity));
}

#[test]
fn nobody_links_or_unlinks_an_account_of_another_but_an_administrator() {
    let mut members = members();
    link(&mut members, ROOT, "r1").unwrap();
    let ann = Actor::Member(ANN);
    assert_eq!(members.handle(NOW, ann, unlink("r1", None)), Err(CommandError::NotAllowed));
    let to_root = Command::Link { identity: account("a2"), member: ROOT, label: "x".into() };
    assert_eq!(members.handle(NOW, ann, to_root), Err(CommandError::NotAllowed));
    members.handle(NOW, Actor::Member(ROOT), unlink("a1", None)).unwrap();
    assert_eq!(members.member_with(&account("a1")), None);
}

#[test]
fn nobody_takes_their_own_last_way_in() {
    let mut members = members();
    let ann = Actor::Member(ANN);
    assert_eq!(members.handle(NOW, ann, unlink("a1", None)), Err(CommandError::LastWay));
    let password =
        Command::SetPassword { member: ANN, password: "hash".into(), but: Some(SecretHash([12; 32])) };
    members.handle(NOW, ann, password).unwrap();
    members.handle(NOW, ann, unlink("a1", Some(12))).unwrap();
    let remove = Command::RemovePassword { member: ANN, but: None };
    assert_eq!(members.handle(NOW, ann, remove.clone()), Err(CommandError::LastWay));
    link(&mut members, ANN, "a2").unwrap();
    members.handle(NOW, ann, remove.clone()).unwrap();
    assert_eq!(members.password(ANN), None);
    assert_eq!(members.handle(NOW, ann, remove), Err(CommandError::NoSignIn));
    // A device is one, too.
    link(&mut members, ROOT, "r1").unwrap();
    members.handle(NOW, Actor::Member(ROOT), unlink("r1", None)).unwrap();
}

#[test]
fn an_account_that_goes_ends_the_sessions_that_it_may_have_begun() {
    let mut members = members();
    link(&mut members, ANN, "a2").unwrap();
    let (hash, ticket) = session(ANN, 7);
    members.sign_in(NOW, hash, ticket);
    members.handle(NOW, Actor::Member(ANN), unlink("a1", Some(7))).unwrap();
    assert_eq!(members.admit(&SecretHash([12; 32]), NOW), None);
    assert!(members.admit(&SecretHash([7; 32]), NOW).is_some());
}

#[test]
fn an_account_lets_nobody_in_who_is_suspended_or_removed_or_whose_device_was_revoked() {
    let mut members = members();
    members.handle(NOW, Actor::Operator, Command::Suspend(ANN)).unwrap();
    assert_eq!(members.member_with(&account("a1")), None);
    members.handle(NOW, Actor::Operator, Command::Resume(ANN)).unwrap();
    assert_eq!(members.member_with(&account("a1")), Some(ANN));
    let code = invite(&mut members, 14, Role::Member, Some(ANN));
    let device = Newcomer { key: key(14), name: String::new(), device: "phone".into() };
    members.join(NOW, &code, device).unwrap();
    members.handle(NOW, Actor::Operator, Command::Revoke(key(14))).unwrap();
    assert_eq!(members.member_with(&account("a1")), None);
    link(&mut members, ANN, "a1").unwrap();
    members.handle(NOW, Actor::Operator, Command::Remove(ANN)).unwrap();
    assert_eq!(members.identities(ANN).count(), 0);
}

#[test]
fn what_becomes_of_accounts_is_noted_and_no_peer_is_told() {
    let mut members = members();
    let mut changes = link(&mut members, ANN, "a2").unwrap();
    changes.extend(members.handle(NOW, Actor::Member(ROOT), unlink("a2", None)).unwrap().changes);
    assert!(changes.iter().all(|change| !matches!(change, Change::Epoch(_))), "{changes:?}");
    let noted = changes.iter().filter_map(|change| match change {
        Change::Noted(entry) => Some((entry.actor.as_str(), entry.action, entry.target.as_str())),
        _ => None,
    });
    let noted: Vec<_> = noted.collect();
    assert_eq!(noted, [("ann", Action::IdentityLinked, "ann"), ("root", Action::IdentityUnlinked, "ann")]);
}
