//! Who fetched what from whom.

use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    routing::get,
};
use peerpool_access::MemberId;
use peerpool_api::{AuditQuery, MemberTransfer, paths};

use super::{Answer, Asking, audit};
use crate::{
    app::App,
    members::{Desk, MembersError},
    request_error::RequestError,
};

pub(super) fn routes() -> Router<App> {
    Router::new().route(paths::TRANSFERS, get(transfers))
}

async fn transfers(
    State(app): State<App>,
    asking: Asking,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Answer<Vec<MemberTransfer>> {
    let Query(AuditQuery { limit, before }) =
        query.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    let members = asking.members.clone();
    audit::only_admins(asking).await?;
    let kept = app.store.transfers(before, audit::shown(limit)).await.map_err(MembersError::from)?;
    let told = members.ask(move |desk| {
        let Desk { members, items, .. } = &*desk;
        let name =
            |id: MemberId| members.member(id).map_or_else(|| id.0.to_string(), |member| member.name.clone());
        let told = kept.into_iter().map(|(seq, passed)| MemberTransfer {
            seq,
            day: passed.day,
            last: passed.last,
            item: passed.item,
            name: items.find(passed.item).map(|item| item.name.clone()),
            giver: name(passed.giver),
            taker: name(passed.taker),
            given: passed.given,
            taken: passed.stock.is_none().then_some(passed.taken),
            stock: passed.stock,
        });
        told.collect()
    });
    Ok(Json(told.await?))
}
