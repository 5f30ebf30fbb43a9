//! Random changes of members against every store.

use peerpool_access::{
    Code, GroupId, MemberId, Members, Moment, Right, Role, SecretHash,
    key::{PoolId, PublicKey},
    members::{Actor, AnnounceKey, Command, Identity, Newcomer, Passkey, Ticket, TicketKind},
    passkey::{CredentialId, PasskeyKey},
    rules::{RuleId, Scope},
};
use proptest::prelude::*;

use super::{any::Any, *};

const NOW: Moment = Moment(1_800_000_000);
const HOUR: Duration = Duration::from_secs(3600);

/// What happens to members.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Join { role: Role, number: u8, uses: u32 },
    Do(Command),
    SignIn { member: u32, number: u8 },
    ByPasskey { passkey: u8, counter: u32 },
    Wait(Duration),
    Restart,
}

fn secret(number: u8) -> SecretHash {
    SecretHash([number; 32])
}

fn command() -> impl Strategy<Value = Command> {
    let role = prop_oneof![Just(Role::Admin), Just(Role::Member), Just(Role::Reader), Just(Role::Guest)];
    let member = || (1..4u32).prop_map(MemberId);
    let group = || (1..4u32).prop_map(GroupId);
    let until = || prop::option::of((1..48u64).prop_map(|hours| NOW + HOUR * 24 * 2 + HOUR * hours as u32));
    let scope = prop_oneof![
        Just(Scope::Pool),
        "[a-z]{1,3}\\*".prop_map(|name| Scope::Name(name.parse().unwrap())),
        (1..9u8).prop_map(|number| Scope::Item(item(number).facts.info_hash)),
    ];
    let right = prop_oneof![Just(Right::See), Just(Right::Get), Just(Right::Give)];
    prop_oneof![
        (member(), "[a-z]{1,2}").prop_map(|(member, name)| Command::Rename(member, name)),
        (member(), role).prop_map(|(member, role)| Command::SetRole(member, role)),
        member().prop_map(Command::Suspend),
        member().prop_map(Command::Resume),
        member().prop_map(Command::Remove),
        (1..9u8).prop_map(|number| Command::Revoke(PublicKey([number; 32]))),
        (1..9u8, 1..20u8).prop_map(|(old, new)| {
            Command::Rekey { old: PublicKey([old; 32]), new: PublicKey([new; 32]) }
        }),
        "[a-z]{1,2}".prop_map(Command::AddGroup),
        group().prop_map(Command::RemoveGroup),
        (group(), member(), until()).prop_map(|(group, member, until)| Command::Enter(group, member, until)),
        (group(), member()).prop_map(|(group, member)| Command::Leave(group, member)),
        (scope, right, member(), until()).prop_map(|(scope, right, member, until)| {
            Command::Allow { scope, right, subject: member.into(), until, owner: None }
        }),
        (1..9u64).prop_map(|rule| Command::Deny { rule: RuleId(rule), owner: None }),
        (member(), "[a-z]{1,4}", 1..9u8).prop_map(|(member, password, but)| {
            Command::SetPassword { member, password, but: Some(secret(but)) }
        }),
        (1..9u8, member(), any::<bool>()).prop_map(|(number, member, writes)| {
            let kind = TicketKind::Token { name: format!("t{number}"), writes };
            let expires = NOW + HOUR * 24 * 3 + HOUR * u32::from(number);
            Command::MakeToken(secret(20 + number), Ticket { member, kind, made: NOW, expires })
        }),
        member().prop_map(|member| Command::RemovePassword { member, but: None }),
        (account(), member(), "[a-z]{0,3}")
            .prop_map(|(identity, member, label)| { Command::Link { identity, member, label } }),
        account().prop_map(|identity| Command::Unlink { identity, but: None }),
        (1..6u8, passkey()).prop_map(|(number, passkey)| Command::AddPasskey(credential(number), passkey)),
        (1..6u8).prop_map(|number| Command::RemovePasskey { id: credential(number), but: None }),
        (1..30u8).prop_map(|number| Command::EndTicket(secret(number))),
        (1..9u8).prop_map(|number| Command::Uninvite(Code([number; 16]).hash())),
        (1..4u8, prop::option::of(1..3u8)).prop_map(|(number, private)| {
            let item = item(number).facts.info_hash;
            Command::SetStock { item, private: private.map(|hash| Sha1Hash([hash; 20])), owner: None }
        }),
        (1..9u8, member(), 1..4u8).prop_map(|(number, member, of)| {
            let item = item(of).facts.info_hash;
            Command::MakeAnnounceKey(secret(40 + number), AnnounceKey { member, item, made: NOW })
        }),
        (1..9u8).prop_map(|number| Command::EndAnnounceKey { key: secret(40 + number), owner: None }),
    ]
}

fn account() -> impl Strategy<Value = Identity> {
    let account = |(issuer, subject): (&str, String)| Identity { issuer: issuer.to_owned(), subject };
    (prop_oneof![Just("https://a.example"), Just("https://b.example")], "[a-c]{1,2}").prop_map(account)
}

