//! `peerpool limit`.

use crate::{
    actions,
    args::{self, PeerOptions},
    exit::Failure,
    output::{self, Output},
    session::Session,
};

pub(super) async fn run(out: Output, options: PeerOptions, args: args::Limit) -> Result<(), Failure> {
    let client = Session::running(&options).await?.client;
    out.show(&actions::limit(&client, &args.change).await?, output::limits)
}
