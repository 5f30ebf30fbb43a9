//! The stream of events.

use std::{collections::VecDeque, convert::Infallible};

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::sse::{self, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use peerpool_api::{Event, EventQuery};
use peerpool_web::live::{Cursor, EventLog, Lost};
use tokio::sync::{
    broadcast::{Receiver, error::RecvError},
    watch,
};
use tokio_util::sync::CancellationToken;

use super::App;
use crate::{node::NodeHandle, told::Told};

/// By which a client goes on where it was (HTML, "Server-sent events").
const LAST_EVENT_ID: &str = "last-event-id";

/// One client that watches; while it wants single pieces, they are traced.
struct Watch {
    replay: Replay,
    events: Receiver<Told>,
    trace: Option<Trace>,
    hold: Option<Hold>,
    shutdown: CancellationToken,
    over: bool,
}

/// Has pieces traced until it is dropped.
struct Trace(NodeHandle);

impl Drop for Trace {
    fn drop(&mut self) {
        let node = self.0.clone();
        tokio::spawn(async move { node.with(|node| node.trace(false)).await });
    }
}

/// Keeps the peer from leaving until it is dropped.
struct Hold(watch::Sender<usize>);

impl Hold {
    fn new(holders: watch::Sender<usize>) -> Self {
        holders.send_modify(|holders| *holders += 1);
        Self(holders)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.send_modify(|holders| *holders = holders.saturating_sub(1));
    }
}

pub(super) async fn events(
    State(app): State<App>,
    Query(query): Query<EventQuery>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    // Before what is remembered is looked through, so that nothing falls between.
    let events = app.events.subscribe();
    let replay = match headers.get(LAST_EVENT_ID).filter(|_| !query.hold) {
        Some(last) => Replay::after(&app.live.events, last.to_str().unwrap_or_default()),
        None => Replay::default(),
    };
    let trace = match query.trace {
        true => {
            app.node.with(|node| node.trace(true)).await;
            Some(Trace(app.node.clone()))
        }
        false => None,
    };
    let hold = query.hold.then(|| Hold::new(app.holders.clone()));
    let watch = Watch { replay, events, trace, hold, shutdown: app.shutdown.clone(), over: false };
    let events = stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// What a client missed that comes back.
#[derive(Default)]
struct Replay {
    events: VecDeque<sse::Event>,
    /// Up to where it is told everything.
    until: Option<Cursor>,
}

impl Replay {
    /// What came after the event that a client saw last; or that it has to begin anew.
    fn after(log: &EventLog, last: &str) -> Self {
        let missed = last.parse::<Cursor>().map_err(|error| error.to_string());
        match missed.and_then(|last| Self::all_after(log, last).map_err(|lost| lost.to_string())) {
            Ok(replay) => replay,
            Err(why) => {
                let now = log.cursor();
                let reset = line(&Event::Reset { why }).event("reset").id(now.to_string());
                Self { events: [reset].into(), until: Some(now) }
            }
        }
    }

    fn all_after(log: &EventLog, last: Cursor) -> Result<Self, Lost> {
        let (mut events, mut until) = (VecDeque::new(), last);
        loop {
            let (end, batch) = log.after(Some(until))?;
            if batch.is_empty() {
                return Ok(Self { events, until: Some(until) });
            }
            for event in batch {
                until.seq += 1;
                events.push_back(sse::Event::default().id(until.to_string()).data(event.as_str()));
            }
            until = end;
        }
    }

    /// Whether this event was told already.
    fn has(&self, at: Option<Cursor>) -> bool {
        self.until.zip(at).is_some_and(|(until, at)| at.seq <= until.seq)
    }
}

impl Watch {
    async fn next(&mut self) -> Option<sse::Event> {
        if let Some(event) = self.replay.events.pop_front() {
            return Some(event);
        }
        while !self.over {
            let received = tokio::select! {
                biased;
                received = self.events.recv() => received,
                () = self.shutdown.cancelled() => {
                    self.over = true;
                    return Some(line(&Event::Ending { asked: false }));
                }
            };
            match received {
                Ok(told) if matches!(told.event, Event::Ending { .. }) => {
                    self.over = true;
                    return Some(told_line(&told));
                }
                Err(RecvError::Closed) => self.over = true,
                _ if self.hold.is_some() => {}
                Ok(told) if self.replay.has(told.at) => {}
                Ok(Told { event: Event::Requested { .. } | Event::Arrived { .. }, .. })
                    if self.trace.is_none() => {}
                Ok(told) => return Some(told_line(&told)),
                Err(RecvError::Lagged(count)) => return Some(line(&Event::Missed { count })),
            }
        }
        None
    }
}

fn told_line(told: &Told) -> sse::Event {
    let line = line(&told.event);
    match told.at {
        Some(at) => line.id(at.to_string()),
        None => line,
    }
}

fn line(event: &Event) -> sse::Event {
    sse::Event::default().json_data(event).unwrap_or_else(|error| {
        tracing::error!(%error, "an event that cannot be written");
        sse::Event::default().comment("an event that cannot be written")
    })
}
