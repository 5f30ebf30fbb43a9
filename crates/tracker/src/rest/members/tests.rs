//! What members are answered. Who asks is said by an extension, as a connection would.

mod access;
mod channel;
#[cfg(unix)]
mod database;
mod keys;
mod passkeys;
mod people;
mod provider;
mod stock;

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode},
};
use peerpool_catalogue::Endpoints;
use peerpool_web::guard::LocalAddress;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower::Service as _;

use super::*;
use crate::{Config, Tracker, connection::Lasting, slots::Slots};

const ANN: u8 = 1;
const BOB: u8 = 2;
const EVE: u8 = 9;

struct Pool {
    tracker: Tracker,
    slots: Slots,
    /// Further ones of each request.
    headers: Vec<(&'static str, String)>,
}

impl Pool {
    fn config(members: bool) -> Config {
        Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            data: None,
            database: None,
            advertise: None,
            name: Some("home".to_owned()),
            announce_on_lan: false,
            hosts: Vec::new(),
            sites: Default::default(),
            members,
            certificate: None,
            acme: None,
            oidc: None,
            convert: false,
        }
    }

    async fn new(members: bool) -> Self {
        Self::with(Self::config(members)).await
    }

    async fn with(config: Config) -> Self {
        Self {
            tracker: Tracker::start_in_memory(config).await.unwrap(),
            slots: Slots::as_many_as_files(),
            headers: Vec::new(),
        }
    }

    /// A pool that ann keeps and bob belongs to.
    async fn of_ann_and_bob() -> Self {
        Self::new(true).await.with_ann_and_bob().await
    }

    async fn with_ann_and_bob(self) -> Self {
        let code = self.tracker.invite().unwrap().code.clone();
        self.join(ANN, "ann", &code).await;
        let code = self.invite(ANN, json!({})).await;
        self.join(BOB, "bob", &code).await;
        self
    }

