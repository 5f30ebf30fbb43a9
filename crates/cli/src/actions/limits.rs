//! Changes limits of rates.

use peerpool_api::{Between, Client, Day, LimitRates, Limits, Schedule};

use crate::{
    args::{LimitChange, Rate},
    exit::Failure,
};

/// Changes a peer's limits, and reads them.
pub async fn limit(client: &Client, change: &LimitChange) -> Result<Limits, Failure> {
    let limits = client.limits().await?;
    Ok(match changed(&limits, change) {
        Some(changed) => client.set_limits(&changed).await?,
        None => limits,
    })
}

/// The limits after a change; `None` when nothing is to be changed.
pub fn changed(limits: &Limits, limit: &LimitChange) -> Option<Limits> {
    let mut limits = limits.clone();
    let days: Vec<Day> = limit.days.iter().copied().map(Day::from).collect();
    match (limit.off, limit.between) {
        (true, None) => limits = Limits::default(),
        (true, Some(between)) => limits.schedules.retain(|known| !is_that(known, between, &days)),
        (false, Some(between)) => change(&mut schedule(&mut limits, between, days).rates, limit),
        (false, None) if names_a_rate(limit) => change(&mut limits.rates, limit),
        (false, None) => return None,
    }
    Some(limits)
}

/// Whether a schedule is the one that is meant: on those days, or on any where none is named.
fn is_that(known: &Schedule, between: Between, days: &[Day]) -> bool {
    known.between == between && (days.is_empty() || known.days == days)
}

fn schedule(limits: &mut Limits, between: Between, days: Vec<Day>) -> &mut Schedule {
    let known = limits.schedules.iter().position(|known| known.between == between && known.days == days);
    let at = known.unwrap_or_else(|| {
        limits.schedules.push(Schedule { between, days, rates: LimitRates::default() });
        limits.schedules.len() - 1
    });
    &mut limits.schedules[at]
}

fn change(rates: &mut LimitRates, limit: &LimitChange) {
    let set = |rate: &mut Option<u64>, to: Option<Rate>| {
        if let Some(Rate(to)) = to {
            *rate = to;
        }
    };
    set(&mut rates.up, limit.up);
    set(&mut rates.down, limit.down);
    set(&mut rates.per_item_up, limit.item_up);
    set(&mut rates.per_item_down, limit.item_down);
    set(&mut rates.per_peer_up, limit.peer_up);
    set(&mut rates.per_peer_down, limit.peer_down);
}

fn names_a_rate(limit: &LimitChange) -> bool {
    [limit.up, limit.down, limit.item_up, limit.item_down, limit.peer_up, limit.peer_down]
        .iter()
        .any(Option::is_some)
}
