//! How the node is reached.

use peerpool_wire::id::InfoHash;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use super::Node;
use crate::{
    channel, credentials::Meeting, event_sender::EventSender, listener::Arrival, scanner, swarm_task,
};

/// What the node is told.
pub(crate) enum Message {
    /// A connection came in and named an item.
    Admit(Arrival),
    /// Somebody whom this peer has dialled has shown a pass.
    Meeting(Meeting),
    /// From a running swarm.
    Swarm { item: InfoHash, event: swarm_task::Event },
    /// From the tracker channel.
    Channel(channel::Event),
    /// From the repository.
    Scanner(scanner::Event),
    /// A question or a command of the control API, or the end of something that took time.
    Call(Box<dyn FnOnce(&mut Node) + Send>),
}

/// Reaches the node.
#[derive(Clone, Debug)]
pub(crate) struct NodeHandle {
    inbox: mpsc::Sender<Message>,
}

impl NodeHandle {
    pub(crate) fn new(inbox: mpsc::Sender<Message>) -> Self {
        Self { inbox }
    }

    /// For the events of a part of the peer, which `wrap` makes messages of.
    pub(crate) fn events<E: Send + 'static>(
        &self,
        wrap: impl Fn(E) -> Message + Send + Sync + 'static,
    ) -> EventSender<E> {
        EventSender::new(self.inbox.clone(), wrap)
    }

    /// Messages that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.inbox.max_capacity() - self.inbox.capacity()
    }

    /// Tells the node something; nobody is told any more when the peer ends.
    pub(crate) async fn send(&self, message: Message) {
        let _ = self.inbox.send(message).await;
    }

    /// Like [`NodeHandle::send`], from a thread that may block.
    pub(crate) fn blocking_send(&self, message: Message) {
        let _ = self.inbox.blocking_send(message);
    }

    /// Has the node do something and waits for the outcome; `None` when the peer has ended.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Node) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let span = Span::current();
        let call = Box::new(move |node: &mut Node| {
            // Whoever asked may have given up.
            let _ = answer.send(span.in_scope(|| call(node)));
        });
        self.send(Message::Call(call)).await;
        answered.await.ok()
    }
}
