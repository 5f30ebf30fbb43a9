//! `peerpool status`.

use crate::{
    args::PeerOptions,
    exit::Failure,
    output::{self, Output},
    pool::{Pool, State},
};

pub(super) async fn run(out: Output, options: PeerOptions) -> Result<(), Failure> {
    match Pool::reach(&options).await?.state().await? {
        State::Peer(status) => out.show(&*status, output::status),
        State::Tracker(health) => out.show(&health, output::health),
    }
}
