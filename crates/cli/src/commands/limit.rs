//! `peerpool limit`.

use crate::{
    actions::changed,
    args::{self, PeerOptions},
    exit::Failure,
    output::{self, Output},
    session::Session,
};

pub(super) async fn run(out: Output, options: PeerOptions, args: args::Limit) -> Result<(), Failure> {
    let client = Session::running(&options).await?.client;
    let limits = client.limits().await?;
    let limits = match changed(&limits, &args) {
        Some(changed) => client.set_limits(&changed).await?,
        None => limits,
    };
    out.show(&limits, output::limits)
}
