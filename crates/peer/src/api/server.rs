//! The socket, and those who are served at it. Whatever clients do, another one gets its turn: they are bounded in
//! number, whoever is idle for longest gives way, and a request has a time for the whole of it.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use peerpool_api::Code;
use tokio::{net::UnixStream, time::MissedTickBehavior};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service as _;
use tracing::Instrument as _;

use super::{
    App,
    door::{Door, Doorkeeper, GLANCE},
    refusal::Refusal,
    routes,
};
use crate::{
    budget::{Slot, Slots, Spell},
    error::PeerError,
};

/// How long open requests may still take when the peer ends.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long a client may take to send a request's headers, or to send the next request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request's body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest request body: a .torrent file of 32 MiB in base64.
pub(super) const MAX_BODY: usize = 48 << 20;
/// Most bytes of a request's headers.
const MAX_HEADERS: usize = 32 << 10;
/// Rest after the system refused to give a connection.
const REST: Duration = Duration::from_millis(100);

/// The socket, before anybody is served.
#[derive(Debug)]
pub(crate) struct ControlServer {
    door: Door,
}

impl ControlServer {
    /// Makes the socket, for this user alone. Only whoever holds the repository may.
    pub(crate) fn bind(repository: &Path) -> Result<Self, PeerError> {
        let door = Door::open(repository);
        let door = door.map_err(|source| PeerError::Control { repository: repository.to_owned(), source })?;
        Ok(Self { door })
    }

    /// Serves so many clients at a time until the peer ends.
    pub(crate) async fn run(self, app: App, clients: usize) {
        let shutdown = app.shutdown.clone();
        let mut keeper = Doorkeeper::new(self.door, app.node.clone());
        let mut glance = tokio::time::interval(GLANCE);
        glance.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let router = routes::router(app).layer(axum::middleware::from_fn(whole_request));
        let slots = Slots::new(clients);
        let serving = TaskTracker::new();
        let mut failures = Spell::default();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                accepted = keeper.door.listener.accept() => accepted,
                _ = glance.tick() => {
                    keeper.look().await;
                    continue;
                }
            };
            match accepted {
                Ok((stream, _)) => {
                    serving.spawn(serve(stream, router.clone(), slots.clone(), shutdown.clone()));
                }
                Err(error) => {
                    if failures.note(Instant::now()).is_some() {
                        tracing::warn!(%error, "the control socket");
                    }
                    tokio::time::sleep(REST).await;
                }
            }
        }
        serving.close();
        let _ = tokio::time::timeout(LAST_WORDS, serving.wait()).await;
        let _ = std::fs::remove_file(keeper.door.socket.path());
    }
}

async fn serve(stream: UnixStream, router: Router, slots: Slots, shutdown: CancellationToken) {
    // To a bound of their own all clients are of one host.
    let Some((slot, notice)) = slots.take(IpAddr::V4(Ipv4Addr::LOCALHOST)) else { return };
    let slot = std::sync::Arc::new(slot);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
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
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        _ = notice => return tracing::debug!("an idle client of the control socket gave way"),
        () = shutdown.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a client of the control socket");
    }
}

/// Whoever asks something is not idle.
fn note_request(slot: &Slot) {
    slot.note_moved(slot.moved() + 1);
}

/// Takes the whole request before anything is done about it.
async fn whole_request(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if body.size_hint().lower() > MAX_BODY as u64 {
        return refused(format!("the request is longer than {} MiB", MAX_BODY >> 20));
    }
    let reading = axum::body::to_bytes(body, MAX_BODY);
    match tokio::time::timeout(BODY_TIMEOUT, reading).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(_)) => refused(format!("the request is torn, or longer than {} MiB", MAX_BODY >> 20)),
        Err(_) => refused(format!("the request took more than {} s", BODY_TIMEOUT.as_secs())),
    }
}

fn refused(message: String) -> Response {
    Refusal::new(Code::BadRequest, message).into_response()
}

#[cfg(test)]
mod tests {
    use axum::routing::post;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Serves `clients` at a time; gives what connects another one.
    fn server(clients: usize) -> impl Fn() -> UnixStream {
        let echo = |body: String| async move { body };
        let router = Router::new().route("/", post(echo)).layer(axum::middleware::from_fn(whole_request));
        let (slots, shutdown) = (Slots::new(clients), CancellationToken::new());
        move || {
            let (ours, theirs) = UnixStream::pair().unwrap();
            tokio::spawn(serve(ours, router.clone(), slots.clone(), shutdown.clone()));
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
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("longer than"), "{answer}");
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
