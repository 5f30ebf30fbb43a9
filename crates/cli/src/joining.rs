//! Joining a pool whose tracker may not be there yet.

use std::time::Duration;

use peerpool_api::{Client, Code, Error, Start, TrackerUrl, Trackers};

use crate::{
    device,
    discover::{self, Found, Standing},
    exit::{Exit, Failure},
    output::text::safe,
};

/// Between the first attempts to reach a tracker that does not answer.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// Between two looks at whether the device has joined a pool meanwhile.
const GLANCE: Duration = Duration::from_secs(1);

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

/// How joining has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The peer is in the pool, or has ended.
    Over,
    /// The pool is for members, and the device has joined it since its peer started: a new one can take part in it.
    JoinedMeanwhile,
}

/// Joins the pool of a tracker, or of the only one on this network, whatever goes wrong meanwhile: a daemon has nobody who
/// would start it again.
pub async fn join_at_last(client: &Client, tracker: Option<Trackers>) -> Ended {
    let warn = |what: &str| tracing::warn!("{what}");
    let mut told = String::new();
    loop {
        let joined = match &tracker {
            Some(trackers) => Ok(trackers.clone()),
            None => the_only_tracker(|what| tracing::info!("{what}")).await.map(Trackers::from),
        };
        let joined = match joined {
            Ok(trackers) => join(client, &Start { tracker: Some(trackers) }, warn).await,
            Err(failure) => Err(failure),
        };
        let failure = match joined {
            Ok(()) | Err(Failure::Control(Error::NoPeer { .. })) => return Ended::Over,
            Err(failure) => failure,
        };
        let refused = match &failure {
            Failure::Control(Error::Refused(refusal)) => refusal.code == Code::MembersOnly,
            other => tracker.is_none() && other.exit() == Exit::Unreachable,
        };
        let then = match refused {
            true => "as the user whom this runs as; it goes on by itself then",
            false => "trying again",
        };
        let failure = failure.to_string();
        if told != failure {
            tracing::error!("{failure}; {then}");
            told = failure;
        }
        if refused || tracker.is_none() {
            if joins(tracker.as_ref()).await {
                return Ended::JoinedMeanwhile;
            }
        } else {
            tokio::time::sleep(LONGEST_PAUSE).await;
        }
    }
}

/// Waits for the device to join the pool that is meant, and no longer than until it is time to try again.
async fn joins(trackers: Option<&Trackers>) -> bool {
    let joining = async {
        while !device::has_joined(trackers) {
            tokio::time::sleep(GLANCE).await;
        }
    };
    match tokio::time::timeout(LONGEST_PAUSE, joining).await {
        Ok(()) => true,
        // It may have joined at another address of the same pool.
        Err(_) => matches!(device::membership(trackers).await, Ok(Some(_))),
    }
}

/// The tracker that is meant when none was named: that on this network, else that of the only pool which this device has
/// joined.
///
/// # Errors
///
/// [`Exit::Usage`] when there is none, or more than one on this network; [`Exit::Unreachable`] when there are only those of
/// pools that this device has not joined.
pub async fn the_only_tracker(tell: impl Fn(&str)) -> Result<TrackerUrl, Failure> {
    let found = discover::trackers().await;
    let joined = device::only_joined()?.filter(|_| found.iter().all(|one| one.standing == Standing::Strange));
    if let Some((url, joined)) = joined.as_ref().and_then(|joined| Some((joined.trackers.first()?, joined))) {
        tell(&format!(
            "using the tracker at {url} of {}, which this device has joined",
            safe(&joined.keyset().name)
        ));
        return Ok(url.clone());
    }
    let one = choose(found)?;
    tell(&format!("using the tracker {one} found on this network"));
    Ok(one.url)
}

fn choose(found: Vec<Found>) -> Result<Found, Failure> {
    let listed = |all: &[Found]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (mut own, strange): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|one| one.standing != Standing::Strange);
    match (own.pop(), strange.is_empty()) {
        (Some(only), _) if own.is_empty() => Ok(only),
        (Some(last), _) => {
            own.push(last);
            let message = format!("several trackers are on this network ({}): say --tracker", listed(&own));
            Err(Failure::told(Exit::Usage, message))
        }
        (None, false) => Err(device::stranger(&format!("any pool on this network ({})", listed(&strange)))),
        (None, true) => Err(Failure::told(
            Exit::Usage,
            "no tracker was named and none was found on this network: say --tracker HOST:PORT",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, standing: Standing) -> Found {
        Found { url: format!("{name}:6969").parse().unwrap(), name: name.to_owned(), standing }
    }

    #[test]
    fn a_pool_that_was_not_joined_is_no_choice() {
        let [home, office, guests] = [
            found("home", Standing::Joined),
            found("office", Standing::Open),
            found("guests", Standing::Strange),
        ];
        assert_eq!(choose(vec![home.clone(), guests.clone()]).unwrap(), home);
        assert_eq!(choose(vec![guests.clone(), office.clone()]).unwrap(), office);
        let several = choose(vec![home, guests.clone(), office]).unwrap_err();
        assert_eq!(several.exit(), Exit::Usage);
        assert!(several.to_string().contains("home at http://home:6969 (for members; joined), office at"));
        let strange = choose(vec![guests]).unwrap_err();
        assert_eq!(strange.exit(), Exit::Unreachable);
        assert!(strange.to_string().contains("`peerpool join`"), "{strange}");
        assert_eq!(choose(Vec::new()).unwrap_err().exit(), Exit::Usage);
    }
}
