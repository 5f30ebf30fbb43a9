//! `peerpool peer`.

use std::{path::PathBuf, pin::pin, time::Duration};

use peerpool_api::{Client, Code, Error, Start, Status, TrackerUrl};

use crate::{
    args::PeerOptions,
    discover,
    exit::{Exit, Failure},
    output::{on_a_terminal, remark, say, text::safe},
    session::{self, DEFAULT_REPOSITORY},
    shell, signals,
};

/// Between the first attempts to reach a tracker that does not answer.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

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
        options.tracker = Some(the_only_tracker().await?);
    }
    Ok(options)
}

async fn the_only_tracker() -> Result<TrackerUrl, Failure> {
    let found = discover::trackers().await;
    match found.as_slice() {
        [one] => {
            remark(&format!("using the tracker {one} found on this network"));
            Ok(one.url.clone())
        }
        [] => Err(Failure::told(
            Exit::Usage,
            "no tracker was named and none was found on this network: say --tracker HOST:PORT",
        )),
        several => {
            let list = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(Failure::told(
                Exit::Usage,
                format!("several trackers are on this network ({list}): say --tracker"),
            ))
        }
    }
}

/// Joins the pool, says `ready`, then waits for ever.
async fn serve(client: &Client) -> Result<(), Failure> {
    join(client).await?;
    say(&ready(&client.status().await?))?;
    std::future::pending().await
}

/// Joins the pool. A tracker that does not answer may come up yet, after a power cut for instance; so this goes on
/// trying, and says once what is wrong. Once connected, the peer reconnects by itself.
async fn join(client: &Client) -> Result<(), Failure> {
    let mut told = String::new();
    let mut pause = FIRST_PAUSE;
    loop {
        match client.start(&Start::default()).await {
            Ok(_) => return Ok(()),
            Err(Error::Refused(refusal)) if refusal.code == Code::TrackerUnreachable => {
                if told != refusal.detail {
                    remark(&format!("{}; trying again until it does", safe(&refusal.detail)));
                    told = refusal.detail;
                }
            }
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
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
