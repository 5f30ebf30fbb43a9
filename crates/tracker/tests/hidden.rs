//! What a member may not see does not exist for it: everything it asks over its own sockets is answered as before when others
//! bring in what is hidden from it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use peerpool_wire::{
    channel::{Failure, FileSearch, PeerSearch, RequestId, Target, ToPeer, ToTracker},
    metainfo::Metainfo,
};
use serde_json::{Value, json};
use support::{
    item,
    members::{Channel, Member, locate, pool},
};

/// What passes with time, and what numbers the answers.
fn without_numbers(answer: &str) -> String {
    let mut value: Value = match serde_json::from_str(answer.lines().last().unwrap_or_default()) {
        Ok(value) => value,
        Err(_) => return answer.to_owned(),
    };
    forget(&mut value);
    let head: Vec<&str> = answer.lines().take_while(|line| !line.is_empty()).collect();
    let head: Vec<&str> = head.into_iter().filter(|line| !line.starts_with("content-length: ")).collect();
    format!("{} {value}", head.join("\n"))
}

fn forget(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for passing in ["uptime_seconds", "connected_seconds", "order"] {
                fields.remove(passing);
            }
            fields.values_mut().for_each(forget);
        }
        Value::Array(values) => values.iter_mut().for_each(forget),
        _ => {}
    }
}

/// All that can be asked over HTTP about these items, and about the pool.
async fn over_http(member: &Member<'_>, items: &[Metainfo]) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/api/v1/items",
        "/api/v1/items?offline=true",
        "/api/v1/items?search=notes",
        "/api/v1/items?search=secret&sort=holders",
        "/api/v1/items?holder=peer+1",
        "/api/v1/peers",
        "/api/v1/peers?sort=items",
        "/api/v1/health",
    ]
    .map(str::to_owned)
    .into();
    for item in items {
        let hash = item.info.hash();
        let hash = hash.v2().map_or_else(|| hash.to_string(), |hash| hash.to_string());
        let of_it = ["", "/files", "/holders"].map(|part| format!("/api/v1/items/{hash}{part}"));
        paths.extend(of_it);
        paths.extend([format!("/items/{hash}.torrent"), format!("/items/{hash}/magnet")]);
        let wire = item.info.hash().v1_wire().unwrap();
        let escaped: String = wire.0.iter().map(|byte| format!("%{byte:02x}")).collect();
        paths.push(format!("/scrape?info_hash={escaped}"));
        paths.push(format!(
            "/announce?info_hash={escaped}&peer_id=bbbbbbbbbbbbbbbbbbbb&port=9&left=1&compact=1&event=stopped"
        ));
    }
    let mut answers = Vec::new();
    for path in paths {
        answers.push(format!("{path}: {}", without_numbers(&member.get(&path).await)));
    }
    answers
}

/// The same over a channel.
async fn over_channel(channel: &mut Channel, items: &[Metainfo]) -> Vec<ToPeer> {
    let request = RequestId(1);
    let mut questions = vec![
        ToTracker::List { request, query: String::new(), cursor: None, limit: 0, offline: true },
        ToTracker::List { request, query: "secret".into(), cursor: None, limit: 0, offline: false },
    ];
    for name in ["notes", "secret", "se", ""] {
        let target = Target::Name { name: name.into(), hash_prefix: String::new() };
        questions.push(ToTracker::Locate { request, target, wanted: 0, follow: false });
    }
    for item in items {
        let info_hash = item.info.hash();
        questions.push(locate(info_hash));
        questions.push(ToTracker::GetMetainfo { request, info_hash });
        questions.push(ToTracker::Holders { request, info_hash, offset: 0, limit: 9 });
    }
    questions.push(ToTracker::FindPeers { request, search: PeerSearch::default() });
    let mut answers = Vec::new();
    for question in questions {
        let mut answer = channel.answer(&question).await;
        if let ToPeer::FoundPeers { page, .. } = &mut answer {
            page.peers.iter_mut().for_each(|peer| peer.connected_seconds = 0);
        }
        answers.push(answer);
    }
    answers
}

