//! Sign-in with an account elsewhere, before a provider on this machine.

use std::collections::BTreeMap;

use peerpool_api::{AuditEntry, MadeToken, ProviderAnswered, SignInWays, SignIns};
use peerpool_web::session::KEY_HEADER;

use super::*;
use crate::oidc::testing::{TestProvider, Wrong};

/// A browser: what it has of the tracker.
#[derive(Debug, Clone, Default)]
struct Browser {
    cookie: Option<String>,
    key: Option<String>,
}

/// Somebody on the way back from the provider.
#[derive(Debug, Clone)]
struct Back {
    code: String,
    state: String,
    iss: Option<String>,
}

impl Back {
    fn body(&self) -> Value {
        json!({ "code": self.code, "state": self.state, "iss": self.iss })
    }
}

struct World {
    pool: Pool,
    provider: TestProvider,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let (provider, folder) = (TestProvider::start().await, tempfile::tempdir().unwrap());
        let pool =
            Pool::with(Config { oidc: Some(provider.config(folder.path())), ..Pool::config(true) }).await;
        Self { pool: pool.with_ann_and_bob().await, provider, _folder: folder }
    }

    /// Asks in a browser. What is refused is its code.
    async fn ask<T: DeserializeOwned>(
        &mut self,
        browser: &mut Browser,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, String> {
        let cookie = browser.cookie.clone().map(|cookie| ("cookie", cookie));
        let key = browser.key.clone().map(|key| (KEY_HEADER, key));
        self.pool.headers = cookie.into_iter().chain(key).collect();
        let response = self.pool.respond(None, method, path, body).await;
        self.pool.headers.clear();
        let set = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        if let Some(set) = set.into_iter().find(|set| set.starts_with("__Host-")) {
            for attribute in ["Path=/", "HttpOnly", "Secure", "SameSite=Strict", "Max-Age=600"] {
                assert!(set.split("; ").any(|part| part == attribute), "{set}");
            }
            browser.cookie = set.split(';').next().map(str::to_owned);
        }
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        match status.is_success() {
            true => Ok(serde_json::from_value(answer).unwrap()),
            false => Err(answer["code"].as_str().unwrap().to_owned()),
        }
    }

    /// Goes to the provider, and signs in there as `subject`.
    async fn go(&mut self, browser: &mut Browser, path: &str, body: Value, subject: &str) -> Back {
        let at: peerpool_api::AtProvider = self.ask(browser, "POST", path, Some(body)).await.unwrap();
        let (code, state) = self.provider.sign_in(&at.url, subject);
        Back { code, state, iss: Some(self.provider.issuer().to_owned()) }
    }

    async fn come(&mut self, browser: &mut Browser, back: &Back) -> Result<ProviderAnswered, String> {
        let answered: ProviderAnswered =
            self.ask(browser, "POST", "sign-in/provider/answer", Some(back.body())).await?;
        browser.key = answered.key.clone().or(browser.key.take());
        Ok(answered)
    }

    async fn sign_in(&mut self, subject: &str) -> Result<Browser, String> {
        let mut browser = Browser::default();
        let back = self.go(&mut browser, "sign-in/provider", json!({}), subject).await;
        self.come(&mut browser, &back).await.map(|_| browser)
    }

    /// Signs up by an invite of ann.
    async fn sign_up(&mut self, name: &str, subject: &str) -> Result<Browser, String> {
        let code = self.pool.invite(ANN, json!({})).await;
        let mut browser = Browser::default();
        let body = json!({ "code": BASE64URL_NOPAD.encode(&code.0), "name": name });
        let back = self.go(&mut browser, "sign-in/provider", body, subject).await;
        self.come(&mut browser, &back).await.map(|_| browser)
    }

    async fn name(&mut self, browser: &mut Browser) -> Result<String, String> {
        self.ask::<Me>(browser, "GET", "me", None).await.map(|me| me.name)
    }
}

#[tokio::test]
async fn whoever_signs_up_with_an_account_comes_back_by_it_without_a_password() {
    let mut world = World::new().await;
    let ways: SignInWays = world.ask(&mut Browser::default(), "GET", "sign-in", None).await.unwrap();
    assert_eq!(ways.provider.as_deref(), Some("Example"));
    let mut first = world.sign_up("cas", "c-1").await.unwrap();
    assert_eq!(world.name(&mut first).await.unwrap(), "cas");
    let mut second = world.sign_in("c-1").await.unwrap();
    assert_eq!(world.name(&mut second).await.unwrap(), "cas");
    let ins: SignIns = world.ask(&mut second, "GET", "sign-ins", None).await.unwrap();
    assert_eq!((ins.password, ins.accounts.len()), (false, 1));
    assert_eq!(ins.accounts[0].label, "c-1@example.org");
    let audit: Vec<AuditEntry> = world.pool.answer(ANN, "GET", "audit", None).await;
    assert!(
        audit.iter().any(|entry| entry.action == "identity_linked" && entry.target == "cas"),
        "{audit:?}"
    );
}

