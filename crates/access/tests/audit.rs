//! What is noted of who changed what.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use peerpool_access::{
    Code, GroupId, MemberId, Members, Right, Role, SecretHash, Subject, SubjectKind,
    members::{Actor, AnnounceKey, Change, Command, Effects, Entry, Newcomer},
    rules::Scope,
};
use peerpool_wire::id::Sha1Hash;
use proptest::prelude::*;
use support::{HOUR, NOW, item, key, pool};

const ROOT: MemberId = MemberId(1);
const ANN: MemberId = MemberId(2);
const LAB: GroupId = GroupId(1);

/// Each entry as `ACTOR ACTION TARGET: DETAIL`.
fn told(effects: &Effects) -> Vec<String> {
    let entries = effects.changes.iter().filter_map(|change| match change {
        Change::Noted(entry) => Some(entry),
        _ => None,
    });
    let line = |Entry { actor, action, target, detail, .. }: &Entry| {
        let detail = detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
        format!("{actor} {} {target}{detail}", action.word())
    };
    entries.map(line).collect()
}

fn invite(code: &Code, role: Role, device_of: Option<MemberId>) -> Command {
    Command::Invite { code: code.hash(), role, groups: Vec::new(), device_of, uses: 1, expires: NOW + HOUR }
}

/// The administrator `root` with key 11, the member `ann` with key 12, and the group `lab`.
fn members() -> Members {
    let mut members = Members::new(pool());
    for (name, number, role) in [("root", 11, Role::Admin), ("ann", 12, Role::Member)] {
        let code = Code([number; 16]);
        members.handle(NOW, Actor::Operator, invite(&code, role, None)).unwrap();
        let newcomer = Newcomer { key: key(number), name: name.into(), device: "laptop".into() };
        members.join(NOW, &code, newcomer).unwrap();
    }
    members.handle(NOW, Actor::Operator, Command::AddGroup("lab".into())).unwrap();
    members
}

#[test]
fn every_command_is_noted_with_the_names_of_its_time() {
    let mut members = members();
    let mut by_root = |command| told(&members.handle(NOW, Actor::Member(ROOT), command).unwrap());
    let until = Some(NOW + HOUR);
    let code = Code([3; 16]);
    let id = code.hash().id();
    let hex = |number: u8| data_encoding::HEXLOWER.encode(&key(number).0);
    let allow =
        |scope, subject| Command::Allow { scope, right: Right::Get, subject, until: None, owner: None };
    let stock = SecretHash([5; 32]);
    let expected = [
        (invite(&code, Role::Guest, None), format!("root invite_made {id}: role guest")),
        (Command::Uninvite(code.hash()), format!("root invite_withdrawn {id}")),
        (invite(&code, Role::Guest, Some(ANN)), format!("root invite_made {id}: device of ann")),
        (Command::Enter(LAB, ANN, until), format!("root group_entered lab: ann until {}", (NOW + HOUR).0)),
        (Command::Rename(ANN, "anna".into()), "root member_renamed ann: anna".into()),
        (Command::SetRole(ANN, Role::Reader), "root role_changed anna: reader".into()),
        (allow(Scope::Pool, LAB.into()), "root access_allowed pool: get group:lab".into()),
        (
            allow(Scope::Name("*.iso".parse().unwrap()), ANN.into()),
            "root access_allowed *.iso: get member:anna".into(),
        ),
        (
            allow(Scope::Item(item(1)), Role::Guest.into()),
            format!("root access_allowed {}: get role:guest", item(1)),
        ),
        (
            Command::Deny { rule: peerpool_access::rules::RuleId(1), owner: None },
            "root access_denied pool: get group:lab".into(),
        ),
        (Command::Leave(LAB, ANN), "root group_left lab: anna".into()),
        (Command::RemoveGroup(LAB), "root group_removed lab".into()),
        (
            Command::Rekey { old: key(12), new: key(13) },
            format!("root device_rekeyed anna (laptop): {}", hex(13)),
        ),
        (
            Command::SetStock { item: item(1), private: Some(Sha1Hash([9; 20])), owner: None },
            format!("root stock_allowed {}", item(1)),
        ),
        (
            Command::MakeAnnounceKey(stock, AnnounceKey { member: ANN, item: item(1), made: NOW }),
            format!("root announce_key_made {}: key {}", item(1), stock.id()),
        ),
        (
            Command::EndAnnounceKey { key: stock, owner: None },
            format!("root announce_key_ended {}: key {} of anna", item(1), stock.id()),
        ),
        (
            Command::SetStock { item: item(1), private: None, owner: None },
            format!("root stock_denied {}", item(1)),
        ),
        (Command::Revoke(key(13)), format!("root device_revoked anna (laptop): {}", hex(13))),
        (Command::Suspend(ANN), "root member_suspended anna".into()),
        (Command::Resume(ANN), "root member_resumed anna".into()),
        (Command::Remove(ANN), "root member_removed anna".into()),
    ];
    for (command, line) in expected {
        assert_eq!(by_root(command), [line]);
    }
}

#[test]
fn what_changes_nothing_is_not_noted() {
    let mut members = members();
    let resumed = members.handle(NOW, Actor::Member(ROOT), Command::Resume(ANN)).unwrap();
    assert_eq!(told(&resumed), [""; 0]);
    members.handle(NOW, Actor::Member(ANN), Command::Remove(ROOT)).unwrap_err();
}

#[test]
fn a_newcomer_is_noted_with_its_device_and_its_invite() {
    let mut members = members();
    let code = Code([7; 16]);
    members.handle(NOW, Actor::Member(ANN), invite(&code, Role::Guest, Some(ANN))).unwrap();
    let newcomer = Newcomer { key: key(14), name: String::new(), device: "phone".into() };
    let (_, joined) = members.join(NOW, &code, newcomer).unwrap();
    assert_eq!(told(&joined), [format!("ann joined ann (phone): invite {}", code.hash().id())]);
}

#[test]
fn what_ends_by_itself_is_noted_once() {
    let mut members = members();
    let until = Some(NOW + HOUR);
    members.handle(NOW, Actor::Operator, Command::Enter(LAB, ANN, until)).unwrap();
    let allow =
        Command::Allow { scope: Scope::Pool, right: Right::See, subject: LAB.into(), until, owner: None };
    members.handle(NOW, Actor::Operator, allow).unwrap();
    let ended = members.handle_timeout(NOW + HOUR);
    assert_eq!(told(&ended), ["tracker group_left lab: ann", "tracker rule_ended pool: see group:lab"]);
    assert_eq!(told(&members.handle_timeout(NOW + HOUR * 2)), [""; 0]);
}

#[test]
fn subjects_are_written_and_read_alike() {
    let members = members();
    let of_each: [Subject; 4] = [Role::Admin.into(), Role::Guest.into(), LAB.into(), ANN.into()];
    let names = ["role:admin", "role:guest", "group:lab", "member:ann"];
    for (subject, name) in of_each.into_iter().zip(names) {
        assert_eq!(members.subject_name(subject), name);
        assert_eq!(members.subject_named(name), Some(subject));
    }
    for strange in ["", "ann", "member:", "role:boss", "group:ann", "device:ann"] {
        assert_eq!(members.subject_named(strange), None, "{strange}");
    }
}

proptest! {
    #[test]
    fn a_subject_is_what_it_was_made_of(number in 0..(1u32 << 31) - 16) {
        prop_assert_eq!(Subject::from(GroupId(number)).kind(), SubjectKind::Group(GroupId(number)));
        prop_assert_eq!(Subject::from(MemberId(number)).kind(), SubjectKind::Member(MemberId(number)));
    }
}
