//! `peerpool share` and `peerpool unshare`.

use peerpool_api::{
    Client, Event, EventQuery, Events, Problem, ProblemCode, Share, ShareState, SharedItem, Start,
    TrackerState,
};

use crate::{
    actions::{self, share_request},
    args::{self, PeerOptions},
    exit::{Exit, Failure},
    output::{Output, problem_line, size, text::safe},
    session::{Session, with_peer},
};

pub(super) async fn share(out: Output, options: PeerOptions, args: args::Share) -> Result<(), Failure> {
    let done = with_peer(&options, args.stay, async |session, options| {
        let share = share_request(&session.client, args.path.as_deref(), args.torrent.as_deref())?;
        share_and_wait(out, options, session, &share).await
    });
    done.await
}

pub(super) async fn unshare(out: Output, options: PeerOptions, name: String) -> Result<(), Failure> {
    let done = with_peer(&options, false, async |session, _| {
        let item = actions::unshare(&session.client, &name).await?;
        out.show(&item, |item| format!("{} is not shared any more; its file stays", safe(&item.name)))
    });
    done.await
}

async fn share_and_wait(
    out: Output,
    options: &PeerOptions,
    session: &Session,
    share: &Share,
) -> Result<(), Failure> {
    let mut events = session.client.events(EventQuery::default()).await?;
    session.join(options).await?;
    let begun = session.client.share(share).await?;
    let item = wait_until_offered(&session.client, &mut events, begun).await?;
    if session.client.status().await?.tracker.state == TrackerState::Connected {
        // A peer that is connected answers `start` when the tracker knows all that it shares.
        session.client.start(&Start::default()).await?;
    }
    out.show(&item, |item| {
        let hash = item.hash.map(|hash| hash.to_string()).unwrap_or_default();
        format!("shared {} {} {hash}", safe(&item.name), size::bytes(item.size))
    })
}

/// Waits until the item is hashed, or cannot be shared.
async fn wait_until_offered(
    client: &Client,
    events: &mut Events,
    mut item: SharedItem,
) -> Result<SharedItem, Failure> {
    while item.state == ShareState::Hashing {
        match events.next().await? {
            Some(Event::Shared { item: shared }) if shared.name == item.name => item = shared,
            Some(Event::Problem { problem }) if withholds(&problem, &item.name) => {
                return Err(Failure::told(Exit::Failed, problem_line(&problem)));
            }
            Some(Event::Missed { .. }) => {
                let items = client.shared().await?.items;
                item = items.into_iter().find(|shared| shared.name == item.name).unwrap_or(item);
            }
            Some(Event::Ending { asked }) => return Err(Failure::Left { asked }),
            Some(_) => {}
            None => {
                return Err(Failure::Left { asked: false });
            }
        }
    }
    Ok(item)
}

/// Whether a problem keeps the item of this name from being shared.
fn withholds(problem: &Problem, name: &str) -> bool {
    let path = problem.path.as_deref().unwrap_or_default();
    let concerns = path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    problem.code == ProblemCode::NotShared && concerns
}
