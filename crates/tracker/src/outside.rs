//! What a pool for members tells strangers: that it is one, and how to join it. Nothing of what it has. Plain HTTP leads
//! people on to HTTPS, so that whatever they type there is read by nobody on the way.

use axum::{
    Router,
    http::{
        HeaderMap, Uri,
        header::{CONTENT_TYPE, HOST},
    },
    middleware,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use peerpool_web::guard;

use crate::{announce, app::App, members::MembersError, request_error::RequestError, rest, stock};

/// Over HTTPS: for people who opened the address, or the link of an invite, whose secret stays in their browser.
const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>A pool for members</title>
<h1>This pool is for members</h1>
<p>If you were sent an invite, run <code>peerpool join</code> on this machine and paste the whole link, or
<a href=\"/\">sign up in this browser</a> with it.
<p>If not, ask somebody who administers the pool for one.
</html>
";

/// What anybody may ask over plain HTTP.
pub(crate) fn plain(app: App) -> Router {
    let for_people = Router::new()
        .route("/", get(to_https))
        .route("/join", get(to_https))
        .merge(rest::vital_signs())
        .layer(middleware::from_fn_with_state(app.guard.clone(), guard::guard));
    let for_clients = Router::new()
        .route("/announce", get(refuse_clients))
        .route("/scrape", get(refuse_clients))
        .layer(middleware::from_fn(announce::refuse_browsers));
    for_clients
        .merge(for_people)
        .merge(stock::routes())
        .fallback(|| async { RequestError::from(MembersError::MembersOnly) })
        .layer(middleware::from_fn(guard::harden))
        .with_state(app)
}

pub(crate) async fn how_to_join() -> Html<&'static str> {
    Html(PAGE)
}

/// The guard has looked at the host. Not for good: another pool may be here one day.
async fn to_https(headers: HeaderMap, uri: Uri) -> Response {
    match headers.get(HOST).and_then(|host| host.to_str().ok()) {
        Some(host) => Redirect::temporary(&format!("https://{host}{}", uri.path())).into_response(),
        None => RequestError::from(MembersError::MembersOnly).into_response(),
    }
}

/// A failure in the words of BitTorrent (BEP 3).
async fn refuse_clients() -> impl IntoResponse {
    const REASON: &str = "this pool is for members";
    ([(CONTENT_TYPE, "text/plain")], format!("d14:failure reason{}:{REASON}e", REASON.len()))
}
