//! Groups, rules, why and the audit.

use peerpool_access::MemberId;
use peerpool_api::{AuditEntry, Group, MemberTransfer, Rule, RuleScope, Why};

use peerpool_wire::channel::{Key, ToTracker, Transfer};

use super::{channel::item, *};

/// Brings an item in for bob, and returns its hash.
async fn bobs_item(pool: &Pool) -> String {
    let (mut bob, _, _) = pool.session(BOB).await;
    let item = item("film");
    bob.introduce(&item).await;
    bob.access(|access| access.items.iter().any(|told| told.audience.is_some())).await;
    item.info.hash().to_string()
}

async fn why(pool: &Pool, key: u8, item: &str, member: &str) -> Why {
    pool.answer(key, "GET", &format!("access/why?item={item}&member={member}"), None).await
}

impl Pool {
    async fn of_ann_bob_and_eve() -> Self {
        let pool = Self::of_ann_and_bob().await;
        let code = pool.invite(ANN, json!({ "role": "guest" })).await;
        pool.join(EVE, "eve", &code).await;
        pool
    }
}

#[tokio::test]
async fn a_group_is_made_filled_shown_and_taken_apart() {
    let pool = Pool::of_ann_and_bob().await;
    let _: Changed = pool.answer(ANN, "POST", "groups", Some(json!({ "name": "the lab" }))).await;
    assert_eq!(pool.refusal(ANN, "POST", "groups", Some(json!({ "name": "the lab" }))).await, "taken");
    let until = crate::clock::date() + 3600;
    let put = |until| pool.answer::<Changed>(ANN, "PUT", "groups/the%20lab/members/bob", Some(until));
    put(json!({ "until": until })).await;
    let [group] = pool.answer::<Vec<Group>>(BOB, "GET", "groups", None).await.try_into().unwrap();
    let member = &group.members[0];
    assert_eq!((group.name.as_str(), member.name.as_str(), member.until), ("the lab", "bob", Some(until)));
    put(json!({})).await;
    let [group] = pool.answer::<Vec<Group>>(BOB, "GET", "groups", None).await.try_into().unwrap();
    assert_eq!(group.members[0].until, None);
    assert_eq!(pool.answer::<Me>(BOB, "GET", "me", None).await.groups, ["the lab"]);
    let _: Changed = pool.answer(ANN, "DELETE", "groups/the%20lab/members/bob", None).await;
    assert_eq!(pool.answer::<Me>(BOB, "GET", "me", None).await.groups, [""; 0]);
    let _: Changed = pool.answer(ANN, "DELETE", "groups/the%20lab", None).await;
    assert_eq!(pool.answer::<Vec<Group>>(BOB, "GET", "groups", None).await, []);
    assert_eq!(pool.refusal(ANN, "DELETE", "groups/the%20lab", None).await, "not_found");
}

#[tokio::test]
async fn only_administrators_change_groups_and_rules_of_the_pool() {
    let pool = Pool::of_ann_and_bob().await;
    let _: Changed = pool.answer(ANN, "POST", "groups", Some(json!({ "name": "lab" }))).await;
    let rule = json!({ "right": "get", "subject": "role:guest" });
    let of_name = json!({ "pattern": "*.iso", "right": "get", "subject": "role:guest" });
    for (method, path, body) in [
        ("POST", "groups", Some(json!({ "name": "club" }))),
        ("DELETE", "groups/lab", None),
        ("PUT", "groups/lab/members/bob", Some(json!({}))),
        ("DELETE", "groups/lab/members/bob", None),
        ("POST", "access", Some(rule)),
        ("POST", "access", Some(of_name)),
        ("DELETE", "access/1", None),
        ("GET", "audit", None),
    ] {
        assert_eq!(pool.refusal(BOB, method, path, body.clone()).await, "not_allowed", "{method} {path}");
        assert_eq!(pool.refusal(EVE, method, path, body).await, "not_a_member", "{method} {path}");
    }
    assert_eq!(pool.answer::<Vec<Rule>>(BOB, "GET", "access", None).await, []);
}