    async fn respond(
        &self,
        key: Option<u8>,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> axum::response::Response {
        let addr = self.tracker.addr();
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") })
            .header("host", addr.to_string());
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        let mut request = request.body(body).unwrap();
        let slot = Arc::new(self.slots.take(addr.ip()).unwrap());
        let endpoints = Endpoints { remote: addr.ip(), local: addr.ip() };
        request.extensions_mut().insert(LocalAddress(addr));
        request.extensions_mut().insert(Connection {
            endpoints,
            local: addr,
            slot,
            lasting: Lasting::default(),
        });
        for (name, value) in &self.headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        if let Some(key) = key {
            request.extensions_mut().insert(Caller::Device(PublicKey([key; 32])));
        }
        self.tracker.router.clone().call(request).await.unwrap()
    }

    async fn ask(
        &self,
        key: Option<u8>,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let response = self.respond(key, method, path, body).await;
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn answer<T: DeserializeOwned>(&self, key: u8, method: &str, path: &str, body: Option<Value>) -> T {
        let (status, answer) = self.ask(Some(key), method, path, body).await;
        assert_eq!(status, StatusCode::OK, "{method} {path}: {answer}");
        serde_json::from_value(answer).unwrap()
    }

    async fn refusal(
        &self,
        key: impl Into<Option<u8>>,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> String {
        let (status, answer) = self.ask(key.into(), method, path, body).await;
        assert!(!status.is_success(), "{method} {path}: {answer}");
        answer["code"].as_str().unwrap().to_owned()
    }

    async fn invite(&self, by: u8, body: Value) -> Code {
        let made: MadeInvite = self.answer(by, "POST", "invites", Some(body)).await;
        let invite: Invite = made.link.parse().unwrap();
        assert_eq!(invite.tracker, self.tracker.addr().to_string());
        assert_eq!(made.id, invite.code.hash().id());
        invite.code
    }

    async fn join(&self, key: u8, name: &str, code: &Code) -> Joined {
        self.answer(key, "POST", "join", Some(joining(name, code))).await
    }
}

fn joining(name: &str, code: &Code) -> Value {
    json!({ "code": BASE64URL_NOPAD.encode(&code.0), "name": name, "device": "laptop" })
}

fn hex(key: u8) -> String {
    HEXLOWER.encode(&[key; 32])
}

#[tokio::test]
async fn the_first_invite_makes_an_administrator_who_invites_others() {
    let pool = Pool::of_ann_and_bob().await;
    let ann: Me = pool.answer(ANN, "GET", "me", None).await;
    let bob: Me = pool.answer(BOB, "GET", "me", None).await;
    assert_eq!((ann.name.as_str(), ann.role, ann.device.as_str()), ("ann", api::Role::Admin, "laptop"));
    assert_eq!((bob.name.as_str(), bob.role), ("bob", api::Role::Member));
    let members: Vec<api::Member> = pool.answer(BOB, "GET", "members", None).await;
    assert_eq!(members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["ann", "bob"]);
    let left: Vec<api::Invite> = pool.answer(ANN, "GET", "invites", None).await;
    assert_eq!(left, []);
}

#[tokio::test]
async fn a_newcomer_can_check_the_keyset_against_the_root_before_it_joins() {
    let pool = Pool::new(true).await;
    let root = pool.tracker.invite().unwrap().root;
    let told: PoolKeyset = pool.answer(EVE, "GET", "keyset", None).await;
    let statement = BASE64URL_NOPAD.decode(told.keyset.as_bytes()).unwrap();
    let keyset = peerpool_access::Keyset::open(&statement, root, None).unwrap();
    assert_eq!((keyset.name, keyset.serial), ("home".to_owned(), 1));
    assert_eq!(told.pool, HEXLOWER.encode(&root.pool().0));
}

#[tokio::test]
async fn who_is_no_member_learns_nothing_but_the_keyset() {
    let pool = Pool::of_ann_and_bob().await;
    for path in ["me", "members", "invites", "devices"] {
        assert_eq!(pool.refusal(EVE, "GET", path, None).await, "not_a_member", "{path}");
        assert_eq!(pool.refusal(None, "GET", path, None).await, "no_key", "{path}");
    }
    assert_eq!(pool.refusal(EVE, "DELETE", "members/bob", None).await, "not_a_member");
    assert_eq!(pool.refusal(None, "GET", "keyset", None).await, "members_only");
    let used = Code([7; 16]);
    assert_eq!(pool.refusal(EVE, "POST", "join", Some(joining("eve", &used))).await, "no_invite");
}

#[tokio::test]
async fn a_member_may_do_to_its_own_what_it_may_not_do_to_others() {
    let pool = Pool::of_ann_and_bob().await;
    let role = Some(json!({ "role": "admin" }));
    for (method, path, body) in [
        ("POST", "invites".to_owned(), Some(json!({}))),
        ("POST", "invites".to_owned(), Some(json!({ "device_of": "ann" }))),
        ("PATCH", "members/bob".to_owned(), role.clone()),
        ("DELETE", "members/ann".to_owned(), None),
        ("DELETE", format!("devices/{}", hex(ANN)), None),
    ] {
        assert_eq!(pool.refusal(BOB, method, &path, body).await, "not_allowed", "{method} {path}");
    }
    let code = pool.invite(BOB, json!({ "device_of": "bob" })).await;
    assert_eq!(pool.join(3, "", &code).await.name, "bob");
    let devices: Vec<api::Device> = pool.answer(BOB, "GET", "devices", None).await;
    assert_eq!(devices.iter().map(|device| &device.key).collect::<Vec<_>>(), [&hex(BOB), &hex(3)]);
    let _: Changed = pool.answer(BOB, "DELETE", &format!("devices/{}", hex(3)), None).await;
    assert_eq!(pool.refusal(3, "GET", "me", None).await, "not_a_member");
    let rekey = Some(json!({ "new": hex(4) }));
    let _: Changed = pool.answer(BOB, "POST", &format!("devices/{}/rekey", hex(BOB)), rekey).await;
    assert_eq!(pool.refusal(BOB, "GET", "me", None).await, "not_a_member");
    assert_eq!(pool.answer::<Me>(4, "GET", "me", None).await.name, "bob");
    // All that there is of the pool is told to who keeps it.
    let devices: Vec<api::Device> = pool.answer(ANN, "GET", "devices", None).await;
    assert_eq!(devices.iter().filter(|device| device.revoked).count(), 2);
}

#[tokio::test]
async fn a_member_that_is_suspended_or_removed_may_do_nothing() {
    let pool = Pool::of_ann_and_bob().await;
    let state = |state: &str| Some(json!({ "state": state }));
    let _: Changed = pool.answer(ANN, "PATCH", "members/bob", state("suspended")).await;
    assert_eq!(pool.refusal(BOB, "GET", "me", None).await, "not_a_member");
    let resumed: Changed = pool.answer(ANN, "PATCH", "members/bob", state("active")).await;
    let _: Me = pool.answer(BOB, "GET", "me", None).await;
    let removed: Changed = pool.answer(ANN, "DELETE", "members/bob", None).await;
    assert!(removed.epoch > resumed.epoch);
    assert_eq!(pool.refusal(BOB, "GET", "me", None).await, "not_a_member");
    assert_eq!(pool.refusal(ANN, "PATCH", "members/bob", state("active")).await, "not_found");
    assert_eq!(pool.refusal(ANN, "DELETE", "members/ann", None).await, "last_admin");
}

#[tokio::test]
async fn a_change_of_which_a_part_is_refused_changes_nothing() {
    let pool = Pool::of_ann_and_bob().await;
    let both = Some(json!({ "name": "anna", "role": "guest" }));
    assert_eq!(pool.refusal(ANN, "PATCH", "members/ann", both).await, "last_admin");
    assert_eq!(pool.answer::<Me>(ANN, "GET", "me", None).await.name, "ann");
    let taken = Some(json!({ "name": "bob" }));
    assert_eq!(pool.refusal(ANN, "PATCH", "members/ann", taken).await, "taken");
}

#[tokio::test]
async fn an_invite_that_was_withdrawn_lets_nobody_in() {
    let pool = Pool::of_ann_and_bob().await;
    let code = pool.invite(ANN, json!({ "role": "reader", "uses": 5 })).await;
    let listed: Vec<api::Invite> = pool.answer(ANN, "GET", "invites", None).await;
    let [invite] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((invite.role, invite.uses, invite.by.as_deref()), (api::Role::Reader, 5, Some("ann")));
    let of_bob: Vec<api::Invite> = pool.answer(BOB, "GET", "invites", None).await;
    assert_eq!(of_bob, []);
    assert_eq!(pool.refusal(BOB, "DELETE", &format!("invites/{}", invite.id), None).await, "not_allowed");
    let _: Changed = pool.answer(ANN, "DELETE", &format!("invites/{}", invite.id), None).await;
    assert_eq!(pool.refusal(EVE, "POST", "join", Some(joining("eve", &code))).await, "no_invite");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let pool = Pool::of_ann_and_bob().await;
    let code = pool.invite(ANN, json!({ "uses": 2 })).await;
    assert_eq!(pool.refusal(EVE, "POST", "join", Some(joining("bob", &code))).await, "taken");
    assert_eq!(pool.refusal(BOB, "POST", "join", Some(joining("eve", &code))).await, "taken");
    assert_eq!(pool.refusal(EVE, "POST", "join", Some(joining("", &code))).await, "bad_request");
    assert_eq!(pool.refusal(EVE, "POST", "join", None).await, "unsupported_media_type");
    assert_eq!(pool.refusal(ANN, "POST", "invites", Some(json!({ "groups": ["lab"] }))).await, "not_found");
    assert_eq!(pool.refusal(ANN, "POST", "invites", Some(json!({ "seconds": 0 }))).await, "bad_request");
    assert_eq!(pool.refusal(ANN, "DELETE", "devices/12", None).await, "bad_request");
    assert_eq!(pool.refusal(ANN, "DELETE", &format!("devices/{}", hex(EVE)), None).await, "not_found");
}

#[tokio::test]
async fn an_open_pool_has_no_members() {
    let pool = Pool::new(false).await;
    assert!(pool.tracker.invite().is_none());
    for path in ["keyset", "me", "members"] {
        assert_eq!(pool.refusal(ANN, "GET", path, None).await, "not_found", "{path}");
    }
}
