//! Somebody in whose browser nobody has signed in yet, and the session that begins there.

use std::time::Duration;

use axum::{
    Extension, Json, RequestPartsExt as _,
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue,
        header::{SET_COOKIE, USER_AGENT},
        request::Parts,
    },
    response::{IntoResponse as _, Response},
};
use peerpool_access::{
    Code, MemberId, Members, Moment, SecretHash,
    members::{Effects, JoinError, Ticket, TicketKind},
};
use peerpool_api::Session;
use peerpool_web::session::{flow_cookie_of, secure_cookie};

use crate::{
    app::App,
    connection::Connection,
    members::{Desk, MembersError, MembersHandle, Secret},
    request_error::RequestError,
};

/// How long a browser stays signed in.
const SESSION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Longest part of what a browser calls itself that is kept.
const MAX_AGENT: usize = 200;

/// Longest name of a newcomer that is taken along, in bytes.
pub(super) const LONGEST_NAME: usize = 256;

/// Who asks without being a member yet. In an open pool there is nothing at these paths.
pub(super) struct Stranger {
    pub(super) members: MembersHandle,
    pub(super) connection: Connection,
    pub(super) headers: HeaderMap,
}

impl FromRequestParts<App> for Stranger {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RequestError> {
        let members = app.members.clone().ok_or(RequestError::NoSuchPath)?;
        let Ok(Extension(connection)) = parts.extract().await else { return Err(RequestError::NoSuchPath) };
        Ok(Self { members, connection, headers: parts.headers.clone() })
    }
}

impl Stranger {
    /// Has somebody in by this decision, and answers with the secrets of the session.
    pub(super) async fn enter(
        &self,
        decide: impl FnOnce(&mut Members, Moment, Begun) -> Result<Effects, MembersError> + Send + 'static,
    ) -> Result<Response, RequestError> {
        let (key, cookie) = (Secret::random(), Secret::random());
        let begun = Begun { key: key.hash, cookie: cookie.hash, agent: agent(&self.headers) };
        self.members.change(move |members, _, now| decide(members, now, begun)).await??;
        let cookie = secure_cookie(&cookie.text, self.connection.local.port(), SESSION);
        Ok(with_cookie(Json(Session { key: key.text }).into_response(), &cookie))
    }

    /// By what the browser is known that was sent somewhere.
    pub(super) fn flow(&self) -> Option<SecretHash> {
        flow_cookie_of(&self.headers, self.connection.local.port()).and_then(Secret::hash_of)
    }

    /// The code that somebody wrote, if an invite with it holds.
    pub(super) async fn invited(&self, code: &str) -> Result<Code, RequestError> {
        let code = super::code_of(code)?;
        let asked = code.clone();
        let holds = move |desk: &mut Desk| {
            let now = desk.now();
            desk.members.invites().any(|(hash, terms)| hash == asked.hash() && now < terms.expires)
        };
        match self.members.ask(holds).await? {
            true => Ok(code),
            false => Err(MembersError::Join(JoinError::NoInvite).into()),
        }
    }
}

/// A session that begins.
pub(super) struct Begun {
    key: SecretHash,
    cookie: SecretHash,
    agent: String,
}

impl Begun {
    /// The session as that of a member, under the hash of its key.
    pub(super) fn of(self, member: MemberId, now: Moment) -> (SecretHash, Ticket) {
        let kind = TicketKind::Session { cookie: self.cookie, agent: self.agent };
        (self.key, Ticket { member, kind, made: now, expires: now + SESSION })
    }

    /// Signs a member in.
    pub(super) fn sign_in(self, members: &mut Members, member: MemberId, now: Moment) -> Effects {
        let (hash, ticket) = self.of(member, now);
        members.sign_in(now, hash, ticket)
    }
}

fn agent(headers: &HeaderMap) -> String {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    agent.chars().take(MAX_AGENT).collect()
}

pub(super) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
