//! A connection whose blocks wait for leave: over memory, in a time that passes only when nothing else happens.

use std::{sync::Arc, time::Duration};

use bytes::{Buf as _, BytesMut};
use peerpool_api::{LimitRates, LimitsNow};
use peerpool_swarm::ConnId;
use peerpool_wire::{
    geometry::BLOCK,
    message::{self, BLOCK_HEADER, Frame, Limits, Message, Request},
};
use tokio::{
    io::AsyncReadExt as _,
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::task::TaskTracker;

use super::{Connection, Event, Looks, Shared, Write};
use crate::{
    budget::AllQueued,
    buffer::BufferPool,
    clock::Clock,
    event_sender::EventSender,
    item_data::ItemData,
    limits::{Rates, Way},
    metrics::Registry,
    swarm_task::tests::{OTHER, SEED, Seed, addr, environment},
    transport::{ReadHalf, memory},
};

/// A connection that sends a file of so many blocks at this rate, and its other end.
struct World {
    connection: Connection,
    other: Box<dyn ReadHalf>,
    unread: BytesMut,
    limits: Limits,
    shared: Shared,
    _events: mpsc::Receiver<Event>,
    _now: watch::Sender<LimitsNow>,
    _seed: Seed,
}

fn up(rates: &LimitRates) -> Rates {
    Rates { all: rates.up, item: None, peer: None }
}

impl World {
    fn new(blocks: u32, rate: u64) -> Self {
        let seed = Seed::of(&vec![7; (blocks * BLOCK) as usize]);
        let rates = LimitRates { up: Some(rate), ..LimitRates::default() };
        let (now, watched) = watch::channel(LimitsNow { rates, between: None });
        let (way, giving) = Way::new(Clock::start(), &watched, up);
        tokio::spawn(giving);
        let (events_in, events) = mpsc::channel(10_000);
        let item_data = ItemData::Shared(seed.item.clone());
        let geometry = seed.item.metainfo().info.geometry().clone();
        let limits = Limits::for_item(geometry.piece_count(), 1 << 20);
        let (_, item_data) = watch::channel(item_data);
        let shared = Shared {
            item: seed.item.info_hash(),
            looks: Looks::start(),
            up: way,
            geometry,
            limits,
            received: BufferPool::new(4 << 20),
            sent: BufferPool::new(4 << 20),
            queued: AllQueued::default(),
            item_data,
            written: Arc::default(),
            writers: TaskTracker::new(),
            counters: Registry::default().counters(),
            events: EventSender::new(events_in, |event| event),
        };
        let environment = environment(SEED);
        let [ours, theirs] = memory::pair([addr(SEED), addr(OTHER)]);
        let stream = environment.network.accepted(ours).unwrap();
        let connection = Connection::open(ConnId(1), environment.peer_id, stream, &shared);
        let other = theirs.reader;
        Self {
            connection,
            other,
            unread: BytesMut::new(),
            limits,
            shared,
            _events: events,
            _now: now,
            _seed: seed,
        }
    }

    /// Queues the block of this number.
    fn send_block(&self, number: u32) {
        let length = self.shared.geometry.piece_length();
        let (piece, begin) = (number * BLOCK / length, number * BLOCK % length);
        assert!(self.connection.write(Write::Block(self.shared.geometry.span(piece, begin, BLOCK).unwrap())));
    }

    /// The next message that arrives; `None` for a block.
    async fn hears(&mut self) -> Option<Message> {
        loop {
            match message::decode(&self.unread, self.limits).unwrap() {
                Frame::Message { message, size } => {
                    self.unread.advance(size);
                    return Some(message);
                }
                Frame::Block { block } => {
                    let whole = BLOCK_HEADER + block.length as usize;
                    while self.unread.len() < whole {
                        self.other.read_buf(&mut self.unread).await.unwrap();
                    }
                    self.unread.advance(whole);
                    return None;
                }
                Frame::Incomplete { .. } => {
                    self.other.read_buf(&mut self.unread).await.unwrap();
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn blocks_go_out_at_the_limit_and_not_all_at_once() {
    let (blocks, rate) = (400, 1_250_000);
    let mut world = World::new(blocks, rate);
    (0..blocks).for_each(|number| world.send_block(number));
    let begun = Instant::now();
    let mut arrived = Vec::new();
    for _ in 0..blocks {
        assert_eq!(world.hears().await, None);
        arrived.push(begun.elapsed());
    }
    let bytes = f64::from(blocks) * f64::from(BLOCK);
    let measured = bytes / arrived[arrived.len() - 1].as_secs_f64();
    assert!((measured / rate as f64 - 1.0).abs() < 0.03, "{measured} bytes a second");
    let in_a_second = (0..arrived.len())
        .map(|from| {
            arrived[from..].iter().take_while(|at| **at - arrived[from] < Duration::from_secs(1)).count()
        })
        .max()
        .unwrap();
    assert!(in_a_second as f64 * f64::from(BLOCK) < rate as f64 * 1.03, "{in_a_second} blocks in a second");
}

#[tokio::test(start_paused = true)]
async fn messages_pass_blocks_that_wait_for_leave() {
    let mut world = World::new(8, 1024);
    (0..8).for_each(|number| world.send_block(number));
    // The first block goes, and the next has to wait for 16 s.
    assert_eq!(world.hears().await, None);
    let begun = Instant::now();
    let request = Request { index: 0, begin: 0, length: BLOCK };
    for message in [Message::Have(3), Message::Request(request), Message::NotInterested] {
        assert!(world.connection.write(Write::Message(message.clone())));
        assert_eq!(world.hears().await, Some(message));
    }
    assert!(begun.elapsed() < Duration::from_millis(10), "they took {:?}", begun.elapsed());
}
