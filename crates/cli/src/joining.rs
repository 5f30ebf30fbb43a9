//! Joining a pool whose tracker may not be there yet.

use std::time::Duration;

use peerpool_api::{Client, Code, Error, Start, TrackerUrl};

use crate::{
    discover,
    exit::{Exit, Failure},
    output::text::safe,
};

/// Between the first attempts to reach a tracker that does not answer.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Joins the pool. A tracker that does not answer may come up yet, after a power cut for instance; so this goes on
/// trying, and says once what is wrong. Once connected, the peer reconnects by itself.
///
/// # Errors
///
/// When the tracker answers, and trying again will not help.
pub async fn join(client: &Client, start: &Start, tell: impl Fn(&str)) -> Result<(), Failure> {
    let mut told = String::new();
    let mut pause = FIRST_PAUSE;
    loop {
        match client.start(start).await {
            Ok(_) => return Ok(()),
            Err(Error::Refused(refusal)) if refusal.code == Code::TrackerUnreachable => {
                if told != refusal.detail {
                    tell(&format!("{}; trying again until it does", safe(&refusal.detail)));
                    told = refusal.detail;
                }
            }
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Joins the pool of a tracker, or of the only one on this network, whatever goes wrong meanwhile: a daemon has nobody who
/// would start it again.
pub async fn join_at_last(client: &Client, tracker: Option<TrackerUrl>) {
    let warn = |what: &str| tracing::warn!("{what}");
    let mut told = String::new();
    loop {
        let joined = match &tracker {
            Some(url) => Ok(url.clone()),
            None => the_only_tracker(|what| tracing::info!("{what}")).await,
        };
        let joined = match joined {
            Ok(url) => join(client, &Start { tracker: Some(url) }, warn).await,
            Err(failure) => Err(failure),
        };
        let failure = match joined {
            Ok(()) => return,
            Err(Failure::Control(Error::NoPeer { .. })) => return,
            Err(failure) => failure.to_string(),
        };
        if told != failure {
            tracing::error!("{failure}; trying again");
            told = failure;
        }
        tokio::time::sleep(LONGEST_PAUSE).await;
    }
}

/// The tracker that is meant when none was named.
///
/// # Errors
///
/// [`Exit::Usage`] when there is none on this network, or more than one.
pub async fn the_only_tracker(tell: impl Fn(&str)) -> Result<TrackerUrl, Failure> {
    let found = discover::trackers().await;
    match found.as_slice() {
        [one] => {
            tell(&format!("using the tracker {one} found on this network"));
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
