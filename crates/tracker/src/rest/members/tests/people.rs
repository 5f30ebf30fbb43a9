//! Passwords, sessions and tokens.

use peerpool_api::{ApiToken, AuditEntry, MadeToken, Session, SignedIn};

use super::*;

const PASSWORD: &str = "correct horse";

impl Pool {
    /// Asks as a browser with this key, or a program with this token.
    async fn shows<T: DeserializeOwned>(
        &mut self,
        header: (&'static str, &str),
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, String> {
        self.headers = vec![(header.0, header.1.to_owned())];
        let (status, answer) = self.ask(None, method, path, body).await;
        self.headers.clear();
        match status.is_success() {
            true => Ok(serde_json::from_value(answer).unwrap()),
            false => Err(answer["code"].as_str().unwrap().to_owned()),
        }
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<String, String> {
        let body = json!({ "name": name, "password": password });
        let (status, answer) = self.ask(None, "POST", "sign-in", Some(body)).await;
        match status.is_success() {
            true => Ok(serde_json::from_value::<Session>(answer).unwrap().key),
            false => Err(answer["code"].as_str().unwrap().to_owned()),
        }
    }

    /// A pool whose bob has a password.
    async fn of_bob_with_a_password() -> Self {
        let pool = Self::of_ann_and_bob().await;
        let _: Changed = pool.answer(BOB, "POST", "me/password", Some(json!({ "new": PASSWORD }))).await;
        pool
    }
}

#[tokio::test]
async fn who_knows_the_password_is_the_member_and_nobody_else_is() {
    let mut pool = Pool::of_bob_with_a_password().await;
    let key = pool.sign_in("bob", PASSWORD).await.unwrap();
    let me: Me = pool.shows(("x-peerpool-key", &key), "GET", "me", None).await.unwrap();
    assert_eq!((me.name.as_str(), me.device.as_str()), ("bob", ""));
    for (name, password) in [("bob", "correct horsf"), ("ann", PASSWORD), ("nobody", PASSWORD)] {
        assert_eq!(pool.sign_in(name, password).await.unwrap_err(), "no_key", "{name}");
    }
    let strange = BASE64URL_NOPAD.encode(&[7; 32]);
    for key in ["", "x", &strange] {
        let refused = pool.shows::<Me>(("x-peerpool-key", key), "GET", "me", None).await;
        assert_eq!(refused.unwrap_err(), "no_key", "{key}");
    }
    let audit: Vec<AuditEntry> = pool.answer(ANN, "GET", "audit", None).await;
    let said = audit.iter().map(|entry| format!("{entry:?}")).collect::<String>();
    assert!(said.contains("signed_in") && said.contains("password_set") && !said.contains(&key), "{said}");
}

#[tokio::test]
async fn whoever_guesses_has_to_wait() {
    let pool = Pool::of_bob_with_a_password().await;
    for _ in 0..5 {
        assert_eq!(pool.sign_in("bob", "wrong password").await.unwrap_err(), "no_key");
    }
    let body = json!({ "name": "bob", "password": PASSWORD });
    let (status, refused) = pool.ask(None, "POST", "sign-in", Some(body)).await;
    assert_eq!((status, refused["code"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("busy")));
    assert!(refused["retry_after"].as_u64().unwrap() > 60, "{refused}");
}

#[tokio::test]
async fn a_session_ends_when_it_signs_out_or_its_member_is_removed() {
    let mut pool = Pool::of_bob_with_a_password().await;
    let first = pool.sign_in("bob", PASSWORD).await.unwrap();
    let second = pool.sign_in("bob", PASSWORD).await.unwrap();
    let key = |key: &'static str| ("x-peerpool-key", key);
    let (first, second) = (key(first.leak()), key(second.leak()));
    let sessions: Vec<SignedIn> = pool.shows(second, "GET", "sessions", None).await.unwrap();
    assert_eq!(sessions.iter().filter(|session| session.current).count(), 1);
    assert_eq!(sessions.len(), 2);
    let _: Changed = pool.shows(first, "POST", "sign-out", None).await.unwrap();
    assert_eq!(pool.shows::<Me>(first, "GET", "me", None).await.unwrap_err(), "no_key");
    let _: Me = pool.shows(second, "GET", "me", None).await.unwrap();
    let suspended = Some(json!({ "state": "suspended" }));
    let _: Changed = pool.answer(ANN, "PATCH", "members/bob", suspended).await;
    assert_eq!(pool.shows::<Me>(second, "GET", "me", None).await.unwrap_err(), "no_key");
    assert_eq!(pool.sign_in("bob", PASSWORD).await.unwrap_err(), "no_key");
    let _: Changed = pool.answer(ANN, "DELETE", "members/bob", None).await;
    assert_eq!(pool.sign_in("bob", PASSWORD).await.unwrap_err(), "no_key");
}

#[tokio::test]
async fn what_is_on_its_way_to_whoever_is_removed_ends() {
    let mut pool = Pool::of_bob_with_a_password().await;
    let key = pool.sign_in("bob", PASSWORD).await.unwrap();
    let to_device = pool.respond(Some(BOB), "GET", "events", None).await;
    pool.headers = vec![("x-peerpool-key", key)];
    let to_browser = pool.respond(None, "GET", "events", None).await;
    pool.headers.clear();
    let _: Changed = pool.answer(ANN, "DELETE", "members/bob", None).await;
    for events in [to_device, to_browser] {
        assert_eq!(events.status(), StatusCode::OK);
        let rest = to_bytes(events.into_body(), 1 << 20);
        tokio::time::timeout(Duration::from_secs(20), rest).await.expect("it ends").unwrap();
    }
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_other_sessions() {
    let mut pool = Pool::of_bob_with_a_password().await;
    let other = pool.sign_in("bob", PASSWORD).await.unwrap();
    let own = pool.sign_in("bob", PASSWORD).await.unwrap();
    let new = "battery staple";
    for old in [None, Some("wrong password")] {
        let body = Some(json!({ "old": old, "new": new }));
        let refused = pool.shows::<Changed>(("x-peerpool-key", &own), "POST", "me/password", body).await;
        assert_eq!(refused.unwrap_err(), "no_key");
    }
    let body = Some(json!({ "old": PASSWORD, "new": new }));
    let _: Changed = pool.shows(("x-peerpool-key", &own), "POST", "me/password", body).await.unwrap();
    let _: Me = pool.shows(("x-peerpool-key", &own), "GET", "me", None).await.unwrap();
    let ended = pool.shows::<Me>(("x-peerpool-key", &other), "GET", "me", None).await;
    assert_eq!(ended.unwrap_err(), "no_key");
    assert_eq!(pool.sign_in("bob", PASSWORD).await.unwrap_err(), "no_key");
    pool.sign_in("bob", new).await.unwrap();
    let short = Some(json!({ "new": "short" }));
    assert_eq!(pool.refusal(BOB, "POST", "me/password", short).await, "bad_request");
}

#[tokio::test]
async fn a_token_does_what_its_scope_says_until_it_ends() {
    let mut pool = Pool::of_bob_with_a_password().await;
    let key = pool.sign_in("bob", PASSWORD).await.unwrap();
    let mut tokens = Vec::new();
    for scope in ["read", "write"] {
        let body = Some(json!({ "name": scope, "scope": scope }));
        let made: MadeToken = pool.shows(("x-peerpool-key", &key), "POST", "tokens", body).await.unwrap();
        tokens.push((format!("Bearer {}", made.token), made.id));
    }
    let invite = || Some(json!({ "device_of": "bob" }));
    let (reads, writes) = (&tokens[0].0, &tokens[1].0);
    let _: Me = pool.shows(("authorization", reads), "GET", "me", None).await.unwrap();
    let refused = pool.shows::<MadeInvite>(("authorization", reads), "POST", "invites", invite()).await;
    assert_eq!(refused.unwrap_err(), "not_allowed");
    let _: MadeInvite = pool.shows(("authorization", writes), "POST", "invites", invite()).await.unwrap();
    // None lets anybody in further than it goes itself.
    for (method, path, body) in [
        ("POST", "tokens", Some(json!({ "name": "more", "scope": "write" }))),
        ("DELETE", &*format!("tokens/{}", tokens[0].1), None),
        ("POST", "me/password", Some(json!({ "old": PASSWORD, "new": "battery staple" }))),
    ] {
        pool.shows::<Value>(("authorization", writes), method, path, body).await.unwrap_err();
    }
    let path = format!("tokens/{}", tokens[1].1);
    let _: Changed = pool.shows(("x-peerpool-key", &key), "DELETE", &path, None).await.unwrap();
    assert_eq!(pool.shows::<Me>(("authorization", writes), "GET", "me", None).await.unwrap_err(), "no_key");
    let left: Vec<ApiToken> = pool.shows(("x-peerpool-key", &key), "GET", "tokens", None).await.unwrap();
    assert_eq!(left.iter().map(|token| token.name.as_str()).collect::<Vec<_>>(), ["read"]);
}

#[tokio::test]
async fn an_invite_lets_somebody_in_without_a_device_once() {
    let mut pool = Pool::of_ann_and_bob().await;
    let code = BASE64URL_NOPAD.encode(&pool.invite(ANN, json!({ "role": "reader" })).await.0);
    let body = |name: &str| Some(json!({ "code": code, "name": name, "password": PASSWORD }));
    assert_eq!(pool.refusal(None, "POST", "sign-up", body("bob")).await, "taken");
    let (status, session) = pool.ask(None, "POST", "sign-up", body("eve")).await;
    assert_eq!(status, StatusCode::OK, "{session}");
    let key = session["key"].as_str().unwrap();
    let me: Me = pool.shows(("x-peerpool-key", key), "GET", "me", None).await.unwrap();
    assert_eq!((me.name.as_str(), me.role), ("eve", api::Role::Reader));
    assert_eq!(pool.refusal(None, "POST", "sign-up", body("mallory")).await, "no_invite");
    pool.sign_in("eve", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_cookie_reads_and_changes_nothing() {
    let mut pool = Pool::of_bob_with_a_password().await;
    let body = json!({ "name": "bob", "password": PASSWORD });
    let response = pool.respond(None, "POST", "sign-in", Some(body)).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.ends_with("HttpOnly; Secure; SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let _: Me = pool.shows(("cookie", pair), "GET", "me", None).await.unwrap();
    for (method, path) in [("POST", "sign-out"), ("POST", "me/password"), ("DELETE", "members/bob")] {
        let refused =
            pool.shows::<Changed>(("cookie", pair), method, path, Some(json!({ "new": PASSWORD }))).await;
        assert_eq!(refused.unwrap_err(), "not_allowed", "{path}");
    }
}

#[tokio::test]
async fn an_open_pool_has_nobody_who_signs_in() {
    let pool = Pool::new(false).await;
    let body = Some(json!({ "name": "bob", "password": PASSWORD }));
    assert_eq!(pool.refusal(None, "POST", "sign-in", body).await, "not_found");
}

#[tokio::test]
async fn the_counters_are_for_administrators_and_their_programs_alone() {
    let mut pool = Pool::of_ann_and_bob().await;
    let mut statuses = Vec::new();
    for member in [ANN, BOB] {
        statuses.push(pool.respond(Some(member), "GET", "/metrics", None).await.status().as_u16());
        let body = Some(json!({ "name": "prometheus", "scope": "read" }));
        let made: MadeToken = pool.answer(member, "POST", "tokens", body).await;
        pool.headers = vec![("authorization", format!("Bearer {}", made.token))];
        statuses.push(pool.respond(None, "GET", "/metrics", None).await.status().as_u16());
        pool.headers.clear();
    }
    statuses.push(pool.respond(None, "GET", "/metrics", None).await.status().as_u16());
    assert_eq!(statuses, [200, 200, 403, 403, 401]);
}
