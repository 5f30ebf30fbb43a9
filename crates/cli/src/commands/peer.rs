//! `peerpool peer`.

use std::{path::PathBuf, pin::pin, time::Duration};

use peerpool_api::{Client, Code, Error, Start, Status};

use crate::{
    args::Place,
    exit::{Exit, Failure},
    output::{on_a_terminal, remark, say, text::safe},
    session,
    shell::{self, discover},
    signals,
};

/// Between the first attempts to reach a tracker that does not answer.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The folder that is shared when none was named.
pub const DEFAULT_REPOSITORY: &str = "repository";

pub(super) async fn run(place: Place, no_shell: bool) -> Result<(), Failure> {
    if !no_shell && on_a_terminal() {
        return shell::run(place).await;
    }
    let place = settle(place).await?;
    // Whoever reads `ready` may send a signal at once.
    let mut interrupt = pin!(signals::interrupted());
    let starting = session::start_own(session::repository(&place)?, &place);
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
async fn settle(mut place: Place) -> Result<Place, Failure> {
    place.repository.get_or_insert_with(|| PathBuf::from(DEFAULT_REPOSITORY));
    if place.tracker.is_none() {
        place.tracker = Some(the_only_tracker().await?);
    }
    Ok(place)
}

async fn the_only_tracker() -> Result<String, Failure> {
    let found = discover::trackers().await;
    match found.as_slice() {
        [one] => {
            remark(&format!("using the tracker {} found on this network", one));
            Ok(one.address.clone())
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
                if told != refusal.message {
                    remark(&format!("{}; trying again until it does", safe(&refusal.message)));
                    told = refusal.message;
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
    let tracker = status.tracker.address.as_deref().unwrap_or("none");
    format!("ready peer {} id {} tracker {tracker} name {}", status.listen, status.peer, safe(&status.name))
}
