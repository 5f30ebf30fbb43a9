//! Groups of members.

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    routing::{delete, get, put},
};
use peerpool_access::{
    Moment,
    members::{Command, Group},
};
use peerpool_api::{self as api, AddGroup, Changed, EnterGroup, paths};

use super::{Answer, Asking, Body, Named, given, group_named, member_named, name_of, path};
use crate::{app::App, members::Known, request_error::RequestError};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(paths::GROUPS, get(groups).post(add))
        .route(paths::GROUP, delete(remove))
        .route(paths::GROUP_MEMBER, put(enter).delete(leave))
}

/// A group and a member, as a path names them.
type Pair = Result<Path<(String, String)>, PathRejection>;

async fn groups(asking: Asking) -> Answer<Vec<api::Group>> {
    asking
        .show(|members, _, _| {
            let shown = |group: &Group| api::Group {
                name: group.name.clone(),
                members: group
                    .members
                    .iter()
                    .map(|(&id, until)| api::GroupMember {
                        name: name_of(members, id),
                        until: until.map(|until| until.0),
                    })
                    .collect(),
            };
            members.groups().map(|(_, group)| shown(group)).collect()
        })
        .await
}

async fn add(asking: Asking, body: Body<AddGroup>) -> Answer<Changed> {
    let AddGroup { name } = given(body)?;
    asking.command(move |_| Ok(vec![Command::AddGroup(name)])).await
}

async fn remove(asking: Asking, name: Named) -> Answer<Changed> {
    let name = path(name)?;
    asking.command(move |known| Ok(vec![Command::RemoveGroup(group_named(known.members, &name)?)])).await
}

async fn enter(asking: Asking, pair: Pair, body: Body<EnterGroup>) -> Answer<Changed> {
    let ((group, member), EnterGroup { until }) = (named(pair)?, given(body)?);
    asking
        .command(move |Known { members, .. }| {
            let (group, member) = (group_named(members, &group)?, member_named(members, &member)?);
            Ok(vec![Command::Enter(group, member, until.map(Moment))])
        })
        .await
}

async fn leave(asking: Asking, pair: Pair) -> Answer<Changed> {
    let (group, member) = named(pair)?;
    asking
        .command(move |Known { members, .. }| {
            let (group, member) = (group_named(members, &group)?, member_named(members, &member)?);
            Ok(vec![Command::Leave(group, member)])
        })
        .await
}

fn named(pair: Pair) -> Result<(String, String), RequestError> {
    let Path(pair) = pair.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    Ok(pair)
}
