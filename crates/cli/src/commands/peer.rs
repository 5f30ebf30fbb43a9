//! `peerpool peer`.

use std::{path::PathBuf, pin::pin};

use peerpool_api::{Client, Start, Status};

use crate::{
    args::PeerOptions,
    exit::Failure,
    joining,
    output::{on_a_terminal, remark, say, text::safe},
    session::{self, DEFAULT_REPOSITORY},
    shell, signals,
};

pub(super) async fn run(options: PeerOptions, no_shell: bool) -> Result<(), Failure> {
    if !no_shell && on_a_terminal() {
        return shell::run(options).await;
    }
    let options = settle(options).await?;
    // Whoever reads `ready` may send a signal at once.
    let mut interrupt = pin!(signals::interrupted());
    let starting = session::start_own(session::repository(&options)?, &options);
    let (own, client) = tokio::select! {
        biased;
        () = &mut interrupt => return Ok(()),
        started = starting => started?,
    };
    let result = tokio::select! {
        result = serve(&client) => result,
        () = own.ended() => Ok(()),
        () = interrupt => Ok(()),
    };
    own.shutdown().await;
    result
}

/// Fills in what was not said, without asking.
async fn settle(mut options: PeerOptions) -> Result<PeerOptions, Failure> {
    options.repository.get_or_insert_with(|| PathBuf::from(DEFAULT_REPOSITORY));
    if options.tracker.is_none() {
        options.tracker = Some(joining::the_only_tracker(remark).await?.into());
    }
    Ok(options)
}

/// Joins the pool, says `ready`, then waits for ever.
async fn serve(client: &Client) -> Result<(), Failure> {
    joining::join(client, &Start::default(), remark).await?;
    say(&ready(&client.status().await?))?;
    std::future::pending().await
}

/// The line that says that a peer serves.
pub(super) fn ready(status: &Status) -> String {
    let tracker = status.tracker.url.as_ref().map_or("none".to_owned(), ToString::to_string);
    format!(
        "ready peer {} id {} tracker {tracker} name {}",
        status.listen,
        status.peer_id,
        safe(&status.name)
    )
}
