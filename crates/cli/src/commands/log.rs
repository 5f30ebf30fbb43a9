//! `peerpool log`.

use crate::{
    actions::show_log,
    args::{self, PeerOptions},
    exit::Failure,
    output::Output,
    pool::Pool,
    signals,
};

pub(super) async fn run(out: Output, options: PeerOptions, args: args::Log) -> Result<(), Failure> {
    show_log(out, &mut Pool::reach(&options).await?, args.lines, signals::interrupted()).await
}
