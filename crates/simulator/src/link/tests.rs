use std::time::Duration;

use peerpool_swarm::ConnId;
use peerpool_wire::time::Time;
use proptest::prelude::*;

use super::*;

const MBIT: u64 = 125_000;

fn spec(up: u64) -> LinkSpec {
    LinkSpec {
        up,
        down: up,
        delay: Duration::from_millis(5),
        jitter: Duration::ZERO,
        loss: 0.0,
        train: 3 * PACKET,
        socket_buffer: 64 * 1024,
        receive_buffer: 1 << 20,
        queue: Duration::from_millis(100),
    }
}

/// An uplink with that many connections, numbered from 0.
fn uplink(connections: u32, spec: LinkSpec) -> Uplink<u32> {
    let mut uplink = Uplink::new(spec);
    for conn in 0..connections {
        uplink.open(ConnId(conn));
    }
    uplink
}

/// Lets everything leave, acknowledged at once: the trains, and the messages in the order of leaving.
fn drain(uplink: &mut Uplink<u32>) -> (Vec<Train>, Vec<(ConnId, u32)>) {
    let (mut trains, mut messages) = (Vec::new(), Vec::new());
    let mut now = Time::ZERO;
    while let Some(next) = uplink.next_timeout() {
        now = now.max(next);
        let mut whole = Vec::new();
        let Some(train) = uplink.poll(now, |cargo| whole.push(cargo)) else { break };
        messages.extend(whole.into_iter().map(|cargo| (train.conn, cargo)));
        trains.push(train);
        uplink.acknowledge(now, train.conn, train.bulk, false, Duration::ZERO);
    }
    (trains, messages)
}

proptest! {
    #[test]
    fn the_rate_is_never_exceeded(sizes in prop::collection::vec((0u32..4, 1u32..40_000), 1..80), mbit in 1u64..1000) {
        let mut uplink = uplink(4, spec(mbit * MBIT));
        for (nth, (conn, size)) in (0..).zip(&sizes) {
            uplink.send_block(ConnId(*conn), nth, 13, *size);
        }
        let (trains, _) = drain(&mut uplink);
        let mut wire = 0;
        for train in &trains {
            wire += u64::from(train.wire);
            let allowed = train.left.as_micros() * mbit * MBIT / 1_000_000;
            prop_assert!(wire <= allowed + mbit, "{wire} bytes after {:?}", train.left);
        }
        let bytes: u64 = trains.iter().map(|train| u64::from(train.bytes)).sum();
        prop_assert_eq!(bytes, sizes.iter().map(|(_, size)| u64::from(13 + size)).sum::<u64>());
    }

    #[test]
    fn blocks_of_a_connection_arrive_whole_and_in_order(sizes in prop::collection::vec((0u32..3, 1u32..200_000), 1..60)) {
        let mut uplink = uplink(3, spec(50 * MBIT));
        for (nth, (conn, size)) in (0..).zip(&sizes) {
            uplink.send_block(ConnId(*conn), nth, 13, *size);
        }
        let (_, messages) = drain(&mut uplink);
        prop_assert_eq!(messages.len(), sizes.len());
        for conn in 0..3 {
            let order: Vec<u32> = messages.iter().filter(|(of, _)| of.0 == conn).map(|(_, nth)| *nth).collect();
            prop_assert!(order.is_sorted());
        }
    }
}

#[test]
fn small_messages_pass_blocks_that_the_socket_has_not_taken() {
    let mut uplink = uplink(1, spec(50 * MBIT));
    for nth in 0..8 {
        uplink.send_block(ConnId(0), nth, 13, 16_384);
    }
    uplink.send(ConnId(0), 100, 9);
    let (_, messages) = drain(&mut uplink);
    let order: Vec<u32> = messages.into_iter().map(|(_, nth)| nth).collect();
    // The fourth block is partly in the socket: it is finished first.
    assert_eq!(order, [0, 1, 2, 3, 100, 4, 5, 6, 7]);
}

