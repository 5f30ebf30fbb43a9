//! What `limit` changes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use clap::Parser as _;
use peerpool_api::{LimitRates, Limits};
use peerpool_cli::{
    actions::changed,
    args::{Cli, Command, Rate, rate},
    output,
};

fn after(limits: &Limits, line: &str) -> Option<Limits> {
    let words = ["peerpool", "limit"].into_iter().chain(line.split_whitespace());
    let Command::Limit(limit) = Cli::try_parse_from(words).unwrap().command else { panic!("it is `limit`") };
    changed(limits, &limit.change)
}

#[test]
fn a_rate_is_read_in_bytes_or_bits() {
    let read = |text| rate(text).unwrap().0;
    assert_eq!(read("2M"), Some(2 << 20));
    assert_eq!(read("500kB/s"), Some(500 << 10));
    assert_eq!(read("10Mbit"), Some(1_250_000));
    assert_eq!(read("1.5Gbit/s"), Some(187_500_000));
    assert_eq!(rate("off"), Ok(Rate(None)));
    assert!(rate("fast").is_err() && rate("-1M").is_err() && rate("1e99Gbit").is_err());
}

#[test]
fn a_limit_changes_what_is_named_and_nothing_else() {
    let first = after(&Limits::default(), "--down 10Mbit --up 1M").unwrap();
    let second = after(&first, "--up off --item-down 2M").unwrap();
    let rates = LimitRates { down: Some(1_250_000), per_item_down: Some(2 << 20), ..LimitRates::default() };
    assert_eq!(second, Limits { rates, schedules: Vec::new() });
    assert_eq!(after(&second, ""), None, "it only shows them");
    assert_eq!(after(&second, "--off"), Some(Limits::default()));
}

#[test]
fn a_schedule_is_added_changed_and_taken_away_by_its_time() {
    let first = after(&Limits::default(), "--down 1M --between 08:00-18:00 --days mon,fri").unwrap();
    let second = after(&first, "--up 1M --between 08:00-18:00 --days mon,fri").unwrap();
    assert_eq!(second.schedules.len(), 1);
    let rates = LimitRates { up: Some(1 << 20), down: Some(1 << 20), ..LimitRates::default() };
    assert_eq!(second.schedules[0].rates, rates);
    let third = after(&second, "--between 22:00-06:00").unwrap();
    assert_eq!(third.schedules.len(), 2, "nothing is limited at night");
    assert_eq!(after(&third, "--off --between 08:00-18:00").unwrap().schedules.len(), 1);
    let shown = output::limits(&third);
    assert_eq!(
        shown,
        "always       no limit\n08:00-18:00  up 1.0 MiB/s, down 1.0 MiB/s (mon, fri)\n22:00-06:00  no limit"
    );
}
