//! `peerpool priority`.

use crate::{
    actions::set_priority,
    args::{self, PeerOptions},
    exit::Failure,
    output::{self, Output},
    session::Session,
};

pub(super) async fn run(out: Output, options: PeerOptions, args: args::SetPriority) -> Result<(), Failure> {
    let client = Session::running(&options).await?.client;
    let (changed, tally) = set_priority(&client, &args.names, args.priority.into()).await?;
    if !changed.is_empty() {
        out.show(&changed, |changed| output::downloads(changed))?;
    }
    tally.end()
}
