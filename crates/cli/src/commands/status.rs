//! `peerpool status`.

use crate::{
    args::Place,
    exit::Failure,
    output::{self, Output},
    pool::Pool,
};

pub(super) async fn run(out: Output, place: Place) -> Result<(), Failure> {
    match Pool::reach(&place).await? {
        Pool::Peer(client) => out.show(&client.status().await?, output::status),
        Pool::Tracker(tracker) => out.show(&tracker.status().await?, |status| status.human()),
    }
}
