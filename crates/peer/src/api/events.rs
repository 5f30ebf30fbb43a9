//! The stream of events.

use std::convert::Infallible;

use axum::{
    extract::{Query, State},
    response::sse::{self, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use peerpool_api::{Event, EventQuery};
use tokio::sync::{
    broadcast::{Receiver, error::RecvError},
    watch,
};
use tokio_util::sync::CancellationToken;

use super::App;
use crate::node::NodeHandle;

/// One client that watches; while it wants single pieces, they are traced.
struct Watch {
    events: Receiver<Event>,
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
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let events = app.events.subscribe();
    let trace = match query.trace {
        true => {
            app.node.with(|node| node.trace(true)).await;
            Some(Trace(app.node.clone()))
        }
        false => None,
    };
    let hold = query.hold.then(|| Hold::new(app.holders.clone()));
    let watch = Watch { events, trace, hold, shutdown: app.shutdown.clone(), over: false };
    let events = stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok(line(&event)), watch))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Watch {
    async fn next(&mut self) -> Option<Event> {
        while !self.over {
            let received = tokio::select! {
                biased;
                received = self.events.recv() => received,
                () = self.shutdown.cancelled() => {
                    self.over = true;
                    return Some(Event::Ending { asked: false });
                }
            };
            match received {
                Ok(event @ Event::Ending { .. }) => {
                    self.over = true;
                    return Some(event);
                }
                Err(RecvError::Closed) => self.over = true,
                _ if self.hold.is_some() => {}
                Ok(Event::Requested { .. } | Event::Arrived { .. }) if self.trace.is_none() => {}
                Ok(event) => return Some(event),
                Err(RecvError::Lagged(count)) => return Some(Event::Missed { count }),
            }
        }
        None
    }
}

fn line(event: &Event) -> sse::Event {
    sse::Event::default().json_data(event).unwrap_or_else(|error| {
        tracing::error!(%error, "an event that cannot be written");
        sse::Event::default().comment("an event that cannot be written")
    })
}
