//! The paths of the tracker's one port.

use axum::{
    Router,
    body::HttpBody,
    extract::{DefaultBodyLimit, Extension, Request, State},
    http::{Method, header::CONTENT_TYPE},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use peerpool_api::paths;
use peerpool_catalogue::Viewer;
use peerpool_web::{
    body::until,
    guard::{self, LocalAddress},
    metrics::CONTENT_TYPE as TEXT_FORMAT,
    page,
    websocket::upgrade,
};
use peerpool_wire::channel;

use crate::{
    announce,
    app::App,
    channel::channel_task,
    connection::Connection,
    gateway,
    lease::Lease,
    live,
    members::{Caller, Desk, MembersError, MembersHandle},
    memory::MessageMemory,
    metrics::Levels,
    onlooker::Onlooker,
    outside,
    request_error::RequestError,
    rest, stock, torrent,
    viewer::Seen,
};

/// No request of this API has a body worth mentioning.
const MAX_BODY: usize = 16 << 10;
/// What is for everybody in a pool for members, and tells nothing of what it has.
const JOINING: [&str; 11] = [
    paths::KEYSET,
    paths::JOIN,
    paths::SIGN_IN,
    paths::SIGN_UP,
    paths::PROVIDER,
    paths::PROVIDER_ANSWER,
    paths::PASSKEY,
    paths::PASSKEY_ANSWER,
    paths::HEALTHZ,
    paths::LIVEZ,
    paths::READYZ,
];
/// What the page consists of, beside the files below `/assets/`.
const PAGE: [&str; 4] = ["/", "/icon.svg", page::SIGNED_IN, HOW_TO_JOIN];
/// Where the link of an invite leads.
const HOW_TO_JOIN: &str = "/join";
/// What devices do, and nobody without one.
const FOR_DEVICES: [&str; 3] = [channel::PATH, "/announce", "/scrape"];

pub(crate) fn router(app: App) -> Router {
    let guard = app.guard.clone();
    let for_people = Router::new()
        .merge(rest::routes())
        .merge(gateway::routes())
        .merge(page::routes(page::Face::Tracker))
        .route("/items/{file}", get(torrent::torrent_file))
        .route("/items/{hash}/magnet", get(torrent::magnet))
        .route(paths::METRICS, get(metrics))
        .route(paths::LIVE, get(live::live))
        .layer(middleware::from_fn_with_state(guard.clone(), guard::guard));
    let for_peers = Router::new()
        .route(channel::PATH, get(channel))
        .layer(middleware::from_fn_with_state(guard, guard::guard_programs));
    let for_clients = Router::new()
        .route("/announce", get(announce::announce))
        .route("/scrape", get(announce::scrape))
        .layer(middleware::from_fn(announce::refuse_browsers));
    let all = for_clients.merge(for_people).merge(for_peers).fallback(|| async { RequestError::NoSuchPath });
    let all = match app.members.clone() {
        Some(members) => all
            .route(HOW_TO_JOIN, get(outside::how_to_join))
            .merge(stock::routes())
            .layer(middleware::from_fn_with_state(members, members_alone)),
        None => all,
    };
    all.layer(middleware::from_fn_with_state(app.memory.clone(), weigh))
        .layer(middleware::from_fn(guard::harden))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(app)
}

/// In a pool for members, lets nobody else through, but for what it takes to become one, and finds out what they may see.
async fn members_alone(
    State(members): State<MembersHandle>,
    mut request: Request,
    next: middleware::Next,
) -> Result<Response, RequestError> {
    let path = request.uri().path();
    let device = request.extensions().get::<Caller>().copied();
    let is_page = device.is_none() && (PAGE.contains(&path) || path.starts_with("/assets/"));
    // A stock client shows the key in the path, and gets what that leads to.
    if is_page || JOINING.contains(&path) || path.starts_with(stock::PATH) {
        return Ok(next.run(request).await);
    }
    if device.is_none() && FOR_DEVICES.contains(&path) {
        return Err(MembersError::MembersOnly.into());
    }
    let port = request.extensions().get().map_or(0, |LocalAddress(local)| local.port());
    let caller = device.or_else(|| Caller::in_headers(request.headers(), port));
    let caller = caller.ok_or(MembersError::SignIn)?;
    let seeing = move |desk: &mut Desk| {
        let (who, ended) = desk.lease(caller)?;
        Ok::<_, MembersError>((Seen(desk.viewer(who.member)), who, ended))
    };
    let (seen, who, ended) = members.ask(seeing).await??;
    if !who.writes && !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(MembersError::ReadsOnly.into());
    }
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(seen);
    request.extensions_mut().insert(Onlooker::Member(who.member.0, members));
    request.extensions_mut().insert(Lease(ended.clone()));
    Ok(until(ended, next.run(request).await))
}

/// Counts the memory of an answer until it is sent. A client that does not read is answered no more once its host holds
/// what it may.
async fn weigh(
    State(memory): State<MessageMemory>,
    Extension(connection): Extension<Connection>,
    request: Request,
    next: middleware::Next,
) -> Response {
    let response = next.run(request).await;
    let bytes = usize::try_from(response.body().size_hint().lower()).unwrap_or(usize::MAX);
    let mut held = memory.of(connection.endpoints.remote);
    match held.set(bytes) {
        Ok(()) => {
            connection.slot.hold(held.gives_way(connection.slot.revoked().clone()));
            response
        }
        Err(_) => RequestError::Failure(channel::Failure::Busy).into_response(),
    }
}

async fn channel(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    caller: Option<Extension<Caller>>,
    request: Request,
) -> Response {
    match upgrade(request) {
        Ok((response, upgrading)) => {
            let key = caller.and_then(|Extension(caller)| match caller {
                Caller::Device(key) => Some(key),
                Caller::Person(_) => None,
            });
            tokio::spawn(channel_task(upgrading, connection.endpoints, key, connection.slot, app.channels));
            response
        }
        Err(refused) => refused.into_response(),
    }
}

/// What the tracker counts, in Prometheus' text format.
async fn metrics(
    State(app): State<App>,
    rest::Operator: rest::Operator,
) -> Result<impl IntoResponse, RequestError> {
    let counts = app.catalogue.counts(Viewer::All).await?;
    let (connections, idle) = app.slots.levels();
    let levels = Levels {
        counts,
        connections,
        idle,
        catalogue_queue: app.catalogue.queue(),
        store_queue: app.store.queue(),
        message_bytes: app.memory.level(),
        followers: app.followers.seats.level(),
    };
    Ok(([(CONTENT_TYPE, TEXT_FORMAT)], app.catalogue.metrics.render(&levels)))
}
