//! The stream of what happens in the pool.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    extract::{Extension, State},
    http::HeaderMap,
    response::sse::{self, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use peerpool_api::PoolEvent;
use peerpool_web::live::{Cursor, Event, EventLog, Ring};
use peerpool_wire::channel::Failure;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App, connection::Connection, feed::Following, followers::Taken, onlooker::Onlooker,
    request_error::RequestError,
};

/// How long a stream lasts: less than its connection may, so that it ends after a whole event.
const LIFETIME: Duration = Duration::from_secs(540);
/// By which a client goes on where it was (HTML, "Server-sent events").
const LAST_EVENT_ID: &str = "last-event-id";

pub(crate) async fn events(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    onlooker: Onlooker,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, RequestError> {
    let seat = app.followers.seats.take(&connection, &app.memory);
    let seat = seat.ok_or(RequestError::Failure(Failure::Busy))?;
    let following = app.feed.follow(&onlooker).await?;
    let last = headers.get(LAST_EVENT_ID).map(|last| last.to_str().unwrap_or_default());
    let reader = Reader::new(following.circle.events.clone(), last);
    let place = Place { _seat: seat, _following: following, shutdown: app.followers.shutdown };
    let end = Instant::now() + LIFETIME;
    let events = stream::unfold((reader, place), move |(mut reader, place)| async move {
        let event = tokio::time::timeout_at(end, reader.next(&place.shutdown)).await.ok()??;
        Some((Ok(event), (reader, place)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// What a stream takes of what all share.
struct Place {
    _seat: Taken,
    _following: Following,
    shutdown: CancellationToken,
}

/// Reads the events. It reads the log when there is room for more, so nothing queues up for who is slow.
struct Reader {
    log: EventLog,
    news: watch::Receiver<Ring<Event>>,
    /// Up to where everything is told.
    told: Cursor,
    next: VecDeque<Event>,
    /// Why the reader has to begin anew, if it has.
    lost: Option<String>,
    over: bool,
}

impl Reader {
    /// Goes on after the last event that the client saw, or begins now.
    fn new(log: EventLog, last: Option<&str>) -> Self {
        let now = log.cursor();
        let (told, lost) = match last.map(str::parse::<Cursor>) {
            None => (now, None),
            Some(Ok(last)) => (last, None),
            Some(Err(error)) => (now, Some(error.to_string())),
        };
        Self { news: log.watch(), log, told, next: VecDeque::new(), lost, over: false }
    }

    async fn next(&mut self, shutdown: &CancellationToken) -> Option<sse::Event> {
        while !self.over {
            if let Some(why) = self.lost.take() {
                self.told = self.log.cursor();
                return Some(line(&PoolEvent::Reset { why }).event("reset").id(self.told.to_string()));
            }
            if let Some(event) = self.next.pop_front() {
                self.told.seq += 1;
                return Some(sse::Event::default().id(self.told.to_string()).data(event.as_str()));
            }
            // Before the log is read, so that nothing falls between.
            self.news.borrow_and_update();
            match self.log.after(Some(self.told)) {
                Ok((_, events)) if !events.is_empty() => self.next = events.into(),
                Ok(_) => {
                    let is_over = tokio::select! {
                        news = self.news.changed() => news.is_err(),
                        () = shutdown.cancelled() => true,
                    };
                    if is_over {
                        self.over = true;
                        return Some(line(&PoolEvent::Ending));
                    }
                }
                Err(lost) => self.lost = Some(lost.to_string()),
            }
        }
        None
    }
}

fn line(event: &PoolEvent) -> sse::Event {
    sse::Event::default().json_data(event).unwrap_or_else(|error| {
        tracing::error!(%error, "an event that cannot be written");
        sse::Event::default().comment("an event that cannot be written")
    })
}
