//! Whether stock clients may fetch an item, and the keys by which they announce.

use axum::{
    Extension, Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    http::HeaderMap,
    routing::{delete, get, post},
};
use peerpool_access::{
    Right, Role, SecretHash,
    members::{AnnounceKey, Command, CommandError, Member},
};
use peerpool_api::{
    self as api, Changed, MakeAnnounceKey, SetStock, Stock, StockQuery, StockTorrent, paths,
    torrent_to_base64,
};
use peerpool_wire::{id::InfoHash, metainfo::Metainfo};

use super::{
    Answer, Asking, Body, Named, given, name_of, path,
    rules::{asked, keeps, seen},
};
use crate::{
    app::App,
    connection::Connection,
    files,
    members::{Caller, Desk, Known, KnownItem, MembersError, MembersHandle, Secret},
    request_error::RequestError,
    stock, torrent,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(paths::STOCK, get(show).put(set))
        .route(paths::ANNOUNCE_KEYS, post(make_key))
        .route(paths::ANNOUNCE_KEY, delete(end_key))
}

async fn show(asking: Asking, query: Result<Query<StockQuery>, QueryRejection>) -> Answer<Stock> {
    let StockQuery { item } = asked(query)?;
    let members = asking.members.clone();
    let Json((mut stock, hashes)) = asking
        .look(move |known, member| {
            let item = seen(&known, item)?;
            let decides = keeps(&known, member, item);
            let mut keys: Vec<(SecretHash, &AnnounceKey)> = known
                .members
                .announce_keys()
                .filter(|(_, key)| key.item == item.info_hash && (decides || key.member == known.by))
                .collect();
            keys.sort_by_key(|(_, key)| (key.made, name_of(known.members, key.member)));
            let hashes: Vec<SecretHash> = keys.iter().map(|(hash, _)| *hash).collect();
            let told = |(hash, key): (SecretHash, &AnnounceKey)| api::AnnounceKey {
                id: hash.id(),
                member: name_of(known.members, key.member),
                added: key.made.0,
                used: None,
            };
            let allowed = known.members.stock(&item.info_hash).is_some();
            let keys = keys.into_iter().map(told).collect();
            Ok((Stock { item: item.info_hash, name: item.name.clone(), allowed, decides, keys }, hashes))
        })
        .await?;
    let used = move |desk: &mut Desk| hashes.iter().map(|hash| desk.stock_used(hash)).collect::<Vec<_>>();
    for (key, used) in stock.keys.iter_mut().zip(members.ask(used).await?) {
        key.used = used.map(|moment| moment.0);
    }
    Ok(Json(stock))
}

async fn set(State(app): State<App>, asking: Asking, body: Body<SetStock>) -> Answer<Changed> {
    let SetStock { item, allowed } = given(body)?;
    // Whoever does not decide about it has the tracker read nothing.
    let meant =
        meant(&asking.members, asking.caller, item, |known, member, item| match keeps(known, member, item) {
            true => Ok(()),
            false => Err(CommandError::NotAllowed.into()),
        });
    let meant = meant.await?.info_hash;
    let private = match allowed {
        true => private_form(&app, meant).await?.info.hash().v1(),
        false => None,
    };
    asking
        .command(move |known| {
            let item = seen(&known, meant)?;
            Ok(vec![Command::SetStock { item: item.info_hash, private, owner: item.named().owner }])
        })
        .await
}

async fn make_key(
    State(app): State<App>,
    asking: Asking,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    body: Body<MakeAnnounceKey>,
) -> Answer<StockTorrent> {
    let MakeAnnounceKey { item } = given(body)?;
    let meant = meant(&asking.members, asking.caller, item, |known, _, item| may_have(known, item)).await?;
    let form = private_form(&app, meant.info_hash).await?;
    let secret = Secret::random();
    let hash = secret.hash;
    let making = asking.command(move |known| {
        known.who.may_let_in()?;
        let item = seen(&known, meant.info_hash)?;
        may_have(&known, item)?;
        let key = AnnounceKey { member: known.by, item: item.info_hash, made: known.now };
        Ok(vec![Command::MakeAnnounceKey(hash, key)])
    });
    let Json(_) = making.await?;
    let announce = |host: String| {
        let is_https = app.https.as_ref().is_some_and(|https| https.is_known(&host));
        stock::announce_url(is_https, &host, &secret.text)
    };
    let tier = torrent::hosts_of(&app, &headers, &connection).into_iter().map(announce).collect();
    let torrent = torrent_to_base64(&form.to_torrent(&[tier]));
    Ok(Json(StockTorrent { id: hash.id(), name: meant.name, torrent }))
}

async fn end_key(asking: Asking, id: Named) -> Answer<Changed> {
    let id = path(id)?;
    asking
        .command(move |known| {
            let Known { members, items, by, .. } = known;
            let is_admin = members.member(by).is_some_and(|member| member.role == Role::Admin);
            let owner_of = |key: &AnnounceKey| items.find(key.item).and_then(|item| item.named().owner);
            // To whoever has nothing to do with a key there is none.
            let is_shown = |key: &AnnounceKey| is_admin || key.member == by || owner_of(key) == Some(by);
            let meant = |(hash, key): &(SecretHash, &AnnounceKey)| hash.id() == id && is_shown(key);
            let found = members.announce_keys().find(meant);
            let (hash, key) =
                found.ok_or(MembersError::Unknown { kind: "announce key", name: id.clone() })?;
            Ok(vec![Command::EndAnnounceKey { key: hash, owner: owner_of(key) }])
        })
        .await
}

/// The item that somebody means, if it may have what it asks for.
async fn meant(
    members: &MembersHandle,
    caller: Caller,
    item: InfoHash,
    may: impl FnOnce(&Known<'_>, &Member, &KnownItem) -> Result<(), MembersError> + Send + 'static,
) -> Result<KnownItem, RequestError> {
    let Json(item) = Asking { members: members.clone(), caller }
        .look(move |known, member| {
            let item = seen(&known, item)?;
            may(&known, member, item)?;
            Ok(item.clone())
        })
        .await?;
    Ok(item)
}

/// Whether who asks may fetch the item, with a stock client.
fn may_have(known: &Known<'_>, item: &KnownItem) -> Result<(), MembersError> {
    let audience = known.members.rules().decide(&item.named(), known.now).audience;
    if !audience.allows(Right::Get, &known.members.subjects(known.by, known.now)) {
        return Err(MembersError::MayNotGet);
    }
    match known.members.stock(&item.info_hash) {
        Some(_) => Ok(()),
        None => Err(CommandError::NoStock.into()),
    }
}

async fn private_form(app: &App, item: InfoHash) -> Result<Metainfo, RequestError> {
    let metainfo = files::metainfo(&app.catalogue, &app.store, item).await??;
    metainfo.private_form().ok_or(RequestError::NoPrivateForm(item))
}
