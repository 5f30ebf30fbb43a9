//! How people sign in by a passkey, and add one.

use std::net::IpAddr;

use axum::{
    Json, Router,
    response::{IntoResponse as _, Response},
    routing::post,
};
use data_encoding::BASE64URL_NOPAD;
use peerpool_access::{
    Members,
    members::{Command, JoinError, Passkey, Way},
    passkey::{self, Asked, CredentialId, Made, PasskeyError, PasskeyKey},
};
use peerpool_api::{MakePasskey, PasskeyAnswer, PasskeyAsked, PasskeyTaken, ToPasskey, paths};
use peerpool_web::session::flow_cookie;

use super::{
    Asking, Body, given,
    stranger::{LONGEST_NAME, Stranger, with_cookie},
};
use crate::{
    app::App,
    members::{CEREMONY, Caller, Ceremony, Known, MembersError, PasskeyFor, Secret},
    request_error::RequestError,
    torrent,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(paths::PASSKEY, post(begin))
        .route(paths::PASSKEY_ANSWER, post(finish))
        .route(paths::PASSKEYS, post(add))
}

async fn begin(stranger: Stranger, body: Body<ToPasskey>) -> Result<Response, RequestError> {
    let ToPasskey { code, name } = given(body)?;
    let Some(code) = code else { return ask(&stranger, PasskeyFor::SignIn, None).await };
    if name.len() > LONGEST_NAME {
        return Err(MembersError::Join(JoinError::Name).into());
    }
    let (_, host) = page(&stranger)?;
    let called = if name.is_empty() { host } else { name.clone() };
    let code = stranger.invited(&code).await?;
    ask(&stranger, PasskeyFor::SignUp { code, name }, Some((called, Vec::new()))).await
}

async fn add(asking: Asking, stranger: Stranger) -> Result<Response, RequestError> {
    let session = asking.session().await?;
    let known = asking.show(|members, id, member| {
        let own = members.passkeys(id).map(|(id, _)| BASE64URL_NOPAD.encode(id.as_bytes()));
        (member.name.clone(), own.collect())
    });
    let Json(known) = known.await?;
    ask(&stranger, PasskeyFor::Add(session), Some(known)).await
}

/// Has a browser ask an authenticator: for a new passkey of who is called so and has those, or for any that is known.
async fn ask(
    stranger: &Stranger,
    purpose: PasskeyFor,
    make: Option<(String, Vec<String>)>,
) -> Result<Response, RequestError> {
    let (_, host) = page(stranger)?;
    let Stranger { members, connection, .. } = stranger;
    let (challenge, cookie): ([u8; 32], Secret) = (rand::random(), Secret::random());
    let (from, hash) = (connection.endpoints.remote, cookie.hash);
    let beginning = members.ask(move |desk| {
        desk.try_nameless(from)?;
        let now = desk.now();
        desk.ceremonies.begin(now, hash, Ceremony { purpose, challenge });
        Ok::<_, MembersError>(())
    });
    beginning.await??;
    let make = make.map(|(name, known)| MakePasskey {
        user: BASE64URL_NOPAD.encode(&rand::random::<[u8; 16]>()),
        name,
        algorithms: PasskeyKey::ALGORITHMS.to_vec(),
        known,
    });
    let asked = PasskeyAsked { challenge: BASE64URL_NOPAD.encode(&challenge), host, make };
    let cookie = flow_cookie(&cookie.text, connection.local.port(), CEREMONY);
    Ok(with_cookie(Json(asked).into_response(), &cookie))
}

