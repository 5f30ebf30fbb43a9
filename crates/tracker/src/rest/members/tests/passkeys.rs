//! Sign-in by a passkey, with an authenticator of this file.

mod authenticator;

use peerpool_api::{AuditEntry, MadeToken, PasskeyAsked, PasskeyTaken, SignInWays, SignIns};
use peerpool_web::session::KEY_HEADER;

use super::*;
use authenticator::{Authenticator, Wrong};

const HOST: &str = "pool.example";

/// A browser: what it has of the tracker.
#[derive(Debug, Clone, Default)]
struct Browser {
    cookie: Option<String>,
    key: Option<String>,
}

struct World {
    pool: Pool,
    /// Where people open the pool.
    host: String,
}

impl World {
    async fn new() -> Self {
        let pool = Pool::with(Config { hosts: vec![HOST.to_owned()], ..Pool::config(true) }).await;
        let host = format!("{HOST}:{}", pool.tracker.addr().port());
        Self { pool: pool.with_ann_and_bob().await, host }
    }

    fn origin(&self) -> String {
        format!("https://{}", self.host)
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
        let host = Some(("host", self.host.clone()));
        self.pool.headers = cookie.into_iter().chain(key).chain(host).collect();
        let response = self.pool.respond(None, method, path, body).await;
        self.pool.headers.clear();
        let set = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        if let Some(set) = set.into_iter().find(|set| set.starts_with("__Host-")) {
            for attribute in ["Path=/", "HttpOnly", "Secure", "SameSite=Strict", "Max-Age=300"] {
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

    async fn begin(
        &mut self,
        browser: &mut Browser,
        path: &str,
        body: Value,
    ) -> Result<PasskeyAsked, String> {
        self.ask(browser, "POST", path, Some(body)).await
    }

    async fn answer(&mut self, browser: &mut Browser, answer: Value) -> Result<PasskeyTaken, String> {
        let taken: PasskeyTaken = self.ask(browser, "POST", "sign-in/passkey/answer", Some(answer)).await?;
        browser.key = taken.key.clone().or(browser.key.take());
        Ok(taken)
    }

    /// Signs up by an invite of ann.
    async fn sign_up(&mut self, name: &str, authenticator: &mut Authenticator) -> Result<Browser, String> {
        let code = self.pool.invite(ANN, json!({})).await;
        let mut browser = Browser::default();
        let body = json!({ "code": BASE64URL_NOPAD.encode(&code.0), "name": name });
        let asked = self.begin(&mut browser, "sign-in/passkey", body).await?;
        let made = authenticator.make(&asked, &self.origin());
        self.answer(&mut browser, made).await.map(|_| browser)
    }

    async fn sign_in(&mut self, authenticator: &mut Authenticator) -> Result<Browser, String> {
        let mut browser = Browser::default();
        let asked = self.begin(&mut browser, "sign-in/passkey", json!({})).await?;
        let shown = authenticator.show(&asked, &self.origin());
        self.answer(&mut browser, shown).await.map(|_| browser)
    }

    async fn name(&mut self, browser: &mut Browser) -> Result<String, String> {
        self.ask::<Me>(browser, "GET", "me", None).await.map(|me| me.name)
    }
}

#[tokio::test]
async fn whoever_signs_up_by_a_passkey_comes_back_by_it_without_a_name() {
    let mut world = World::new().await;
    let ways: SignInWays = world.ask(&mut Browser::default(), "GET", "sign-in", None).await.unwrap();
    assert!(ways.passkeys);
    let mut phone = Authenticator::new();
    let mut first = world.sign_up("cas", &mut phone).await.unwrap();
    assert_eq!(world.name(&mut first).await.unwrap(), "cas");
    for _ in 0..2 {
        let mut again = world.sign_in(&mut phone).await.unwrap();
        assert_eq!(world.name(&mut again).await.unwrap(), "cas");
    }
    let ins: SignIns = world.ask(&mut first, "GET", "sign-ins", None).await.unwrap();
    let [passkey] = ins.passkeys.as_slice() else { panic!("{ins:?}") };
    assert_eq!((passkey.name.as_str(), passkey.host.as_str()), ("cas", HOST));
    assert!(passkey.used.is_some() && !ins.password);
    let audit: Vec<AuditEntry> = world.pool.answer(ANN, "GET", "audit", None).await;
    let by = format!("passkey {}", passkey.id);
    let said = |action: &str| {
        let entries = audit.iter().filter(|entry| entry.action == action && entry.target == "cas");
        entries.filter(|entry| entry.detail.as_deref().is_some_and(|detail| detail.ends_with(&by))).count()
    };
    assert_eq!((said("passkey_added"), said("signed_in")), (1, 2), "{audit:?}");
}

#[tokio::test]
async fn a_member_adds_passkeys_with_names_and_removes_them_again() {
    let mut world = World::new().await;
    let set = Some(json!({ "new": "correct horse" }));
    let _: Changed = world.pool.answer(BOB, "POST", "me/password", set).await;
    let mut browser = Browser::default();
    let body = Some(json!({ "name": "bob", "password": "correct horse" }));
    let session: api::Session = world.ask(&mut browser, "POST", "sign-in", body).await.unwrap();
    browser.key = Some(session.key);
    let (mut laptop, mut phone) = (Authenticator::new(), Authenticator::new());
    for (authenticator, name) in [(&mut laptop, "laptop"), (&mut phone, "phone")] {
        let asked = world.begin(&mut browser, "me/passkeys", json!({})).await.unwrap();
        let mut made = authenticator.make(&asked, &world.origin());
        made["name"] = json!(name);
        assert_eq!(world.answer(&mut browser, made).await.unwrap(), PasskeyTaken { key: None });
    }
    let asked = world.begin(&mut browser, "me/passkeys", json!({})).await.unwrap();
    assert_eq!(asked.make.unwrap().known.len(), 2);
    let mut elsewhere = world.sign_in(&mut laptop).await.unwrap();
    assert_eq!(world.name(&mut elsewhere).await.unwrap(), "bob");

    let ins: SignIns = world.ask(&mut browser, "GET", "sign-ins", None).await.unwrap();
    let lost = ins.passkeys.iter().find(|passkey| passkey.name == "laptop").unwrap().id.clone();
    let _: Changed = world.ask(&mut browser, "DELETE", &format!("sign-ins/{lost}"), None).await.unwrap();
    assert_eq!(world.name(&mut elsewhere).await.unwrap_err(), "no_key");
    assert_eq!(world.sign_in(&mut laptop).await.unwrap_err(), "no_key");
    world.sign_in(&mut phone).await.unwrap();
    // An administrator removes it of another, who may not look at hers.
    let of_bob: SignIns = world.pool.answer(ANN, "GET", "sign-ins?member=bob", None).await;
    let [left] = of_bob.passkeys.as_slice() else { panic!("{of_bob:?}") };
    let path = format!("sign-ins/{}?member=bob", left.id);
    let _: Changed = world.pool.answer(ANN, "DELETE", &path, None).await;
    assert_eq!(world.sign_in(&mut phone).await.unwrap_err(), "no_key");
    assert_eq!(world.pool.refusal(BOB, "GET", "sign-ins?member=ann", None).await, "not_allowed");
}

#[tokio::test]
async fn what_an_authenticator_must_not_sign_lets_nobody_in_and_all_of_it_is_told_alike() {
    let mut world = World::new().await;
    let mut phone = Authenticator::new();
    world.sign_up("cas", &mut phone).await.unwrap();
    let mut stranger = Authenticator::new();
    assert_eq!(world.sign_in(&mut stranger).await.unwrap_err(), "no_key");
    for wrong in [
        Wrong { challenge: Some([7; 32]), ..Wrong::default() },
        Wrong { origin: Some("https://evil.example".to_owned()), ..Wrong::default() },
        Wrong { origin: Some(format!("https://{HOST}")), ..Wrong::default() },
        Wrong { host: Some("evil.example".to_owned()), ..Wrong::default() },
        Wrong { signature: true, ..Wrong::default() },
        Wrong { unverified: true, ..Wrong::default() },
        Wrong { framed: true, ..Wrong::default() },
        Wrong { as_if_made: true, ..Wrong::default() },
    ] {
        phone.wrong = wrong.clone();
        assert_eq!(world.sign_in(&mut phone).await.unwrap_err(), "no_key", "{wrong:?}");
    }
    phone.wrong = Wrong::default();
    // A copy of it that has signed less.
    let mut copy = phone.clone();
    world.sign_in(&mut phone).await.unwrap();
    assert_eq!(world.sign_in(&mut copy).await.unwrap_err(), "no_key");
    world.sign_in(&mut phone).await.unwrap();
}

#[tokio::test]
async fn an_answer_is_good_once_and_in_the_browser_that_asked() {
    let mut world = World::new().await;
    let mut phone = Authenticator::new();
    world.sign_up("cas", &mut phone).await.unwrap();
    let (mut victim, mut thief) = (Browser::default(), Browser::default());
    let asked = world.begin(&mut victim, "sign-in/passkey", json!({})).await.unwrap();
    let of_thief = world.begin(&mut thief, "sign-in/passkey", json!({})).await.unwrap();
    let shown = phone.show(&asked, &world.origin());
    assert_eq!(world.answer(&mut Browser::default(), shown.clone()).await.unwrap_err(), "no_key");
    assert_eq!(world.answer(&mut thief, shown.clone()).await.unwrap_err(), "no_key");
    // The thief's question is over with a wrong answer, and the victim's is not.
    let late = phone.show(&of_thief, &world.origin());
    assert_eq!(world.answer(&mut thief, late).await.unwrap_err(), "no_key");
    world.answer(&mut victim, shown.clone()).await.unwrap();
    let mut again = Browser { key: None, ..victim };
    assert_eq!(world.answer(&mut again, shown).await.unwrap_err(), "no_key");
}

#[tokio::test]
async fn a_session_adds_no_passkey_that_another_one_asked_for_and_a_token_none() {
    let mut world = World::new().await;
    let (mut cas, mut dan) = (Authenticator::new(), Authenticator::new());
    let mut of_cas = world.sign_up("cas", &mut cas).await.unwrap();
    let of_dan = world.sign_up("dan", &mut dan).await.unwrap();
    let asked = world.begin(&mut of_cas, "me/passkeys", json!({})).await.unwrap();
    let made = Authenticator::new().make(&asked, &world.origin());
    let mut mixed = Browser { key: of_dan.key, ..of_cas.clone() };
    assert_eq!(world.answer(&mut mixed, made).await.unwrap_err(), "no_key");
    let made = Some(json!({ "name": "backup", "scope": "write" }));
    let token: MadeToken = world.ask(&mut of_cas, "POST", "tokens", made).await.unwrap();
    world.pool.headers =
        vec![("authorization", format!("Bearer {}", token.token)), ("host", world.host.clone())];
    assert_eq!(world.pool.refusal(None, "POST", "me/passkeys", None).await, "not_allowed");
    world.pool.headers.clear();
}

#[tokio::test]
async fn whoever_has_no_invite_is_asked_for_nothing_and_a_passkey_belongs_to_one() {
    let mut world = World::new().await;
    let used = json!({ "code": BASE64URL_NOPAD.encode(&[7; 16]), "name": "eve" });
    let refused = world.begin(&mut Browser::default(), "sign-in/passkey", used).await;
    assert_eq!(refused.unwrap_err(), "no_invite");
    let mut phone = Authenticator::new();
    world.sign_up("cas", &mut phone).await.unwrap();
    assert_eq!(world.sign_up("bob", &mut Authenticator::new()).await.unwrap_err(), "taken");
    let code = world.pool.invite(ANN, json!({})).await;
    let mut browser = Browser::default();
    let body = json!({ "code": BASE64URL_NOPAD.encode(&code.0), "name": "dan" });
    let asked = world.begin(&mut browser, "sign-in/passkey", body).await.unwrap();
    let again = phone.make_again(&asked, &world.origin());
    assert_eq!(world.answer(&mut browser, again).await.unwrap_err(), "taken");
}

#[tokio::test]
async fn under_an_address_there_are_no_passkeys() {
    let mut world = World::new().await;
    for host in [format!("127.0.0.1:{}", world.pool.tracker.addr().port()), world.host.clone()] {
        world.host = host;
        let ways: SignInWays = world.ask(&mut Browser::default(), "GET", "sign-in", None).await.unwrap();
        assert_eq!(ways.passkeys, world.host.starts_with(HOST));
    }
    world.host = format!("127.0.0.1:{}", world.pool.tracker.addr().port());
    let refused = world.begin(&mut Browser::default(), "sign-in/passkey", json!({})).await;
    assert_eq!(refused.unwrap_err(), "not_found");
}

#[tokio::test]
async fn a_host_that_asks_and_does_not_answer_has_to_wait() {
    let mut world = World::new().await;
    let mut browser = Browser::default();
    let mut refused = None;
    for _ in 0..40 {
        refused = refused.or(world.begin(&mut browser, "sign-in/passkey", json!({})).await.err());
    }
    assert_eq!(refused.as_deref(), Some("busy"));
}
