//! `peerpool pause`, `resume` and `stop`.

use crate::{
    actions::{Change, change},
    args::PeerOptions,
    exit::Failure,
    output::{self, Output},
    session::Session,
};

pub(super) async fn run(
    out: Output,
    options: PeerOptions,
    names: Vec<String>,
    kind: Change,
) -> Result<(), Failure> {
    let session = Session::running(&options).await?;
    let (changed, tally) = change(&session.client, &names, kind).await?;
    if names.is_empty() || !changed.is_empty() {
        out.show(&changed, |changed| match changed.is_empty() {
            true => "no download to change".to_owned(),
            false => output::downloads(changed),
        })?;
    }
    tally.end()
}