#[test]
fn acknowledged_blocks_count_without_their_headers() {
    let mut uplink = uplink(1, spec(50 * MBIT));
    for nth in 0..2 {
        uplink.send_block(ConnId(0), nth, 13, 1000);
    }
    while uplink.poll(Time::from_secs(1), |_| ()).is_some() {}
    let mut arrive = |bytes| uplink.acknowledge(Time::from_secs(1), ConnId(0), bytes, false, Duration::ZERO);
    assert_eq!([10, 13, 990, 10, 1003].map(&mut arrive), [0, 10, 990, 0, 1000]);
}

#[test]
fn backlogged_connections_share_the_uplink_fairly() {
    let mut uplink = uplink(4, spec(50 * MBIT));
    for nth in 0..40 {
        uplink.send_block(ConnId(nth % 4), nth, 13, 16_384);
    }
    let (trains, _) = drain(&mut uplink);
    let half = &trains[..trains.len() / 2];
    for conn in 0..4 {
        let bytes: u32 = half.iter().filter(|train| train.conn.0 == conn).map(|train| train.bytes).sum();
        let fair = half.iter().map(|train| train.bytes).sum::<u32>() / 4;
        assert!(bytes.abs_diff(fair) <= 2 * 3 * PACKET, "{bytes} instead of {fair}");
    }
}

#[test]
fn nothing_leaves_beyond_the_window_until_it_is_acknowledged() {
    let mut uplink = uplink(1, spec(50 * MBIT));
    for nth in 0..4 {
        uplink.send_block(ConnId(0), nth, 13, 16_384);
    }
    let mut left = 0;
    while let Some(train) = uplink.poll(Time::from_secs(1), |_| ()) {
        left += train.bytes;
    }
    assert_eq!(left, 10 * PACKET);
    uplink.acknowledge(Time::from_secs(1), ConnId(0), left, false, Duration::from_millis(10));
    assert!(uplink.poll(Time::from_secs(1), |_| ()).is_some());
}

#[test]
fn a_pipe_passes_on_what_comes_slower_without_delay() {
    let mut pipe = Pipe::new(MBIT, Duration::from_millis(100));
    for millis in (100..200).step_by(10) {
        let passage = pipe.pass_while_arriving(Time::from_millis(millis), 1000);
        assert_eq!(passage.done, Time::from_millis(millis));
    }
}

#[test]
fn a_pipe_that_is_given_too_much_queues_it_and_says_so() {
    let mut pipe = Pipe::new(MBIT, Duration::from_millis(20));
    let at = Time::from_secs(1);
    let done: Vec<Passage> = (0..5).map(|_| pipe.pass(at, 1000)).collect();
    let times: Vec<u64> = done.iter().map(|passage| passage.done.since(at).as_millis() as u64).collect();
    assert_eq!(times, [8, 16, 24, 32, 40]);
    let congested: Vec<bool> = done.iter().map(|passage| passage.congested).collect();
    assert_eq!(congested, [false, false, false, true, true]);
}

#[test]
fn loss_keeps_the_window_small_and_congestion_cuts_it_once_a_round_trip() {
    let round_trip = Duration::from_millis(10);
    let mut lossy = Window::new(1 << 20, 0.01);
    let mut clean = Window::new(1 << 20, 0.0);
    for nth in 0..200 {
        for window in [&mut lossy, &mut clean] {
            let room = window.room();
            window.sent(room);
            window.acknowledged(Time::from_millis(10 * nth), room, false, round_trip);
        }
    }
    assert_eq!(clean.room(), 1 << 20);
    assert!((12 * PACKET..13 * PACKET).contains(&lossy.room()));
    for micros in [0, 1, 2] {
        clean.acknowledged(Time::from_secs(9) + Duration::from_micros(micros), 0, true, round_trip);
    }
    let once = (f64::from(1 << 20) * 0.7) as u32;
    assert!(clean.room().abs_diff(once) < 2 * PACKET, "{} instead of {once}", clean.room());
}
