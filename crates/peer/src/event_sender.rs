//! How a part of the peer tells what happened, without knowing who listens.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    task::coop::consume_budget,
};

/// Sends the events of one part of the peer into the bounded queue of the task that reacts to them. That task's side
/// says how an event becomes one of its messages, so the part knows nothing of it. Cheap to clone.
#[derive(Debug)]
pub(crate) struct EventSender<E>(Arc<dyn Queue<E>>);

/// Whoever listened has ended.
#[derive(Debug)]
pub(crate) struct Closed;

impl<E: Send + 'static> EventSender<E> {
    /// A sender into `queue`, whose messages `wrap` makes of events.
    pub(crate) fn new<M: Send + 'static>(
        queue: mpsc::Sender<M>,
        wrap: impl Fn(E) -> M + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Wrapped { queue, wrap }))
    }

    /// Sends an event, as soon as there is room for it.
    pub(crate) async fn send(&self, event: E) -> Result<(), Closed> {
        // As a queue of tokio's does: whoever always finds room lets others run, too.
        consume_budget().await;
        match self.0.try_send(event) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(event)) => self.0.send(event).await,
            Err(TrySendError::Closed(_)) => Err(Closed),
        }
    }

    /// Sends an event if there is room for it now.
    pub(crate) fn try_send(&self, event: E) -> bool {
        self.0.try_send(event).is_ok()
    }

    /// Like [`EventSender::send`], from a thread that may block.
    pub(crate) fn blocking_send(&self, event: E) {
        // Nobody is told any more when the peer ends.
        let _ = self.0.blocking_send(event);
    }

    /// Whether whoever listened has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl<E> Clone for EventSender<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

trait Queue<E>: Send + Sync + std::fmt::Debug {
    fn try_send(&self, event: E) -> Result<(), TrySendError<E>>;
    fn send(&self, event: E) -> BoxFuture<'_, Result<(), Closed>>;
    fn blocking_send(&self, event: E) -> Result<(), Closed>;
    fn is_closed(&self) -> bool;
}

struct Wrapped<M, F> {
    queue: mpsc::Sender<M>,
    wrap: F,
}

impl<E, M, F> Queue<E> for Wrapped<M, F>
where
    E: Send + 'static,
    M: Send + 'static,
    F: Fn(E) -> M + Send + Sync,
{
    fn try_send(&self, event: E) -> Result<(), TrySendError<E>> {
        match self.queue.try_reserve() {
            Ok(permit) => {
                permit.send((self.wrap)(event));
                Ok(())
            }
            Err(TrySendError::Full(())) => Err(TrySendError::Full(event)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(event)),
        }
    }

    fn send(&self, event: E) -> BoxFuture<'_, Result<(), Closed>> {
        let message = (self.wrap)(event);
        Box::pin(async move { self.queue.send(message).await.map_err(|_| Closed) })
    }

    fn blocking_send(&self, event: E) -> Result<(), Closed> {
        self.queue.blocking_send((self.wrap)(event)).map_err(|_| Closed)
    }

    fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }
}

impl<M, F> std::fmt::Debug for Wrapped<M, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wrapped").field("capacity", &self.queue.capacity()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_keep_their_order_though_some_wait_for_room() {
        let (queue, mut inbox) = mpsc::channel(1);
        let events = EventSender::new(queue, |number: u8| format!("event {number}"));
        let sending = tokio::spawn(async move {
            for number in 0..3 {
                events.send(number).await.unwrap();
            }
            assert!(!events.is_closed());
        });
        for number in 0..3 {
            assert_eq!(inbox.recv().await, Some(format!("event {number}")));
        }
        sending.await.unwrap();
    }

    #[tokio::test]
    async fn a_sender_learns_that_nobody_listens() {
        let (queue, inbox) = mpsc::channel(1);
        let events = EventSender::new(queue, |number: u8| number);
        assert!(events.try_send(1));
        assert!(!events.try_send(2));
        drop(inbox);
        assert!(events.is_closed());
        assert!(events.send(3).await.is_err());
    }
}