async fn finish(stranger: Stranger, body: Body<PasskeyAnswer>) -> Result<Response, RequestError> {
    let answer = given(body)?;
    let (origin, host) = page(&stranger)?;
    let Stranger { members, connection, headers } = &stranger;
    let cookie = stranger.flow().ok_or(MembersError::NoCeremony)?;
    let ended = members.ask(move |desk| {
        let now = desk.now();
        desk.ceremonies.end(now, &cookie)
    });
    let Ceremony { purpose, challenge } = ended.await?.ok_or(MembersError::NoCeremony)?;
    let name = answer.name.clone();
    let given = Given { challenge, origin, host, answer: Decoded::read(&answer) };
    let answered = match purpose {
        PasskeyFor::SignIn => {
            let entering = stranger.enter(move |members, now, begun| {
                let (id, counter, member) = given.shown(members)?;
                let (hash, ticket) = begun.of(member, now);
                Ok(members.sign_in_with(now, &id, counter, hash, ticket))
            });
            entering.await?
        }
        PasskeyFor::SignUp { code, name: member } => {
            let made = given.made()?;
            let host = given.host;
            let name = name.or_else(|| Some(member.clone()).filter(|name| !name.is_empty()));
            let way = Way::Passkey { made, name: name.unwrap_or_else(|| host.clone()), host };
            let entering = stranger.enter(move |members, now, begun| {
                Ok(members.sign_up(now, &code, member, way, |member| begun.of(member, now))?)
            });
            entering.await?
        }
        PasskeyFor::Add(session) => {
            let caller = Caller::in_headers(headers, connection.local.port()).ok_or(MembersError::SignIn)?;
            let Made { id, key, counter } = given.made()?;
            let host = given.host;
            let adding = members.command(caller, move |Known { members, who, by, now, .. }| {
                // Another one may have signed in meanwhile, in the same browser.
                if who.session()? != session {
                    return Err(MembersError::NoCeremony);
                }
                let name = name.unwrap_or_else(|| super::name_of(members, by));
                let passkey = Passkey { member: by, name, host, key, counter, since: now, used: None };
                Ok(vec![Command::AddPasskey(id, passkey)])
            });
            adding.await??;
            Json(PasskeyTaken { key: None }).into_response()
        }
    };
    let from = connection.endpoints.remote;
    members.ask(move |desk| desk.attempts.right(from, None)).await?;
    Ok(answered)
}

/// The page that asks, as an origin, and the name of its host, if it has one: no passkey belongs to an address.
pub(super) fn page(stranger: &Stranger) -> Result<(String, String), MembersError> {
    let authority = torrent::host_of(&stranger.headers, &stranger.connection).to_ascii_lowercase();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => &authority,
    };
    let is_name = !host.starts_with('[') && host.parse::<IpAddr>().is_err();
    match is_name {
        true => Ok((format!("https://{authority}"), host.to_owned())),
        false => Err(MembersError::NoHost),
    }
}

/// What an authenticator gave, and to what.
struct Given {
    challenge: [u8; 32],
    origin: String,
    host: String,
    answer: Option<Decoded>,
}

/// The bytes of an answer.
struct Decoded {
    id: Option<CredentialId>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

impl Decoded {
    fn read(answer: &PasskeyAnswer) -> Option<Self> {
        let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        Some(Self {
            id: answer.id.as_deref().and_then(decode).and_then(|id| CredentialId::new(&id)),
            client_data: decode(&answer.client_data)?,
            authenticator_data: decode(&answer.authenticator_data)?,
            signature: decode(answer.signature.as_deref().unwrap_or_default())?,
        })
    }
}

impl Given {
    fn asked(&self) -> Asked<'_> {
        Asked { challenge: &self.challenge, origin: &self.origin, host: &self.host }
    }

    fn made(&self) -> Result<Made, MembersError> {
        let answer = self.answer.as_ref().ok_or(PasskeyError::Data)?;
        Ok(passkey::made(self.asked(), &answer.client_data, &answer.authenticator_data)?)
    }

    /// Which passkey it was, how often it has signed, and whose it is. Whoever is refused is not told why.
    fn shown(
        &self,
        members: &Members,
    ) -> Result<(CredentialId, u32, peerpool_access::MemberId), MembersError> {
        let answer = self.answer.as_ref().ok_or(MembersError::WrongPasskey)?;
        let id = answer.id.clone().ok_or(MembersError::WrongPasskey)?;
        let known = members.passkey(&id).filter(|known| known.host == self.host);
        let known = known.ok_or(MembersError::WrongPasskey)?;
        let shown = passkey::shown(
            self.asked(),
            &known.key,
            known.counter,
            &answer.client_data,
            &answer.authenticator_data,
            &answer.signature,
        );
        let counter = shown.map_err(|error| {
            // Whoever keeps the pool should hear of a copy.
            tracing::warn!(passkey = id.id(), %error, "a passkey that is known lets nobody in");
            MembersError::WrongPasskey
        })?;
        Ok((id, counter, known.member))
    }
}