#[tokio::test]
async fn rules_are_made_shown_and_taken_out() {
    let pool = Pool::of_ann_and_bob().await;
    let of_a_new_pool: Vec<Rule> = pool.answer(ANN, "GET", "access", None).await;
    let lines = of_a_new_pool.iter().map(|rule| (rule.id, rule.subject.as_str(), rule.right));
    let expected = [(1, "role:member", api::Right::Give), (2, "role:reader", api::Right::Get)];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
    let until = crate::clock::date() + 3600;
    let rule = json!({ "pattern": "*.iso", "right": "see", "subject": "member:bob", "until": until });
    let _: Changed = pool.answer(ANN, "POST", "access", Some(rule)).await;
    let rules: Vec<Rule> = pool.answer(ANN, "GET", "access", None).await;
    let made = rules.last().unwrap();
    assert_eq!((made.pattern.as_deref(), made.until, made.item), (Some("*.iso"), Some(until), None));
    let _: Changed = pool.answer(ANN, "DELETE", &format!("access/{}", made.id), None).await;
    assert_eq!(pool.answer::<Vec<Rule>>(ANN, "GET", "access", None).await, of_a_new_pool);
    assert_eq!(pool.refusal(ANN, "DELETE", &format!("access/{}", made.id), None).await, "not_found");
    for wrong in [
        json!({ "right": "get", "subject": "member:nobody" }),
        json!({ "right": "get", "subject": "group:nobody" }),
        json!({ "right": "get", "subject": "role:member", "item": "00".repeat(32) }),
    ] {
        assert_eq!(pool.refusal(ANN, "POST", "access", Some(wrong.clone())).await, "not_found", "{wrong}");
    }
    for wrong in [
        json!({ "right": "own", "subject": "role:member" }),
        json!({ "right": "get", "subject": "role:member", "until": 1 }),
        json!({ "right": "get", "subject": "role:member", "pattern": "" }),
        json!({ "right": "get", "subject": "role:member", "pattern": "a", "item": "00".repeat(32) }),
    ] {
        assert_eq!(pool.refusal(ANN, "POST", "access", Some(wrong.clone())).await, "bad_request", "{wrong}");
    }
}

#[tokio::test]
async fn an_owner_grants_on_its_item_and_on_no_other() {
    let pool = Pool::of_ann_bob_and_eve().await;
    let code = pool.invite(ANN, json!({})).await;
    pool.join(3, "dan", &code).await;
    let item = bobs_item(&pool).await;
    let get = |subject: &str| Some(json!({ "item": item, "right": "get", "subject": subject }));
    assert_eq!(pool.refusal(3, "POST", "access", get("member:dan")).await, "not_allowed");
    assert_eq!(pool.refusal(EVE, "POST", "access", get("member:eve")).await, "not_found");
    assert!(!why(&pool, BOB, &item, "eve").await.allowed.see);

    let _: Changed = pool.answer(BOB, "POST", "access", get("member:eve")).await;
    let of_eve: Why = pool.answer(EVE, "GET", &format!("access/why?item={item}"), None).await;
    assert_eq!((of_eve.scope, of_eve.allowed.get, of_eve.allowed.give), (RuleScope::Item, true, false));
    let rule = &of_eve.rules[0];
    assert_eq!((rule.subject.as_str(), rule.name.as_deref()), ("member:eve", Some("film")));
    // The item's own rule decides alone: what the pool gave to others is gone, and the owner keeps everything.
    let of_bob = why(&pool, BOB, &item, "bob").await;
    assert!(of_bob.owner && of_bob.allowed.give);
    assert_eq!(pool.refusal(3, "GET", &format!("access/why?item={item}"), None).await, "not_found");
    assert_eq!(pool.answer::<Vec<Rule>>(BOB, "GET", "access", None).await, of_eve.rules);
    assert_eq!(pool.answer::<Vec<Rule>>(EVE, "GET", "access", None).await, []);
    let about = format!("access?item={item}");
    assert_eq!(pool.answer::<Vec<Rule>>(ANN, "GET", &about, None).await, of_eve.rules);
    assert_eq!(pool.refusal(EVE, "GET", &about, None).await, "not_allowed");
    assert_eq!(pool.refusal(3, "GET", &about, None).await, "not_found");
    assert_eq!(
        pool.refusal(EVE, "GET", &format!("access/why?item={item}&member=bob"), None).await,
        "not_allowed"
    );

    let path = format!("access/{}", rule.id);
    assert_eq!(pool.refusal(3, "DELETE", &path, None).await, "not_allowed");
    let _: Changed = pool.answer(BOB, "DELETE", &path, None).await;
    let of_dan: Why = pool.answer(3, "GET", &format!("access/why?item={item}"), None).await;
    assert_eq!((of_dan.scope, of_dan.allowed.give), (RuleScope::Pool, true));
    assert_eq!(pool.refusal(EVE, "GET", &format!("access/why?item={item}"), None).await, "not_found");
}

