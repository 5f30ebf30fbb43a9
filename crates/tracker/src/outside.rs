//! What a pool for members tells whoever speaks plain HTTP: that it is one, and how to join it. Nothing of what it has.

use axum::{
    Router,
    http::header::CONTENT_TYPE,
    middleware,
    response::{Html, IntoResponse},
    routing::get,
};
use peerpool_web::guard;

use crate::{announce, app::App, members::MembersError, request_error::RequestError, rest};

/// For people who opened the address, or the link of an invite, whose secret stays in their browser.
const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>A pool for members</title>
<h1>This pool is for members</h1>
<p>If you were sent an invite, run <code>peerpool join</code> on this machine and paste the whole link.
<p>If not, ask somebody who administers the pool for one.
</html>
";

/// The paths that anybody may ask for.
pub(crate) fn router(app: App) -> Router {
    let for_people = Router::new()
        .route("/", get(page))
        .route("/join", get(page))
        .merge(rest::vital_signs())
        .layer(middleware::from_fn_with_state(app.guard.clone(), guard::guard));
    let for_clients = Router::new()
        .route("/announce", get(refuse_clients))
        .route("/scrape", get(refuse_clients))
        .layer(middleware::from_fn(announce::refuse_browsers));
    for_clients
        .merge(for_people)
        .fallback(|| async { RequestError::from(MembersError::MembersOnly) })
        .layer(middleware::from_fn(guard::harden))
        .with_state(app)
}

async fn page() -> Html<&'static str> {
    Html(PAGE)
}

/// A failure in the words of BitTorrent (BEP 3).
async fn refuse_clients() -> impl IntoResponse {
    const REASON: &str = "this pool is for members";
    ([(CONTENT_TYPE, "text/plain")], format!("d14:failure reason{}:{REASON}e", REASON.len()))
}
