//! What this user's device is in the pools that it has joined.
//!
//! A pool is known by its keys, and not by the address of its tracker: that may have several names, move, or be given to the
//! tracker of another pool.

use std::{env, time::Duration};

use peerpool_api::{Code, Error, TrackerClient, TrackerUrl, Trackers};
use peerpool_peer::{
    Membership,
    membership::{AskError, Joined, Memberships, TrackerConnection},
};
use peerpool_tls::Expected;

use crate::{
    exit::{Exit, Failure},
    output::text::safe,
};

/// How long a tracker may take to show which pool is there.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the device keeps of its pools.
///
/// # Errors
///
/// The user has no folder for it.
pub fn memberships() -> Result<Memberships, Failure> {
    of_user().ok_or_else(|| {
        let message =
            "there is no place for this device's key: set XDG_DATA_HOME or HOME to a folder of yours";
        Failure::told(Exit::Usage, message)
    })
}

/// What the device is in the pool of these trackers; nothing in an open pool, and in one that it has not joined.
///
/// # Errors
///
/// What the device keeps cannot be read.
pub async fn membership(trackers: Option<&Trackers>) -> Result<Option<Membership>, Failure> {
    let Some((trackers, device)) = trackers.zip(of_user()) else { return Ok(None) };
    for url in trackers.iter() {
        let there = tokio::time::timeout(PATIENCE, recognise(&device, url)).await;
        let joined = match there {
            Ok(Ok(Some((joined, _)))) => Some(joined),
            // Where a pool is known to be, nothing is said in the clear, even while nobody answers.
            _ => device.at(url)?,
        };
        if let Some(joined) = joined {
            return Ok(Some(device.membership(&joined)?));
        }
    }
    Ok(None)
}

/// Whether the device has joined the pool that is meant, as far as it knows without asking: one with a tracker at one of
/// these addresses; where none is named, a single one.
pub fn has_joined(trackers: Option<&Trackers>) -> bool {
    let Some(trackers) = trackers else { return only_tracker().is_some() };
    let knows = |device: Memberships| trackers.iter().any(|url| matches!(device.at(url), Ok(Some(_))));
    of_user().is_some_and(knows)
}

/// A connection, as this device, to the tracker at this address, if it is that of a pool that the device has joined.
///
/// # Errors
///
/// What the device keeps cannot be read, or the tracker that it has joined there does not answer.
pub async fn joined_at(url: &TrackerUrl) -> Result<Option<TrackerConnection>, Failure> {
    let Some(device) = of_user() else { return Ok(None) };
    let found = recognise(&device, url).await?.map(|(_, tracker)| tracker);
    Ok(found)
}

/// A connection, as this device, to the tracker of a pool that it has joined: of the pool that has a tracker there, or of the
/// only one.
///
/// # Errors
///
/// The device has joined no such pool, or several, or none of the pool's trackers answers.
pub async fn tracker(at: Option<&Trackers>) -> Result<TrackerConnection, Failure> {
    let device = memberships()?;
    let Some(trackers) = at else {
        return Ok(device.reach(&the_only_pool(device.all()?)?).await?);
    };
    let mut failure = None;
    for url in trackers.iter() {
        match recognise(&device, url).await {
            Ok(Some((_, tracker))) => return Ok(tracker),
            Ok(None) => {}
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| stranger(&format!("the pool at {trackers}"))))
}

/// The pool that is meant where none is named: the only one that this device has joined.
///
/// # Errors
///
/// What the device keeps cannot be read.
pub fn only_joined() -> Result<Option<Joined>, Failure> {
    let Some(device) = of_user() else { return Ok(None) };
    let mut pools = device.all()?;
    Ok(pools.pop().filter(|_| pools.is_empty()))
}

/// The trackers of that pool; `None` where there is no such pool, or what the device keeps cannot be read.
pub fn only_tracker() -> Option<Trackers> {
    Trackers::of(only_joined().ok().flatten()?.trackers)
}

/// How somebody fails whose device is not one of the pool's.
pub fn stranger(to: &str) -> Failure {
    Failure::told(Exit::Unreachable, advice(to))
}

/// The pool that has a tracker at this address, of those that the device has joined. An address under which it is found for
/// the first time is known as the pool's from now on.
async fn recognise(
    device: &Memberships,
    url: &TrackerUrl,
) -> Result<Option<(Joined, TrackerConnection)>, Failure> {
    let mut pools = device.all()?;
    let known = pools.iter().any(|joined| joined.has_tracker(url));
    if pools.is_empty() || (!known && !is_for_members(url).await) {
        return Ok(None);
    }
    let identity = device.identity()?;
    let mut opened = TrackerConnection::open(url, &identity, speaking_for(&pools)).await;
    if let Err(AskError::Secure { .. }) = &opened
        && device.catch_up(url).await?
    {
        pools = device.all()?;
        opened = TrackerConnection::open(url, &identity, speaking_for(&pools)).await;
    }
    let tracker = match opened {
        Ok(tracker) => tracker,
        // Another pool's.
        Err(AskError::Secure { .. }) if !known => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let found = pools.into_iter().find(|joined| joined.keyset().trackers.contains(&tracker.key()));
    let Some(joined) = found else { return Ok(None) };
    if !joined.has_tracker(url) {
        let mut moved = joined.clone();
        moved.trackers = vec![url.clone()];
        if let Err(error) = device.keep(moved) {
            tracing::warn!("a further address of the pool is used, but not kept: {error}");
        }
    }
    Ok(Some((joined, tracker)))
}

/// The keys that speak for these pools.
fn speaking_for(pools: &[Joined]) -> Expected {
    Expected::OneOf(pools.iter().flat_map(|joined| &joined.keyset().trackers).copied().collect())
}

/// Whether a tracker answers there that says, in the clear, that its pool is for members.
async fn is_for_members(url: &TrackerUrl) -> bool {
    let Ok(client) = TrackerClient::new(url.clone()) else { return false };
    matches!(client.health().await, Err(Error::Refused(refusal)) if refusal.code == Code::MembersOnly)
}

fn the_only_pool(pools: Vec<Joined>) -> Result<Joined, Failure> {
    match <[Joined; 1]>::try_from(pools) {
        Ok([only]) => Ok(only),
        Err(pools) if pools.is_empty() => Err(not_joined("a pool")),
        Err(pools) => {
            let names = pools.iter().filter_map(|joined| {
                Some(format!("{} ({})", safe(&joined.keyset().name), joined.trackers.first()?))
            });
            let names = names.collect::<Vec<_>>().join(", ");
            let message = format!("this device has joined several pools, {names}: say --tracker");
            Err(Failure::told(Exit::Usage, message))
        }
    }
}

fn not_joined(what: &str) -> Failure {
    Failure::told(Exit::Usage, advice(what))
}

fn advice(what: &str) -> String {
    format!("this device has not joined {what}: ask for an invite, and join with `peerpool join`")
}

fn of_user() -> Option<Memberships> {
    Memberships::of_user(|name| env::var_os(name))
}