#[tokio::test]
async fn a_hidden_item_is_refused_as_one_that_is_not_there() {
    let pool = Pool::of_ann_bob_and_eve().await;
    let item = bobs_item(&pool).await;
    let other = "ab".repeat(32);
    let ask = async |method: &str, path: &str, item: &str, body: Option<Value>| {
        let (status, refusal) = pool.ask(Some(EVE), method, path, body).await;
        (status, refusal.to_string().replace(item, "ITEM"))
    };
    for path in ["access?item=", "access/why?item="] {
        let hidden = ask("GET", &format!("{path}{item}"), &item, None).await;
        assert_eq!(hidden.0, StatusCode::NOT_FOUND);
        assert_eq!(hidden, ask("GET", &format!("{path}{other}"), &other, None).await, "{path}");
    }
    let rule = |item: &str| Some(json!({ "item": item, "right": "get", "subject": "member:eve" }));
    let hidden = ask("POST", "access", &item, rule(&item)).await;
    assert_eq!(hidden, ask("POST", "access", &other, rule(&other)).await);
}

#[tokio::test]
async fn a_narrowed_rule_reaches_a_connected_peer_and_is_confirmed() {
    let pool = Pool::of_ann_and_bob().await;
    let (mut bob, pass, _) = pool.session(BOB).await;
    let item = item("film");
    bob.introduce(&item).await;
    let before = bob.access(|access| !access.audiences.is_empty()).await;
    let hearing = async {
        let told = bob.access(|access| !access.items.is_empty()).await;
        bob.send(ToTracker::AccessSeen { epoch: told.epoch }).await;
        told
    };
    let rule = json!({ "item": item.info.hash().to_string(), "right": "get", "subject": "member:ann" });
    let (changed, told) = tokio::join!(pool.answer::<Changed>(ANN, "POST", "access", Some(rule)), hearing);
    assert_eq!(changed.confirmed, ["bob (laptop)"]);
    let numbers = |subjects: &[MemberId]| {
        subjects.iter().map(|&member| peerpool_access::Subject::from(member).number()).collect::<Vec<_>>()
    };
    // The owner gives still, and of the others ann alone may fetch.
    assert_eq!(told.audiences[0].get, numbers(&[MemberId(1), pass.member]));
    assert_eq!(told.audiences[0].give, numbers(&[pass.member]));
    assert_ne!(told.audiences[0].id, before.audiences[0].id);
}

