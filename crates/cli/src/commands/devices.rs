//! `peerpool devices`.

use peerpool_api::{Changed, Device, paths};

use crate::{
    args::{self, DeviceAction},
    device,
    exit::{Exit, Failure},
    output::{self, Output, text::safe},
};

pub(super) async fn run(out: Output, args: args::Devices) -> Result<(), Failure> {
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    let devices: Vec<Device> = tracker.get(paths::DEVICES).await?;
    let Some(DeviceAction::Revoke { key }) = args.action else {
        return out.show(&devices, |devices| output::devices(devices));
    };
    let device = meant(&devices, &key)?;
    let changed: Changed = tracker.delete(&paths::with_name(paths::DEVICE, &device.key)).await?;
    out.show(&changed, output::changed)
}

/// The one whose key begins so.
fn meant<'a>(devices: &'a [Device], key: &str) -> Result<&'a Device, Failure> {
    let key = key.to_ascii_lowercase();
    let found: Vec<&Device> =
        devices.iter().filter(|device| !key.is_empty() && device.key.starts_with(&key)).collect();
    match found[..] {
        [one] => Ok(one),
        [] => {
            let message = format!("no device has the key {}: `peerpool devices` lists them", safe(&key));
            Err(Failure::told(Exit::NotFound, message))
        }
        _ => {
            let message = format!(
                "{} devices have a key that begins with {}: write more of it",
                found.len(),
                safe(&key)
            );
            Err(Failure::told(Exit::Ambiguous, message))
        }
    }
}
