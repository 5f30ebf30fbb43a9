//! Who gets a link, and who does not.

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_tls::{ConnectError, Endpoint, Expected, Reader, Writer};
use peerpool_wire::link::{Hello, MAX_OPENING, Message, Nonce, Opening, ProcessId, Refusal, Role, read};
use tokio::{
    io::{Join, join},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use tokio_tungstenite::{WebSocketStream, tungstenite};

use super::*;

/// Somebody who dials a node.
pub(super) struct Dialler(WebSocketStream<Join<Reader<OwnedReadHalf>, Writer<OwnedWriteHalf>>>);

impl Dialler {
    /// With the key of the pool.
    async fn connect(node: &Tracker) -> Self {
        Self::connect_as(node, &endpoint(&SECRET).unwrap()).await.unwrap()
    }

    /// With this key. What the node makes of it shows afterwards.
    pub(super) async fn connect_as(node: &Tracker, own: &Endpoint) -> Result<Self, ConnectError> {
        let (read, write) = TcpStream::connect(node.addr()).await.unwrap().into_split();
        let shaken = own.connect(read, write, Expected::Anybody).await?;
        let stream = join(shaken.reader, shaken.writer);
        Ok(Self(WebSocketStream::from_raw_socket(stream, tungstenite::protocol::Role::Client, None).await))
    }

    /// What the node answers to a hello, which may not even be sent.
    pub(super) async fn answer(mut self) -> Option<Message> {
        let hello = Message::Hello(own()).alone().unwrap();
        let _ = self.0.send(tungstenite::Message::Binary(hello.into())).await;
        self.next().await
    }

    async fn send(&mut self, message: Message) {
        self.0.send(tungstenite::Message::Binary(message.alone().unwrap().into())).await.unwrap();
    }

    /// The next message; none when the link is closed.
    async fn next(&mut self) -> Option<Message> {
        match self.0.next().await {
            Some(Ok(tungstenite::Message::Binary(frame))) => read(&frame).unwrap().into_iter().next(),
            _ => None,
        }
    }

    /// Says hello, and hears the node's.
    async fn greet(&mut self, own: &Hello) -> Hello {
        self.send(Message::Hello(own.clone())).await;
        match self.next().await {
            Some(Message::Hello(theirs)) => theirs,
            other => panic!("{other:?} in place of a hello"),
        }
    }
}

fn own() -> Hello {
    Hello { versions: vec![1], node: NodeId(9), process: ProcessId(9), nonce: Nonce([9; 32]) }
}

#[tokio::test]
async fn a_wrong_proof_is_refused_and_answered_by_none() {
    let node = World::new().start(1).await;
    let mut stranger = Dialler::connect(&node).await;
    let (own, theirs) = (own(), stranger.greet(&own()).await);
    let opening = Opening { dials: &own, listens: &theirs };
    stranger.send(Message::Proof(opening.proof(&PoolSecret([8; 32]), Role::Dials))).await;
    assert_eq!(stranger.next().await, Some(Message::Refused { reason: Refusal::Secret }));
    assert_eq!(stranger.next().await, None);
}

#[tokio::test]
async fn a_proof_that_was_shown_before_is_refused() {
    let node = World::new().start(1).await;
    let mut first = Dialler::connect(&node).await;
    let (own, theirs) = (own(), first.greet(&own()).await);
    let proof = Opening { dials: &own, listens: &theirs }.proof(&SECRET, Role::Dials);
    first.send(Message::Proof(proof)).await;
    assert!(matches!(first.next().await, Some(Message::Proof(_))));

    let mut again = Dialler::connect(&node).await;
    again.greet(&own).await;
    again.send(Message::Proof(proof)).await;
    assert_eq!(again.next().await, Some(Message::Refused { reason: Refusal::Secret }));
}

#[tokio::test]
async fn news_without_a_proof_end_the_link() {
    let node = World::new().start(1).await;
    let mut stranger = Dialler::connect(&node).await;
    stranger.greet(&own()).await;
    stranger.send(Message::Complete).await;
    assert_eq!(stranger.next().await, None);
}

#[tokio::test]
async fn a_frame_that_is_longer_than_an_opening_ends_the_link() {
    let node = World::new().start(1).await;
    let mut stranger = Dialler::connect(&node).await;
    // The node may close before all of it has been sent.
    let _ = stranger.0.send(tungstenite::Message::Binary(vec![0; MAX_OPENING + 1].into())).await;
    assert_eq!(stranger.next().await, None);
}

#[tokio::test]
async fn another_version_and_the_node_itself_are_refused_with_the_reason() {
    let node = World::new().start(1).await;
    let other = Hello { versions: vec![99], ..own() };
    let itself = Hello { node: NodeId(1), ..own() };
    for (hello, expected) in [(other, Refusal::Version { supported: vec![1] }), (itself, Refusal::Itself)] {
        let mut dialler = Dialler::connect(&node).await;
        dialler.send(Message::Hello(hello)).await;
        assert_eq!(dialler.next().await, Some(Message::Refused { reason: expected }));
    }
}

#[tokio::test]
async fn a_node_that_says_nothing_is_given_up() {
    let node = World::new().start(1).await;
    let mut silent = Dialler::connect(&node).await;
    let (own, theirs) = (own(), silent.greet(&own()).await);
    let opening = Opening { dials: &own, listens: &theirs };
    silent.send(Message::Proof(opening.proof(&SECRET, Role::Dials))).await;
    let shown = opening.proof(&SECRET, Role::Listens);
    assert_eq!(silent.next().await, Some(Message::Proof(shown)));
    // It hears that the node lives, and says nothing itself, until the node gives it up.
    let begun = std::time::Instant::now();
    while silent.next().await.is_some() {}
    assert!(begun.elapsed() >= crate::links::talk::SILENCE - Duration::from_millis(500));
}
