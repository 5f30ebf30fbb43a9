//! Load for `./bench live`: items that change, readers that follow them, and announces meanwhile.
//!
//! `live-load TRACKER READERS SILENT CHANGES SECONDS` has a peer register 2,000 items and another one change them
//! CHANGES times a second, while READERS pages follow 60 of them each, of which SILENT never read, and a client announces
//! as fast as it is answered. Prints `following` when all of them follow, and one JSON object at the end.
//!
//! `live-load TRACKER follow` is one page more, until it is killed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a load generator ends when anything is wrong")]

mod announces;
mod changes;
mod readers;

use std::{
    env,
    net::SocketAddr,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// Items that change.
const ITEMS: u64 = 2000;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [tracker, numbers @ ..] = arguments.as_slice() else { panic!("{USAGE}") };
    let tracker: SocketAddr = tracker.parse().unwrap();
    if numbers == ["follow"] {
        readers::follow(tracker, true, &Barrier::new(1), &AtomicBool::new(false));
        return;
    }
    let numbers: Vec<u64> = numbers.iter().map(|number| number.parse().unwrap()).collect();
    let [readers, silent, changes, seconds] = numbers.as_slice() else { panic!("{USAGE}") };

    let items: Vec<_> = (0..ITEMS).map(changes::item).collect();
    let mut holder = changes::Session::join(tracker, 0);
    holder.register_all(&items);
    let mut changer = changes::Session::join(tracker, 1);
    changer.register_all(&items);

    let over = Arc::new(AtomicBool::new(false));
    let ready = Arc::new(Barrier::new(*readers as usize + 1));
    let following: Vec<_> = (0..*readers)
        .map(|number| {
            let (over, ready) = (over.clone(), ready.clone());
            let reads = number >= *silent;
            thread::spawn(move || readers::follow(tracker, reads, &ready, &over))
        })
        .collect();
    ready.wait();
    println!("following");
    let announcing = {
        let over = over.clone();
        thread::spawn(move || announces::announce(tracker, &over))
    };
    let time = Duration::from_secs(*seconds);
    let changed = changer.change(&items, *changes, time);
    over.store(true, Ordering::Relaxed);
    let announced = announcing.join().unwrap();
    let read: Vec<readers::Read> = following.into_iter().map(|thread| thread.join().unwrap()).collect();
    let reading: Vec<&readers::Read> = read.iter().filter(|read| read.messages > 0).collect();
    let per_reader = |figure: fn(&readers::Read) -> u64| {
        let all: u64 = reading.iter().map(|read| figure(read)).sum();
        all as f64 / reading.len().max(1) as f64 / time.as_secs_f64()
    };
    println!(
        "{{\"changes_per_second\": {:.0}, \"announces_per_second\": {:.0}, \"readers\": {}, \
         \"messages_per_second\": {:.2}, \"bytes_per_second\": {:.0}}}",
        changed as f64 / time.as_secs_f64(),
        announced as f64 / time.as_secs_f64(),
        reading.len(),
        per_reader(|read| read.messages),
        per_reader(|read| read.bytes),
    );
}

const USAGE: &str = "usage: live-load TRACKER READERS SILENT CHANGES SECONDS, or live-load TRACKER follow";
