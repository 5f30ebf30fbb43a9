//! Limits of rates.

use peerpool_api::{Day, LimitRates, Limits, LimitsNow, Schedule};

use super::size;

/// All limits, a line each.
pub fn limits(limits: &Limits) -> String {
    if *limits == Limits::default() {
        return "nothing is limited".to_owned();
    }
    let mut lines = vec![format!("always       {}", rates(&limits.rates))];
    lines.extend(limits.schedules.iter().map(|schedule| {
        let days = days(schedule);
        format!("{}  {}{days}", schedule.between, rates(&schedule.rates))
    }));
    lines.join("\n")
}

/// All limits, in one line.
pub fn limits_in_a_line(limits: &Limits) -> String {
    let scheduled = limits
        .schedules
        .iter()
        .map(|schedule| format!("{} {}{}", schedule.between, rates(&schedule.rates), days(schedule)));
    std::iter::once(rates(&limits.rates)).chain(scheduled).collect::<Vec<_>>().join("; ")
}

/// The limits in force, in a line.
pub(super) fn limits_now(now: &LimitsNow) -> String {
    match now.between {
        Some(between) => format!("{} (between {between})", rates(&now.rates)),
        None => rates(&now.rates),
    }
}

fn rates(rates: &LimitRates) -> String {
    let LimitRates { up, down, per_item_up, per_item_down, per_peer_up, per_peer_down } = *rates;
    let named = [
        ("up", up),
        ("down", down),
        ("each item up", per_item_up),
        ("each item down", per_item_down),
        ("to each peer", per_peer_up),
        ("from each peer", per_peer_down),
    ];
    let set = named.iter().filter_map(|(name, rate)| Some(format!("{name} {}", size::rate((*rate)?))));
    match set.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "no limit".to_owned(),
        some => some,
    }
}

fn days(schedule: &Schedule) -> String {
    let name = |day: &Day| format!("{day:?}").to_lowercase();
    match schedule.days.iter().map(name).collect::<Vec<_>>().join(", ") {
        all if all.is_empty() => String::new(),
        some => format!(" ({some})"),
    }
}
