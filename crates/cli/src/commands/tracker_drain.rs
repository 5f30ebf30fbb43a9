//! `peerpool tracker drain`.

use peerpool_api::{DrainQuery, Draining, drain_tracker, has_ended};

use super::tracker_keys::data_folder;
use crate::{
    args,
    config::Config,
    exit::Failure,
    output::{Output, text::count},
};

pub(super) async fn run(out: Output, config: &Config, args: args::Drain) -> Result<(), Failure> {
    let data = data_folder(config, args.of.data)?;
    let draining = drain_tracker(&data, DrainQuery { within: Some(args.within) }).await?;
    out.show(&draining, human)?;
    has_ended(&data).await;
    out.tell("the tracker has ended")
}

fn human(draining: &Draining) -> String {
    let Draining { peers, nodes, within_seconds } = draining;
    let peers = count(*peers as u64, "peer goes on", "peers go on");
    let nodes = count(*nodes as u64, "other node", "other nodes");
    format!("{peers} at {nodes}; the tracker ends within {within_seconds} s")
}
