//! `peerpool priority`.

use crate::{
    actions::choose,
    args::{self, PeerOptions},
    exit::Failure,
    output::{self, Output},
    session::Session,
};

pub(super) async fn run(out: Output, options: PeerOptions, args: args::SetPriority) -> Result<(), Failure> {
    let client = Session::running(&options).await?.client;
    let (chosen, mut tally) = choose(&client, &args.names).await?;
    let mut changed = Vec::with_capacity(chosen.len());
    for download in chosen {
        let outcome = client.set_priority(&download.hash, args.priority.into()).await;
        changed.extend(tally.note(outcome.map_err(Failure::from))?);
    }
    if !changed.is_empty() {
        out.show(&changed, |changed| output::downloads(changed))?;
    }
    tally.end()
}
