//! `peerpool devices`.

use peerpool_api::{Changed, Device, paths};
use peerpool_peer::membership::{Joined, Rekeyed};
use serde::Serialize;

use crate::{
    args::{self, DeviceAction},
    device,
    exit::{Exit, Failure},
    output::{self, Output, text::safe},
};

/// What `rekey` tells with `--json`: names of pools.
#[derive(Debug, Serialize)]
struct Report {
    pools: Vec<String>,
    left: Vec<String>,
}

pub(super) async fn run(out: Output, args: args::Devices) -> Result<(), Failure> {
    if let Some(DeviceAction::Rekey) = args.action {
        return out.show(&rekey().await?, rekeyed);
    }
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    let devices: Vec<Device> = tracker.get(paths::DEVICES).await?;
    let Some(DeviceAction::Revoke { key }) = args.action else {
        return out.show(&devices, |devices| output::devices(devices));
    };
    let device = meant(&devices, &key)?;
    let changed: Changed = tracker.delete(&paths::with_name(paths::DEVICE, &device.key)).await?;
    out.show(&changed, output::changed)
}

async fn rekey() -> Result<Report, Failure> {
    let Rekeyed { pools, left } = device::memberships()?.rekey().await?;
    let names = |pools: &[Joined]| pools.iter().map(|joined| joined.keyset().name.clone()).collect();
    Ok(Report { pools: names(&pools), left: names(&left) })
}

fn rekeyed(report: &Report) -> String {
    let listed = |names: &[String]| names.iter().map(|name| safe(name)).collect::<Vec<_>>().join(", ");
    let mut said = match report.pools.is_empty() {
        true => "this device has a new key, and no pool knows it".to_owned(),
        false => format!(
            "this device has a new key in {}; start its peers again, since those that run have the old one",
            listed(&report.pools)
        ),
    };
    if !report.left.is_empty() {
        said += &format!("; it is no member's any more in {}", listed(&report.left));
    }
    said
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