fn credential(number: u8) -> CredentialId {
    CredentialId::new(&vec![number; usize::from(number) * 200]).unwrap()
}

fn passkey() -> impl Strategy<Value = Passkey> {
    let key = prop_oneof![
        any::<[u8; 32]>().prop_map(PasskeyKey::EdDsa),
        any::<[[u8; 32]; 2]>().prop_map(PasskeyKey::Es256),
    ];
    ((1..4u32).prop_map(MemberId), "[a-z]{1,3}", key, any::<u32>()).prop_map(
        |(member, name, key, counter)| Passkey {
            member,
            name,
            host: "pool.example".to_owned(),
            key,
            counter,
            since: NOW,
            used: None,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let role = prop_oneof![Just(Role::Admin), Just(Role::Member), Just(Role::Guest)];
    prop_oneof![
        3 => (role, 1..9u8, 1..3u32).prop_map(|(role, number, uses)| Step::Join { role, number, uses }),
        8 => command().prop_map(Step::Do),
        2 => (1..4u32, 1..9u8).prop_map(|(member, number)| Step::SignIn { member, number }),
        1 => (1..6u8, any::<u32>()).prop_map(|(passkey, counter)| Step::ByPasskey { passkey, counter }),
        1 => (1..48u32).prop_map(|hours| Step::Wait(HOUR * hours)),
        1 => Just(Step::Restart),
    ]
}

fn new_members(changes: impl IntoIterator<Item = MembersChange>) -> Members {
    let mut members = Members::new(PoolId([1; 32]));
    changes.into_iter().for_each(|change| members.apply(change));
    members
}

/// All that they are once it is noted how late it is, which alone is not kept.
fn shown(mut members: Members, now: Moment) -> String {
    members.handle_timeout(now);
    format!("{members:?}")
}

fn session(member: MemberId, number: u8, now: Moment) -> (SecretHash, Ticket) {
    let kind = TicketKind::Session { cookie: secret(100 + number), agent: "browser".to_owned() };
    (secret(number), Ticket { member, kind, made: now, expires: now + HOUR * 30 })
}

/// What a step changes.
fn changes(members: &mut Members, now: Moment, step: Step) -> Vec<MembersChange> {
    match step {
        Step::Join { role, number, uses } => {
            let code = Code([number; 16]);
            let invite = Command::Invite {
                code: code.hash(),
                role,
                groups: vec![],
                device_of: None,
                uses,
                expires: now + HOUR,
            };
            let mut changes = members.handle(now, Actor::Operator, invite).unwrap().changes;
            let newcomer =
                Newcomer { key: PublicKey([number; 32]), name: format!("m{number}"), device: "x".to_owned() };
            let joined = members.join(now, &code, newcomer);
            changes.extend(joined.map(|(_, effects)| effects.changes).unwrap_or_default());
            changes
        }
        Step::Do(command) => {
            members.handle(now, Actor::Operator, command).map(|effects| effects.changes).unwrap_or_default()
        }
        Step::SignIn { member, number } => {
            let member = MemberId(member);
            if members.member(member).is_none() {
                return Vec::new();
            }
            let (hash, ticket) = session(member, number, now);
            members.sign_in(now, hash, ticket).changes
        }
        Step::ByPasskey { passkey, counter } => {
            let id = credential(passkey);
            let Some(member) = members.passkey(&id).map(|passkey| passkey.member) else { return Vec::new() };
            let (hash, ticket) = session(member, 10 + passkey, now);
            members.sign_in_with(now, &id, counter, hash, ticket).changes
        }
        Step::Wait(_) => members.handle_timeout(now).changes,
        Step::Restart => Vec::new(),
    }
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..60)
}

/// Does the same to all of them, and compares them with what they were told.
pub(super) async fn all_keep_the_same(mut stores: Vec<Any>, steps: Vec<Step>) {
    let founding = Members::founding();
    let (mut members, mut now) = (new_members(founding.clone()), NOW);
    for store in &mut stores {
        store.commit_members(&founding).await;
    }
    for step in steps.into_iter().chain([Step::Restart]) {
        match &step {
            Step::Wait(time) => now = now + *time,
            Step::Restart => {
                let expected = shown(members.clone(), now);
                let mut noted: Option<Vec<AuditEntry>> = None;
                for store in std::mem::take(&mut stores) {
                    let mut store = store.restarted().await;
                    assert_eq!(shown(new_members(store.members().await), now), expected);
                    let audit = store.audit().await;
                    assert_eq!(&audit, noted.get_or_insert_with(|| audit.clone()));
                    stores.push(store);
                }
            }
            _ => {}
        }
        let changes = changes(&mut members, now, step);
        for store in &mut stores {
            store.commit_members(&changes).await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn stores_give_the_members_again_that_they_were_told(steps in steps()) {
        runtime().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let sqlite = Any::sqlite(folder.path().join("test.sqlite")).await;
            all_keep_the_same(vec![Any::Memory(Memory::default()), sqlite], steps).await;
        });
    }
}

/// What passed of an item on a day.
fn passed(day: u64, number: u8, given: u64, taken: u64) -> Passed {
    Passed {
        day: day * 24 * 3600,
        item: item(number).facts.info_hash,
        giver: MemberId(1),
        taker: MemberId(2),
        stock: None,
        given,
        taken,
        last: day * 24 * 3600,
    }
}

/// Each sums up the same, after a restart, too.
pub(super) async fn all_sum_up_alike(mut stores: Vec<Any>) {
    let of_client = Passed { stock: Some("3fa9c1d27e5b0a64".into()), ..passed(20_000, 1, 8, 0) };
    let reports = [
        vec![passed(20_000, 1, 5, 0), passed(20_000, 2, 7, 0)],
        vec![passed(20_000, 1, 0, 4), passed(20_001, 1, 1, 1)],
        vec![passed(20_000, 1, u64::MAX, 2)],
        // A client's is a sum of its own.
        vec![of_client.clone(), of_client],
    ];
    for store in &mut stores {
        for report in &reports {
            store.add_transfers(report).await;
        }
    }
    let all = [(4, 16, 0, true), (3, 1, 1, false), (2, 7, 0, false), (1, 1 << 62, 6, false)];
    for store in stores {
        let mut store = store.restarted().await;
        for (before, limit) in [(None, 100), (Some(4), 100), (Some(3), 100), (None, 1), (Some(1), 9)] {
            let kept = store.transfers(before, limit).await;
            let line =
                |(seq, passed): (u64, Passed)| (seq, passed.given, passed.taken, passed.stock.is_some());
            let part = all.iter().filter(|(seq, ..)| before.is_none_or(|before| *seq < before));
            let expected: Vec<_> = part.take(limit as usize).copied().collect();
            assert_eq!(kept.into_iter().map(line).collect::<Vec<_>>(), expected);
        }
    }
}

#[tokio::test]
async fn stores_sum_up_alike_what_passed_in_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Any::sqlite(folder.path().join("test.sqlite")).await;
    all_sum_up_alike(vec![Any::Memory(Memory::default()), sqlite]).await;
}