#[tokio::test]
async fn an_account_of_nobody_is_told_how_to_be_invited_and_nothing_else() {
    let mut world = World::new().await;
    assert_eq!(world.sign_in("stranger").await.unwrap_err(), "not_a_member");
    let used = json!({ "code": BASE64URL_NOPAD.encode(&[7; 16]), "name": "eve" });
    let mut browser = Browser::default();
    let refused = world.ask::<Value>(&mut browser, "POST", "sign-in/provider", Some(used)).await;
    assert_eq!(refused.unwrap_err(), "no_invite");
    assert_eq!(world.sign_up("bob", "e-1").await.unwrap_err(), "taken");
    assert_eq!(world.sign_in("e-1").await.unwrap_err(), "not_a_member");
}

#[tokio::test]
async fn a_member_links_an_account_and_removes_it_again() {
    let mut world = World::new().await;
    let set = Some(json!({ "new": "correct horse" }));
    let _: Changed = world.pool.answer(BOB, "POST", "me/password", set).await;
    let body = Some(json!({ "name": "bob", "password": "correct horse" }));
    let session: api::Session = world.ask(&mut Browser::default(), "POST", "sign-in", body).await.unwrap();
    let mut browser = Browser { key: Some(session.key), cookie: None };
    let back = world.go(&mut browser, "me/accounts", json!({}), "b-1").await;
    assert_eq!(world.come(&mut browser, &back).await.unwrap(), ProviderAnswered { key: None });
    let mut elsewhere = world.sign_in("b-1").await.unwrap();
    assert_eq!(world.name(&mut elsewhere).await.unwrap(), "bob");

    let ins: SignIns = world.ask(&mut browser, "GET", "sign-ins", None).await.unwrap();
    let id = ins.accounts[0].id.clone();
    let of_ann = world.ask::<SignIns>(&mut browser, "GET", "sign-ins?member=ann", None).await;
    assert_eq!(of_ann.unwrap_err(), "not_allowed");
    let _: Changed = world.ask(&mut browser, "DELETE", &format!("sign-ins/{id}"), None).await.unwrap();
    assert_eq!(world.name(&mut elsewhere).await.unwrap_err(), "no_key");
    assert_eq!(world.sign_in("b-1").await.unwrap_err(), "not_a_member");
    assert_eq!(world.name(&mut browser).await.unwrap(), "bob");
}

#[tokio::test]
async fn nobody_takes_their_own_last_way_in_and_an_administrator_takes_it() {
    let mut world = World::new().await;
    let mut cas = world.sign_up("cas", "c-1").await.unwrap();
    let ins: SignIns = world.ask(&mut cas, "GET", "sign-ins", None).await.unwrap();
    let path = format!("sign-ins/{}", ins.accounts[0].id);
    assert_eq!(world.ask::<Changed>(&mut cas, "DELETE", &path, None).await.unwrap_err(), "bad_request");
    let new = Some(json!({ "new": "correct horse" }));
    let _: Changed = world.ask(&mut cas, "POST", "me/password", new).await.unwrap();
    let _: Changed = world.ask(&mut cas, "DELETE", &path, None).await.unwrap();
    let password = "sign-ins/password";
    assert_eq!(world.ask::<Changed>(&mut cas, "DELETE", password, None).await.unwrap_err(), "bad_request");
    let _: Changed = world.pool.answer(ANN, "DELETE", "sign-ins/password?member=cas", None).await;
    assert_eq!(world.name(&mut cas).await.unwrap_err(), "no_key");
    assert_eq!(world.pool.refusal(BOB, "DELETE", "sign-ins/password?member=ann", None).await, "not_allowed");
}

#[tokio::test]
async fn a_token_neither_links_nor_removes_an_account() {
    let mut world = World::new().await;
    let made = Some(json!({ "name": "backup", "scope": "write" }));
    let MadeToken { token, .. } = world.pool.answer(BOB, "POST", "tokens", made).await;
    world.pool.headers = vec![("authorization", format!("Bearer {token}"))];
    for (method, path) in [("POST", "me/accounts"), ("DELETE", "sign-ins/password")] {
        assert_eq!(world.pool.refusal(None, method, path, None).await, "not_allowed", "{path}");
    }
}

#[tokio::test]
async fn what_a_provider_must_not_sign_lets_nobody_in() {
    let mut world = World::new().await;
    world.sign_up("cas", "c-1").await.unwrap();
    let claim = |name, value: Value| Wrong { claims: BTreeMap::from([(name, value)]), ..Wrong::default() };
    for wrong in [
        claim("nonce", json!("another")),
        claim("aud", json!("another")),
        claim("azp", json!("another")),
        claim("iss", json!("https://evil.example")),
        claim("exp", json!(1)),
        Wrong { signature: true, ..Wrong::default() },
        Wrong { unsigned: true, ..Wrong::default() },
    ] {
        world.provider.does_wrong(wrong.clone());
        assert_eq!(world.sign_in("c-1").await.unwrap_err(), "no_key", "{wrong:?}");
    }
    world.provider.does_wrong(Wrong::default());
    world.sign_in("c-1").await.unwrap();
}

