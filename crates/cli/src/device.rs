//! What this user's device is in the pools that it has joined.

use std::env;

use peerpool_api::TrackerUrl;
use peerpool_peer::{
    Membership,
    membership::{Joined, Memberships, TrackerConnection},
};
use peerpool_tls::Expected;

use crate::{
    exit::{Exit, Failure},
    output::text::safe,
};

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

/// What the device is in the pool of this tracker; nothing in an open pool, and in one that it has not joined.
///
/// # Errors
///
/// What the device keeps cannot be read.
pub fn membership(tracker: Option<&TrackerUrl>) -> Result<Option<Membership>, Failure> {
    let Some((url, device)) = tracker.zip(of_user()) else { return Ok(None) };
    let Some(joined) = device.at(url)? else { return Ok(None) };
    Ok(Some(device.membership(&joined)?))
}

/// A connection, as this device, to the tracker of a pool that it has joined: of the pool that has a tracker there, or of the
/// only one.
///
/// # Errors
///
/// The device has joined no such pool, or several, or none of the pool's trackers answers.
pub async fn tracker(at: Option<&TrackerUrl>) -> Result<TrackerConnection, Failure> {
    let device = memberships()?;
    let joined = match at {
        Some(url) => device.at(url)?.ok_or_else(|| not_joined(&format!("the pool at {url}")))?,
        None => the_only_pool(device.all()?)?,
    };
    let (identity, keys) = (device.identity()?, joined.keyset().trackers.clone());
    let mut failed = None;
    for url in at.map_or(&joined.trackers[..], std::slice::from_ref) {
        match TrackerConnection::open(url, &identity, Expected::OneOf(keys.clone())).await {
            Ok(tracker) => return Ok(tracker),
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.map_or_else(|| not_joined("a pool with a tracker"), Failure::from))
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
    let message =
        format!("this device has not joined {what}: ask for an invite, and join with `peerpool join`");
    Failure::told(Exit::Usage, message)
}

fn of_user() -> Option<Memberships> {
    Memberships::of_user(|name| env::var_os(name))
}