#[tokio::test]
async fn what_passed_long_ago_goes_with_what_comes_much_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut sqlite = Sqlite::open(&folder.path().join("test.sqlite")).await.unwrap();
    for day in [20_000, 21_000] {
        sqlite.add_transfers(vec![passed(day, 1, 1, 1)]).await.unwrap();
    }
    assert_eq!(sqlite.transfers(None, 9).await.unwrap(), [(2, passed(21_000, 1, 1, 1))]);
}

/// The table of an earlier release, with two sums.
const BEFORE_STOCK: &str = "
    CREATE TABLE kept AS SELECT * FROM transfer;
    DROP TABLE transfer;
    CREATE TABLE transfer (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, day INTEGER NOT NULL, last INTEGER NOT NULL, item TEXT NOT NULL,
        giver INTEGER NOT NULL, taker INTEGER NOT NULL, given INTEGER NOT NULL, taken INTEGER NOT NULL,
        UNIQUE (day, item, giver, taker)
    ) STRICT;
    CREATE INDEX transfer_last ON transfer (last);
    INSERT INTO transfer (seq, day, last, item, giver, taker, given, taken)
    SELECT seq + 6, day, last, item, giver, taker, given, taken FROM kept;
    DROP TABLE kept;
    DELETE FROM step WHERE number > 12;
    PRAGMA user_version = 12;";

#[tokio::test]
async fn what_passed_before_stock_clients_were_recorded_is_kept_with_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.sqlite");
    let mut sqlite = Sqlite::open(&path).await.unwrap();
    let reports = [passed(20_000, 1, 5, 0), passed(20_000, 2, 7, 6)];
    sqlite.add_transfers(reports.to_vec()).await.unwrap();
    sqlite.execute(BEFORE_STOCK).await;
    drop(sqlite);
    let mut sqlite = Sqlite::open(&path).await.unwrap();
    let [first, second] = reports;
    assert_eq!(sqlite.transfers(None, 9).await.unwrap(), [(8, second), (7, first.clone())]);
    sqlite.add_transfers(vec![passed(20_001, 1, 1, 1)]).await.unwrap();
    assert_eq!(sqlite.transfers(None, 1).await.unwrap()[0].0, 9);
}

#[tokio::test]
async fn an_item_remembers_who_brought_it_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.sqlite");
    let mut store = Sqlite::open(&path).await.unwrap();
    store.commit(vec![Change::Added(NewItem { owner: Some(7), ..item(1) })].into()).await.unwrap();
    drop(store);
    let mut store = Sqlite::open(&path).await.unwrap();
    let (items, mut loaded) = mpsc::channel(1);
    store.load(items).await.unwrap();
    let owners: Vec<Option<u32>> = loaded.recv().await.unwrap().iter().map(|item| item.owner).collect();
    assert_eq!(owners, [Some(7)]);
}