#[tokio::test]
async fn what_comes_back_is_good_once_and_in_the_browser_that_went() {
    let mut world = World::new().await;
    world.sign_up("cas", "c-1").await.unwrap();
    // The provider alone is no help: it takes each code as often as it comes.
    world.provider.does_wrong(Wrong { takes_codes_again: true, ..Wrong::default() });
    let (mut victim, mut thief) = (Browser::default(), Browser::default());
    let back = world.go(&mut victim, "sign-in/provider", json!({}), "c-1").await;
    let of_thief = world.go(&mut thief, "sign-in/provider", json!({}), "t-1").await;
    assert_eq!(world.come(&mut Browser::default(), &back).await.unwrap_err(), "no_key");
    assert_eq!(world.come(&mut thief, &back).await.unwrap_err(), "no_key");
    // Nor does anybody get into the account of another by a link that the other opens.
    assert_eq!(world.come(&mut victim, &of_thief).await.unwrap_err(), "no_key");
    // A code of one flow in another: its verifier does not fit.
    let mixed = Back { code: back.code.clone(), ..of_thief };
    assert_eq!(world.come(&mut thief, &mixed).await.unwrap_err(), "no_key");
    world.come(&mut victim, &back).await.unwrap();
    let mut again = Browser { key: None, ..victim };
    assert_eq!(world.come(&mut again, &back).await.unwrap_err(), "no_key");
    for state in ["", "x", &BASE64URL_NOPAD.encode(&[7; 32])] {
        let unknown = Back { state: state.to_owned(), ..back.clone() };
        assert_eq!(world.come(&mut again, &unknown).await.unwrap_err(), "no_key", "{state}");
    }
}

#[tokio::test]
async fn an_answer_of_another_provider_is_refused_before_its_code_goes_anywhere() {
    let mut world = World::new().await;
    world.sign_up("cas", "c-1").await.unwrap();
    for iss in [None, Some("https://evil.example".to_owned())] {
        let mut browser = Browser::default();
        let back = world.go(&mut browser, "sign-in/provider", json!({}), "c-1").await;
        let mixed = Back { iss, ..back };
        assert_eq!(world.come(&mut browser, &mixed).await.unwrap_err(), "no_key");
    }
    let refusal = json!({ "state": "x", "error": "access_denied" });
    let mut browser = Browser::default();
    let refused = world.ask::<Value>(&mut browser, "POST", "sign-in/provider/answer", Some(refusal)).await;
    assert_eq!(refused.unwrap_err(), "no_key");
}

#[tokio::test]
async fn a_session_links_no_account_that_another_one_went_for() {
    let mut world = World::new().await;
    let (mut cas, mut dan) =
        (world.sign_up("cas", "c-1").await.unwrap(), world.sign_up("dan", "d-1").await.unwrap());
    let back = world.go(&mut cas, "me/accounts", json!({}), "c-2").await;
    dan.cookie = cas.cookie.clone();
    assert_eq!(world.come(&mut dan, &back).await.unwrap_err(), "no_key");
    assert_eq!(world.sign_in("c-2").await.unwrap_err(), "not_a_member");
    let back = world.go(&mut cas, "me/accounts", json!({}), "d-1").await;
    assert_eq!(world.come(&mut cas, &back).await.unwrap_err(), "taken");
}

#[tokio::test]
async fn a_host_that_comes_and_goes_has_to_wait() {
    let mut world = World::new().await;
    let mut browser = Browser::default();
    let mut refused = None;
    for _ in 0..40 {
        let gone = world.ask::<Value>(&mut browser, "POST", "sign-in/provider", Some(json!({}))).await;
        refused = refused.or(gone.err());
    }
    assert_eq!(refused.as_deref(), Some("busy"));
}

#[tokio::test]
async fn a_provider_that_calls_itself_something_else_is_none() {
    let mut world = World::new().await;
    world.provider.does_wrong(Wrong { issuer: Some("https://evil.example".to_owned()), ..Wrong::default() });
    let mut browser = Browser::default();
    let refused = world.ask::<Value>(&mut browser, "POST", "sign-in/provider", Some(json!({}))).await;
    assert_eq!(refused.unwrap_err(), "no_key");
}

#[tokio::test]
async fn without_a_provider_nobody_signs_in_elsewhere() {
    let pool = Pool::of_ann_and_bob().await;
    let (_, ways) = pool.ask(None, "GET", "sign-in", None).await;
    assert_eq!(ways, json!({ "passkeys": false }));
    assert_eq!(pool.refusal(None, "POST", "sign-in/provider", Some(json!({}))).await, "not_found");
    let open = Pool::new(false).await;
    assert_eq!(open.refusal(None, "GET", "sign-in", None).await, "not_found");
    let (provider, folder) = (TestProvider::start().await, tempfile::tempdir().unwrap());
    let config = Config { oidc: Some(provider.config(folder.path())), ..Pool::config(false) };
    let refused = Tracker::start_in_memory(config).await.err().unwrap().to_string();
    assert!(refused.contains("--members"), "{refused}");
}
