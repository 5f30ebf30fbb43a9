//! `peerpool status`.

use crate::{
    args::PeerOptions,
    exit::Failure,
    output::{self, Output},
    pool::Pool,
};

pub(super) async fn run(out: Output, options: PeerOptions) -> Result<(), Failure> {
    match Pool::reach(&options).await? {
        Pool::Peer(client) => out.show(&client.status().await?, output::status),
        Pool::Tracker(tracker) => out.show(&tracker.health().await?, output::health),
    }
}
