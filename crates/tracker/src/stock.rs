//! Announces and scrapes of stock clients in a pool for members, each under a key that leads to one item.
//!
//! They come over HTTPS, or as plain HTTP where stock clients would refuse the certificate. Whatever does not hold is
//! answered in the same bytes: nobody learns whether a key, an item or a member is there.

use axum::{
    Router,
    extract::{Extension, Path, RawQuery, State},
    http::header::CONTENT_TYPE,
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use peerpool_wire::announce::{
    Announce, AnnounceAnswer, RetryIn, ScrapeCounts, encode_failure, encode_scrape, parse_scrape,
};

use crate::{
    announce::refuse_browsers,
    app::App,
    connection::Connection,
    members::{LetIn, Secret},
};

/// Below it stands a key, and below that `announce` or `scrape` (BEP 48). On loopback libtorrent asks below `/announce`
/// alone (its SSRF mitigation).
pub(crate) const PATH: &str = "/announce/";

const REFUSED: &str = "this pool is for members, and this torrent's key does not hold: get the torrent anew";

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/announce/{key}/announce", get(announce))
        .route("/announce/{key}/scrape", get(scrape))
        .layer(middleware::from_fn(refuse_browsers))
}

/// Where a stock client with this key announces.
pub(crate) fn announce_url(is_https: bool, host: &str, key: &str) -> String {
    let scheme = if is_https { "https" } else { "http" };
    format!("{scheme}://{host}{PATH}{key}/announce")
}

async fn announce(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let Ok(announce) = Announce::parse(query.as_bytes()) else { return refused() };
    let (compact, no_peer_id, numwant) = (announce.compact, announce.no_peer_id, announce.numwant);
    let Some(members) = &app.members else { return refused() };
    let (Some(key), ip) = (Secret::hash_of(&key), connection.endpoints.remote) else { return refused() };
    let asked = members.ask(move |desk| desk.stock_announced(key, &announce, ip)).await;
    let Ok(Some(let_in)) = asked else { return refused() };
    match named(&app, let_in, numwant, &connection).await {
        Some(answer) if compact => bencoded(answer.encode_compact()),
        Some(answer) => bencoded(answer.encode_dictionaries(no_peer_id)),
        None => refused(),
    }
}

async fn scrape(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(hashes) = parse_scrape(query.unwrap_or_default().as_bytes()) else { return refused() };
    let Some(members) = &app.members else { return refused() };
    let Some(key) = Secret::hash_of(&key) else { return refused() };
    let asked = hashes.clone();
    let Ok(Some(let_in)) = members.ask(move |desk| desk.stock_scraped(key, &asked)).await else {
        return refused();
    };
    let Some(AnnounceAnswer { complete, incomplete, .. }) = named(&app, let_in, Some(0), &connection).await
    else {
        return refused();
    };
    let counts = ScrapeCounts { complete, downloaded: 0, incomplete };
    let counts: Vec<_> = hashes.into_iter().map(|hash| (hash, counts)).collect();
    bencoded(encode_scrape(&counts))
}

/// Whom a stock client is named; `None` when the tracker is ending.
async fn named(
    app: &App,
    LetIn { item, takers }: LetIn,
    numwant: Option<u32>,
    connection: &Connection,
) -> Option<AnnounceAnswer> {
    let endpoints = connection.endpoints;
    let naming =
        app.catalogue.ask(move |asked| asked.catalogue.name_to_stock(item, &takers, numwant, endpoints));
    naming.await.ok()
}

fn refused() -> Response {
    bencoded(encode_failure(REFUSED, RetryIn::Never))
}

fn bencoded(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "text/plain")], body).into_response()
}
