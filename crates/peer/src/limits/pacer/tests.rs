//! The pacer against what its limits promise, over any asks.

use std::{collections::BTreeMap, time::Duration};

use peerpool_wire::id::Sha256Hash;
use proptest::prelude::*;

use super::*;

fn item(number: u8) -> InfoHash {
    InfoHash::v2_only(Sha256Hash([number; 32]))
}

fn who(of_item: u8, of_peer: u8) -> Who {
    Who { item: item(of_item), peer: PeerId::new([of_peer; 12]), priority: Priority::Normal }
}

/// A connection that asks again as soon as it was granted something.
#[derive(Clone, Copy, Debug)]
struct Greedy {
    who: Who,
    bytes: u32,
}

fn greedy(of_item: u8, of_peer: u8, bytes: u32) -> Greedy {
    Greedy { who: who(of_item, of_peer), bytes }
}

/// What was granted, and when.
type Granted = Vec<(Time, Who, u32)>;

/// Lets all of them ask for so many seconds.
fn run(pacer: &mut Pacer<usize>, all: &[Greedy], seconds: u64) -> Granted {
    let mut now = Time::ZERO;
    for (number, one) in all.iter().enumerate() {
        pacer.ask(one.who, one.bytes, number, now);
    }
    let mut granted = Vec::new();
    while now <= Time::from_secs(seconds) {
        match pacer.next(now) {
            Turn::Now { who, bytes, grant } => {
                granted.push((now, who, bytes));
                pacer.ask(all[grant].who, all[grant].bytes, grant, now);
            }
            Turn::At(at) => {
                assert!(at > now, "nothing becomes ready at a time that has come");
                now = at;
            }
            Turn::Idle => panic!("somebody always asks"),
        }
        pacer.forget_idle(now);
    }
    granted
}

fn sum(granted: &Granted, is: impl Fn(&Who) -> bool) -> u64 {
    granted.iter().filter(|(_, who, _)| is(who)).map(|(_, _, bytes)| u64::from(*bytes)).sum()
}

/// The most that was granted within any span of this length.
fn most_within(granted: &Granted, span: Duration, is: impl Fn(&Who) -> bool) -> u64 {
    let chosen: Vec<(Time, u64)> =
        granted.iter().filter(|(_, who, _)| is(who)).map(|(at, _, bytes)| (*at, u64::from(*bytes))).collect();
    let (mut most, mut sum, mut first) = (0, 0, 0);
    for (at, bytes) in &chosen {
        sum += bytes;
        while at.since(chosen[first].0) > span {
            sum -= chosen[first].1;
            first += 1;
        }
        most = most.max(sum);
    }
    most
}

#[test]
fn a_limit_is_used_up_and_kept_within_three_percent() {
    // 10 Mbit/s over 10 s.
    let rate = 1_250_000;
    let mut pacer = Pacer::new(Rates { all: Some(rate), ..Rates::default() }, Time::ZERO);
    let all: Vec<Greedy> = (0..7).map(|nth| greedy(nth % 3, nth, 16 * 1024)).collect();
    let granted = run(&mut pacer, &all, 10);
    let total = sum(&granted, |_| true) as f64;
    assert!((total / (10.0 * rate as f64) - 1.0).abs() < 0.03, "{total}");
    let burst = most_within(&granted, Duration::from_secs(1), |_| true);
    assert!(burst <= rate + rate / 100, "{burst} bytes in a second");
}

#[test]
fn items_share_a_limit_evenly_whatever_their_connections_and_requests() {
    let mut pacer = Pacer::new(Rates { all: Some(1_000_000), ..Rates::default() }, Time::ZERO);
    let mut all = vec![greedy(1, 1, 16 * 1024)];
    all.extend((0..20).map(|nth| greedy(2, 10 + nth, 64 * 1024)));
    let granted = run(&mut pacer, &all, 20);
    let [one, other] = [1, 2].map(|number| sum(&granted, |who| who.item == item(number)));
    assert!(one.abs_diff(other) <= 2 * 64 * 1024, "{one} and {other}");
}

#[test]
fn each_step_of_priority_gets_four_times_as_much() {
    let mut pacer = Pacer::new(Rates { all: Some(1_000_000), ..Rates::default() }, Time::ZERO);
    let with = |number, priority| {
        let plain = greedy(number, number, 16 * 1024);
        Greedy { who: Who { priority, ..plain.who }, ..plain }
    };
    let all = [with(1, Priority::Low), with(2, Priority::Normal), with(3, Priority::High)];
    let granted = run(&mut pacer, &all, 40);
    let [low, normal, high] = [1, 2, 3].map(|number| sum(&granted, |who| who.item == item(number)) as f64);
    assert!((3.5..4.5).contains(&(normal / low)), "{normal} and {low}");
    assert!((3.5..4.5).contains(&(high / normal)), "{high} and {normal}");
}

#[test]
fn what_one_item_may_not_use_goes_to_the_others() {
    let rates = Rates { all: Some(1_000_000), item: Some(200_000), peer: None };
    let mut pacer = Pacer::new(rates, Time::ZERO);
    let all: Vec<Greedy> = (1..=3).map(|nth| greedy(nth, nth, 16 * 1024)).collect();
    let granted = run(&mut pacer, &all, 10);
    for nth in 1..=3 {
        let of_item = sum(&granted, |who| who.item == item(nth));
        assert!((1_950_000..2_060_000).contains(&of_item), "{of_item}");
    }
}

