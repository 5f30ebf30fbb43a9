//! `GET /announce` and `GET /scrape`, for stock clients.

use axum::{
    extract::{Extension, RawQuery, Request, State},
    http::{StatusCode, header::CONTENT_TYPE},
    middleware::Next,
    response::{IntoResponse, Response},
};
use peerpool_catalogue::{Endpoints, Viewer};
use peerpool_web::guard::is_browser;
use peerpool_wire::announce::{Announce, RetryIn, encode_failure, encode_scrape, parse_scrape};

use crate::{
    catalogue_task::{CatalogueHandle, Closed},
    connection::Connection,
    viewer::Seen,
};

/// After how many minutes a client that cannot be served now may come again.
const RETRY_MINUTES: u32 = 5;

/// Lets no web page announce or scrape: what its visitor's address has is not the page's to say.
pub(crate) async fn refuse_browsers(request: Request, next: Next) -> Response {
    if is_browser(request.headers()) {
        let refusal = encode_failure("web pages may not announce", RetryIn::Never);
        return (StatusCode::FORBIDDEN, refusal).into_response();
    }
    next.run(request).await
}

pub(crate) async fn announce(
    State(catalogue): State<CatalogueHandle>,
    Extension(connection): Extension<Connection>,
    Seen(viewer): Seen,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let answer = answer_announce(&catalogue, connection.endpoints, viewer, query.as_bytes()).await;
    answer.map_or_else(ending, bencoded)
}

pub(crate) async fn scrape(
    State(catalogue): State<CatalogueHandle>,
    Seen(viewer): Seen,
    RawQuery(query): RawQuery,
) -> Response {
    let answer = answer_scrape(&catalogue, viewer, query.unwrap_or_default().as_bytes()).await;
    answer.map_or_else(ending, bencoded)
}

/// The bencoded answer to an announce; a refusal is an answer too (BEP 3, "failure reason"). A tracker that ends gives none: a
/// client that has one does not ask the next tracker.
pub(crate) async fn answer_announce(
    catalogue: &CatalogueHandle,
    endpoints: Endpoints,
    viewer: Viewer,
    query: &[u8],
) -> Result<Vec<u8>, Closed> {
    let announce = match Announce::parse(query) {
        Ok(announce) => announce,
        Err(error) => {
            catalogue.metrics.announces.malformed.increment(1);
            return Ok(encode_failure(&error.to_string(), RetryIn::Never));
        }
    };
    let (compact, no_peer_id) = (announce.compact, announce.no_peer_id);
    Ok(match catalogue.announce(announce, endpoints, viewer).await? {
        Ok(answer) if compact => answer.encode_compact(),
        Ok(answer) => answer.encode_dictionaries(no_peer_id),
        Err(refusal) => encode_failure(&refusal.to_string(), RetryIn::Minutes(RETRY_MINUTES)),
    })
}

/// The bencoded answer to a scrape.
pub(crate) async fn answer_scrape(
    catalogue: &CatalogueHandle,
    viewer: Viewer,
    query: &[u8],
) -> Result<Vec<u8>, Closed> {
    match parse_scrape(query) {
        Ok(hashes) => Ok(encode_scrape(&catalogue.scrape(hashes, viewer).await?)),
        Err(error) => Ok(encode_failure(&error.to_string(), RetryIn::Never)),
    }
}

fn ending(closed: Closed) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, closed.to_string()).into_response()
}

fn bencoded(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "text/plain")], body).into_response()
}
