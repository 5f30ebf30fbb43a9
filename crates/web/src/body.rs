//! Bodies of answers that take long: what ends them, and what lasts as long as they do.

use axum::{
    body::{Body, HttpBody as _},
    response::Response,
};
use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

/// Ends an answer of unknown length when its session ends. One of known length is in memory and ends by itself.
pub fn until(ended: CancellationToken, response: Response) -> Response {
    if is_in_memory(&response) {
        return response;
    }
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(ended.cancelled_owned())))
}

/// Has something done whenever a part of an answer of unknown length is sent. What it holds is kept until all of the answer
/// was, or it was given up.
pub fn while_sent(response: Response, mut moved: impl FnMut() + Send + 'static) -> Response {
    if is_in_memory(&response) {
        return response;
    }
    response.map(|body| Body::from_stream(body.into_data_stream().inspect(move |_| moved())))
}

fn is_in_memory(response: &Response) -> bool {
    response.body().size_hint().exact().is_some()
}
