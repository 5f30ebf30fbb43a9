//! Serves clients of the control socket and of the door for browsers. Whatever they do, another one gets its turn: they are
//! bounded in number, whoever is idle for longest gives way, and a request has a time for the whole of it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use peerpool_api::Code;
use peerpool_web::guard::LocalAddress;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::Service as _;
use tracing::Instrument as _;

use super::refusal::Refusal;
use crate::budget::{Slot, Slots};

/// How long open requests may still take when the peer ends.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long a client may take to send a request's headers, or to send the next request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request's body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Most bytes of a request's headers.
const MAX_HEADERS: usize = 32 << 10;

/// Who is served.
#[derive(Debug, Clone, Copy)]
pub(super) enum Client {
    /// Somebody who may open the control socket.
    OfThisUser,
    /// Somebody at this address, whose connection came in at our `local` one.
    At { remote: SocketAddr, local: SocketAddr },
}

impl Client {
    /// The host whose share of the slots it takes. To a bound of their own all programs of this user are of one host.
    fn host(self) -> IpAddr {
        match self {
            Self::OfThisUser => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Self::At { remote, .. } => remote.ip().to_canonical(),
        }
    }
}

/// Serves a client until it leaves, gives way to another, or `shutdown` is cancelled.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    client: Client,
    router: Router,
    slots: Slots,
    shutdown: CancellationToken,
) {
    let Some((slot, notice)) = slots.take(client.host()) else { return };
    let slot = Arc::new(slot);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        if let Client::At { local, .. } = client {
            request.extensions_mut().insert(LocalAddress(local));
        }
        let (mut router, slot) = (router.clone(), slot.clone());
        let span = tracing::info_span!("request", method = %request.method(), path = request.uri().path());
        let answering = async move {
            note_request(&slot);
            router.call(request.map(Body::new)).await
        };
        answering.instrument(span)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        _ = notice => return tracing::debug!("an idle client gave way"),
        () = shutdown.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a client was lost");
    }
}

/// Whoever asks something is not idle.
fn note_request(slot: &Slot) {
    slot.note_moved(slot.moved() + 1);
}

/// Takes the whole request, of at most so many bytes, before anything is done about it.
pub(super) async fn whole_request(
    State(MaxBody(most)): State<MaxBody>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let too_large = || refused(Code::TooLarge, format!("the request is longer than {most} bytes"));
    if body.size_hint().lower() > most as u64 {
        return too_large();
    }
    let reading = Limited::new(body, most).collect();
    match tokio::time::timeout(BODY_TIMEOUT, reading).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes.to_bytes()))).await,
        Ok(Err(error)) if error.is::<LengthLimitError>() => too_large(),
        Ok(Err(_)) => refused(Code::BadRequest, "the request is torn".to_owned()),
        Err(_) => {
            refused(Code::BadRequest, format!("the request took more than {} s", BODY_TIMEOUT.as_secs()))
        }
    }
}

/// The longest body that is taken, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct MaxBody(pub(super) usize);

fn refused(code: Code, message: String) -> Response {
    Refusal::new(code, message).into_response()
}

#[cfg(test)]
mod tests {
    use axum::routing::post;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::UnixStream,
    };

    use super::*;

    const MAX_BODY: usize = 1 << 20;

    /// Serves `clients` at a time; gives what connects another one.
    fn server(clients: usize) -> impl Fn() -> UnixStream {
        let echo = |body: String| async move { body };
        let router = Router::new()
            .route("/", post(echo))
            .layer(axum::middleware::from_fn_with_state(MaxBody(MAX_BODY), whole_request));
        let (slots, shutdown) = (Slots::new(clients), CancellationToken::new());
        move || {
            let (ours, theirs) = UnixStream::pair().unwrap();
            tokio::spawn(serve(ours, Client::OfThisUser, router.clone(), slots.clone(), shutdown.clone()));
            theirs
        }
    }

    async fn answer(mut client: UnixStream, said: &str) -> String {
        client.write_all(said.as_bytes()).await.unwrap();
        rest(client).await
    }

    async fn rest(mut client: UnixStream) -> String {
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    fn request(length: usize, body: &str) -> String {
        format!(
            "POST / HTTP/1.1\r\nhost: peer\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    }

    #[tokio::test(start_paused = true)]
    async fn headers_that_do_not_come_end_the_connection() {
        let connect = server(1);
        let waited = tokio::time::timeout(HEADER_TIMEOUT * 2, answer(connect(), "POST / HTTP/1.1\r\nhost"));
        assert!(waited.await.is_ok(), "it is still waited for");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_a_time_for_the_whole_of_it() {
        let connect = server(1);
        let said = request(5, "four");
        let waited = tokio::time::timeout(BODY_TIMEOUT * 2, answer(connect(), &said));
        let answer = waited.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("took more than"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_over_the_limit_is_refused_before_it_is_read() {
        let connect = server(1);
        let answer = answer(connect(), &request(MAX_BODY + 1, "x")).await;
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("longer than"), "{answer}");
    }

    #[tokio::test]
    async fn an_idle_client_gives_way_to_another() {
        let connect = server(2);
        let idle = [connect(), connect()];
        tokio::task::yield_now().await;
        let answer = answer(connect(), &request(5, "hello")).await;
        assert!(answer.ends_with("hello"), "{answer}");
        let [first, _second] = idle;
        assert_eq!(rest(first).await, "");
    }
}
