//! What this user's device is in the pools that it has joined.

use std::env;

use peerpool_api::TrackerUrl;
use peerpool_peer::{Membership, membership::Memberships};

use crate::exit::{Exit, Failure};

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

fn of_user() -> Option<Memberships> {
    Memberships::of_user(|name| env::var_os(name))
}