#[tokio::test]
async fn every_question_is_answered_alike_with_and_without_what_is_hidden() {
    let tracker = pool().await;
    let ann = Member::join(&tracker, "ann", &tracker.invite().unwrap().code.clone()).await;
    let bob = Member::join(&tracker, "bob", &ann.invite().await).await;
    let seen = item("notes.txt", b"for all");
    let hidden = [item("secret.txt", b"for few"), item("secret notes.txt", b"for all")];
    for right in ["see", "get", "give"] {
        let rule = json!({ "pattern": "secret*", "right": right, "subject": "member:ann" });
        ann.post("/api/v1/access", &rule).await;
    }
    let all: Vec<Metainfo> = [seen.clone()].into_iter().chain(hidden.clone()).collect();
    let (mut anns, mut bobs) = (ann.channel(1).await, bob.channel(2).await);
    anns.bring(&seen).await;
    let before = (over_http(&bob, &all).await, over_channel(&mut bobs, &all).await);
    for item in &hidden {
        anns.bring(item).await;
    }
    let of_ann = over_http(&ann, &all).await;
    let after = (over_http(&bob, &all).await, over_channel(&mut bobs, &all).await);
    for (before, after) in before.0.iter().zip(&after.0) {
        assert_eq!(before, after);
    }
    for (before, after) in before.1.iter().zip(&after.1) {
        assert_eq!(before, after);
    }
    let differ = of_ann.iter().zip(&after.0).filter(|(ann, bob)| ann != bob).count();
    assert!(differ > all.len(), "who may see them does: {of_ann:#?}");
}

#[tokio::test]
async fn whoever_may_only_see_an_item_gets_neither_its_files_nor_its_metainfo() {
    let tracker = pool().await;
    let ann = Member::join(&tracker, "ann", &tracker.invite().unwrap().code.clone()).await;
    let bob = Member::join(&tracker, "bob", &ann.invite().await).await;
    for (pattern, right) in [("show*", "see"), ("show*", "give"), ("give*", "get"), ("hide*", "see")] {
        let subject = if right == "give" || pattern == "hide*" { "member:ann" } else { "member:bob" };
        ann.post("/api/v1/access", &json!({ "pattern": pattern, "right": right, "subject": subject })).await;
    }
    let [shown, given, hidden] = ["show", "give", "hide"].map(|name| item(name, name.as_bytes()));
    let (mut anns, mut bobs) = (ann.channel(1).await, bob.channel(2).await);
    for item in [&shown, &given, &hidden] {
        anns.bring(item).await;
    }
    for (item, status, code) in [
        (&given, 200, None),
        (&shown, 403, Some("not_allowed")),
        // As one that there is not.
        (&hidden, 404, Some("not_found")),
    ] {
        let info_hash = item.info.hash();
        let hash = info_hash.v2().unwrap();
        for path in [
            format!("/api/v1/items/{hash}/files"),
            format!("/items/{hash}.torrent"),
            format!("/items/{hash}/magnet?form=v1"),
        ] {
            let answer = bob.get(&path).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
            assert!(
                code.is_none_or(|code| answer.contains(&format!("\"code\":\"{code}\""))),
                "{path}: {answer}"
            );
        }
        let magnet = bob.get(&format!("/items/{hash}/magnet")).await;
        assert_eq!(magnet.starts_with("HTTP/1.1 200 "), status != 404, "{magnet}");
        let search = FileSearch { info_hash, under: String::new(), offset: 0, limit: 0 };
        for question in [
            ToTracker::GetMetainfo { request: RequestId(1), info_hash },
            ToTracker::Files { request: RequestId(1), search },
        ] {
            let answer = bobs.answer(&question).await;
            let refused = match answer {
                ToPeer::Failed { error: Failure::MayNotGet { .. }, .. } => 403,
                ToPeer::Failed { error: Failure::NotFound { .. } | Failure::NoMetainfo { .. }, .. } => 404,
                ToPeer::Metainfo { .. } | ToPeer::FileList { .. } => 200,
                other => panic!("{other:?}"),
            };
            assert_eq!(refused, status, "{question:?}");
        }
    }
}