#[test]
fn whoever_was_idle_takes_a_place_among_the_others_and_no_more() {
    let mut pacer = Pacer::new(Rates { all: Some(1_000_000), ..Rates::default() }, Time::ZERO);
    let busy = greedy(1, 1, 16 * 1024);
    run(&mut pacer, &[busy], 20);
    let mut late = Pacer { ..pacer };
    let mut turns = Vec::new();
    let mut now = Time::from_secs(21);
    late.ask(who(2, 2), 16 * 1024, 9, now);
    while turns.len() < 6 {
        match late.next(now) {
            Turn::Now { who, bytes, grant } => {
                turns.push(who.item);
                late.ask(who, bytes, grant, now);
            }
            Turn::At(at) => now = at,
            Turn::Idle => panic!("both ask"),
        }
    }
    let turns_of_late = turns.iter().filter(|turn| **turn == item(2)).count();
    assert!((3..=4).contains(&turns_of_late), "{turns:?}");
}

#[test]
fn a_peer_serves_an_item_whose_limit_others_use_up() {
    let rates = Rates { all: Some(1_000_000), item: Some(265_306), peer: Some(146_643) };
    let mut pacer = Pacer::new(rates, Time::ZERO);
    let all = [greedy(1, 0, 4000), greedy(0, 1, 49_664), greedy(0, 2, 40_181), greedy(0, 0, 4000)];
    let granted = run(&mut pacer, &all, 20);
    for one in all {
        assert!(sum(&granted, |who| *who == one.who) > 0, "{one:?} starved");
    }
}

#[test]
fn without_limits_nobody_waits() {
    let mut pacer = Pacer::new(Rates::default(), Time::ZERO);
    for nth in 0..100 {
        pacer.ask(who(nth % 4, nth), 1 << 20, nth, Time::ZERO);
    }
    let granted = (0..100).filter(|_| matches!(pacer.next(Time::ZERO), Turn::Now { .. })).count();
    assert_eq!((granted, pacer.next(Time::ZERO)), (100, Turn::Idle));
    pacer.forget_idle(Time::ZERO);
}

#[test]
fn a_limit_that_is_lifted_lets_everybody_go_on() {
    let mut pacer = Pacer::new(Rates { all: Some(1000), ..Rates::default() }, Time::ZERO);
    let now = Time::from_secs(1);
    pacer.ask(who(1, 1), 1 << 20, 0, now);
    pacer.ask(who(1, 1), 1 << 20, 1, now);
    assert!(matches!(pacer.next(now), Turn::Now { .. }));
    assert!(matches!(pacer.next(now), Turn::At(_)));
    pacer.set_rates(Rates::default(), now);
    assert!(matches!(pacer.next(now), Turn::Now { .. }));
}

#[test]
fn what_was_granted_to_somebody_who_has_gone_is_there_for_others() {
    let mut pacer = Pacer::new(Rates { all: Some(100_000), ..Rates::default() }, Time::ZERO);
    let now = Time::from_secs(1);
    pacer.ask(who(1, 1), 10_000, 0, now);
    pacer.ask(who(2, 2), 10_000, 1, now);
    let Turn::Now { who, bytes, .. } = pacer.next(now) else { panic!("it was saved up") };
    assert!(matches!(pacer.next(now), Turn::At(_)));
    pacer.give_back(&who, bytes);
    assert!(matches!(pacer.next(now), Turn::Now { .. }));
}

fn rate() -> impl Strategy<Value = Option<u64>> {
    proptest::option::of(100_000..1_000_000u64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// No limit is passed over any span, by more than what is saved up and one ask; and every ask is granted, once there was
    /// time for so many bytes as all of them want, for each of three items, and for what may overtake.
    #[test]
    fn no_limit_is_passed_and_no_ask_is_lost(
        all in rate(),
        of_item in rate(),
        of_peer in rate(),
        greedy in proptest::collection::vec((0..3u8, 0..5u8, 4_000..64_000u32), 1..8),
    ) {
        let rates = Rates { all: all.or(Some(1_000_000)), item: of_item, peer: of_peer };
        let all: Vec<Greedy> =
            greedy.into_iter().map(|(of_item, of_peer, bytes)| Greedy { who: who(of_item, of_peer), bytes }).collect();
        let mut pacer = Pacer::new(rates, Time::ZERO);
        let slowest = [rates.all, rates.item, rates.peer].into_iter().flatten().min().unwrap_or(1);
        let round: u64 = all.iter().map(|one| u64::from(one.bytes)).sum();
        let granted = run(&mut pacer, &all, (12 * round / slowest).max(20));
        let largest = all.iter().map(|one| u64::from(one.bytes)).max().unwrap_or_default();
        let span = Duration::from_secs(2);
        let bound = |rate: u64| rate * 2 + rate / 50 + largest + 2;
        let mut classes: BTreeMap<String, (Option<u64>, u64)> = BTreeMap::new();
        classes.insert("all".to_owned(), (rates.all, most_within(&granted, span, |_| true)));
        for one in &all {
            let item = most_within(&granted, span, |who| who.item == one.who.item);
            classes.insert(format!("item {}", one.who.item), (rates.item, item));
            let peer = most_within(&granted, span, |who| who.peer == one.who.peer);
            classes.insert(format!("peer {:?}", one.who.peer), (rates.peer, peer));
        }
        for (class, (rate, most)) in classes {
            if let Some(rate) = rate {
                prop_assert!(most <= bound(rate), "{class}: {most} bytes in 2 s at {rate} a second");
            }
        }
        for one in &all {
            prop_assert!(sum(&granted, |who| who.item == one.who.item && who.peer == one.who.peer) > 0, "{one:?} starved");
        }
    }
}
