//! `peerpool peer`.

use std::path::PathBuf;

use peerpool_control::{Event, EventQuery, Status, TrackerState};

use crate::{
    args::Place,
    exit::{Exit, Failure},
    output::{on_a_terminal, remark, say, text::safe},
    own::Own,
    session,
    shell::{self, discover},
    signals,
};

/// The folder that is shared when none was named.
pub const DEFAULT_REPOSITORY: &str = "repository";

pub(super) async fn run(place: Place, no_shell: bool) -> Result<(), Failure> {
    if !no_shell && on_a_terminal() {
        return shell::run(place).await;
    }
    let place = settle(place).await?;
    let (mut own, client) = Own::start(session::repository(&place)?, &place, true).await?;
    let result = tokio::select! {
        result = serve(&client) => result,
        () = own.ended() => Ok(()),
        () = signals::interrupted() => Ok(()),
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

/// Says `ready` once the peer is registered, then waits for ever.
async fn serve(client: &peerpool_control::Client) -> Result<(), Failure> {
    let mut events = client.events(EventQuery::default()).await?;
    let mut told = String::new();
    let status = loop {
        let status = client.status().await?;
        match &status.tracker.state {
            TrackerState::Connected => break status,
            TrackerState::Reconnecting { cause, .. } if *cause != told => {
                remark(&format!("not connected yet: {}; trying again", safe(cause)));
                told.clone_from(cause);
            }
            _ => {}
        }
        while !matches!(events.next().await?, None | Some(Event::Tracker { .. } | Event::Missed { .. })) {}
    };
    say(&ready(&status));
    drop(events);
    std::future::pending().await
}

fn ready(status: &Status) -> String {
    let tracker = status.tracker.address.as_deref().unwrap_or("none");
    format!("ready peer {} id {} tracker {tracker} name {}", status.listen, status.peer, safe(&status.name))
}
