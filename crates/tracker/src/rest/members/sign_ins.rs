//! By what people may sign in, and by what each does.

use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    routing::{delete, get},
};
use peerpool_access::members::{Command, CommandError};
use peerpool_api::{Changed, LinkedAccount, OfMember, Passkey, SignInWays, SignIns, paths};

use super::{Answer, Asking, Named, member_named, passkeys, path, stranger::Stranger};
use crate::{
    app::App,
    members::{Known, MembersError},
    request_error::RequestError,
};

/// What removes the password, in the place of an account or a passkey.
const PASSWORD: &str = "password";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(paths::SIGN_IN, get(ways))
        .route(paths::SIGN_INS, get(sign_ins))
        .route(paths::ONE_SIGN_IN, delete(remove))
}

async fn ways(State(app): State<App>, stranger: Stranger) -> Json<SignInWays> {
    let passkeys = passkeys::page(&stranger).is_ok();
    Json(SignInWays { provider: app.oidc.map(|oidc| oidc.name().to_owned()), passkeys })
}

async fn sign_ins(asking: Asking, of: Result<Query<OfMember>, QueryRejection>) -> Answer<SignIns> {
    let of = named(of)?;
    asking
        .look(move |known, member| {
            let of = whose(&known, of.as_deref())?;
            if of != known.by && member.role != peerpool_access::Role::Admin {
                return Err(CommandError::NotAllowed.into());
            }
            let accounts = known.members.identities(of).map(|(identity, linked)| LinkedAccount {
                id: identity.id(),
                issuer: identity.issuer.clone(),
                label: linked.label.clone(),
                since: linked.since.0,
            });
            let passkeys = known.members.passkeys(of).map(|(id, passkey)| Passkey {
                id: id.id(),
                name: passkey.name.clone(),
                host: passkey.host.clone(),
                since: passkey.since.0,
                used: passkey.used.map(|used| used.0),
            });
            Ok(SignIns {
                password: known.members.password(of).is_some(),
                accounts: accounts.collect(),
                passkeys: passkeys.collect(),
            })
        })
        .await
}

async fn remove(asking: Asking, id: Named, of: Result<Query<OfMember>, QueryRejection>) -> Answer<Changed> {
    let (id, of) = (path(id)?, named(of)?);
    asking
        .command(move |known| {
            known.who.may_let_in()?;
            let member = whose(&known, of.as_deref())?;
            let but = known.who.session().ok();
            if id == PASSWORD {
                return Ok(vec![Command::RemovePassword { member, but }]);
            }
            let mut passkeys = known.members.passkeys(member).map(|(passkey, _)| passkey);
            if let Some(id) = passkeys.find(|passkey| passkey.id() == id).cloned() {
                return Ok(vec![Command::RemovePasskey { id, but }]);
            }
            let mut accounts = known.members.identities(member).map(|(identity, _)| identity);
            let found = accounts.find(|identity| identity.id() == id).cloned();
            let identity = found.ok_or(MembersError::Unknown { kind: "way to sign in", name: id })?;
            Ok(vec![Command::Unlink { identity, but }])
        })
        .await
}

fn whose(known: &Known<'_>, of: Option<&str>) -> Result<peerpool_access::MemberId, MembersError> {
    of.map_or(Ok(known.by), |name| member_named(known.members, name))
}

fn named(of: Result<Query<OfMember>, QueryRejection>) -> Result<Option<String>, RequestError> {
    let Query(OfMember { member }) = of.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    Ok(member)
}