#[tokio::test]
async fn a_grant_that_ends_reaches_a_connected_peer_by_itself() {
    let pool = Pool::of_ann_bob_and_eve().await;
    let (mut bob, _, _) = pool.session(BOB).await;
    let item = item("film");
    bob.introduce(&item).await;
    bob.access(|access| !access.audiences.is_empty()).await;
    let until = crate::clock::date() + 2;
    let eve = peerpool_access::Subject::from(MemberId(3)).number();
    let rule = json!({
        "item": item.info.hash().to_string(), "right": "get", "subject": "member:eve", "until": until,
    });
    let granted = async {
        let told = bob.access(|access| access.audiences.iter().any(|one| one.get.contains(&eve))).await;
        bob.send(ToTracker::AccessSeen { epoch: told.epoch }).await;
    };
    let (_, ()) = tokio::join!(pool.answer::<Changed>(ANN, "POST", "access", Some(rule)), granted);
    let ended = bob.access(|access| access.audiences.iter().any(|one| !one.get.contains(&eve))).await;
    assert!(ended.items.iter().any(|told| told.info_hash == item.info.hash()), "{ended:?}");
    let late = crate::clock::date() - until;
    assert!(late < 5, "{late} s after its end");
}

#[tokio::test]
async fn what_passed_between_members_is_told_to_administrators_as_both_tell_it() {
    let pool = Pool::of_ann_and_bob().await;
    let film = item("film");
    let (mut ann, _, _) = pool.session(ANN).await;
    let (mut bob, _, _) = pool.session(BOB).await;
    bob.introduce(&film).await;
    bob.access(|access| !access.audiences.is_empty()).await;
    let transfer = |key: u8, fetched, given| Transfer {
        info_hash: film.info.hash(),
        key: Key([key; 32]),
        fetched,
        given,
    };
    let unknown = Transfer { info_hash: item("other").info.hash(), ..transfer(ANN, 1, 1) };
    let of_bob = vec![transfer(ANN, 0, 700), transfer(EVE, 5, 5), unknown];
    bob.send(ToTracker::Transfers { transfers: of_bob, stock: Vec::new() }).await;
    let of_ann = vec![transfer(BOB, 690, 0)];
    ann.send(ToTracker::Transfers { transfers: of_ann, stock: Vec::new() }).await;
    // Each is answered after what it has told before.
    for peer in [&mut ann, &mut bob] {
        peer.answered().await;
    }
    let [told] = pool.answer::<Vec<MemberTransfer>>(ANN, "GET", "transfers", None).await.try_into().unwrap();
    assert_eq!(
        (told.giver.as_str(), told.taker.as_str(), told.name.as_deref()),
        ("bob", "ann", Some("film"))
    );
    assert_eq!((told.given, told.taken, told.day % (24 * 3600)), (700, Some(690), 0));
    assert_eq!(pool.refusal(BOB, "GET", "transfers", None).await, "not_allowed");
    assert_eq!(pool.answer::<Vec<MemberTransfer>>(ANN, "GET", "transfers?before=1", None).await, []);
}

#[tokio::test]
async fn the_audit_tells_administrators_who_changed_what_page_by_page() {
    let pool = Pool::of_ann_and_bob().await;
    let _: Changed = pool.answer(ANN, "POST", "groups", Some(json!({ "name": "lab" }))).await;
    let _: Changed = pool.answer(ANN, "DELETE", "members/bob", None).await;
    let entries: Vec<AuditEntry> = pool.answer(ANN, "GET", "audit", None).await;
    let line = |entry: &AuditEntry| format!("{} {} {}", entry.actor, entry.action, entry.target);
    let lines: Vec<String> = entries.iter().map(line).collect();
    let (joining, code) = ("bob joined bob (laptop)", &entries[3].target);
    let expected = [
        "ann member_removed bob",
        "ann group_added lab",
        joining,
        &format!("ann invite_made {code}"),
        "ann joined ann (laptop)",
    ];
    assert_eq!(lines[..5], expected);
    let first: Vec<AuditEntry> = pool.answer(ANN, "GET", "audit?limit=2", None).await;
    let next = format!("audit?limit=2&before={}", first[1].seq);
    let second: Vec<AuditEntry> = pool.answer(ANN, "GET", &next, None).await;
    assert_eq!([first, second].concat(), entries[..4]);
    assert_eq!(pool.refusal(ANN, "GET", "audit?before=x", None).await, "bad_request");
}
