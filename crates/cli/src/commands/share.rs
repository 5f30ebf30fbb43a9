//! `peerpool share` and `peerpool unshare`.

use std::{fs, path::Path};

use peerpool_control::{
    Client, Event, EventQuery, Events, Problem, ProblemCode, Share, ShareState, SharedItem, Start,
    TrackerState, Unshare, torrent_to_base64,
};

use crate::{
    args::{self, Place},
    exit::{Exit, Failure},
    output::{Output, problem_line, size, text::safe},
    session::Session,
    signals,
};

pub(super) async fn share(out: Output, place: Place, args: args::Share) -> Result<(), Failure> {
    let share = request(args.path.as_deref(), args.torrent.as_deref())?;
    let session = Session::running_or_own(&place).await?;
    let result = tokio::select! {
        result = share_and_wait(out, &place, &session, &share) => result,
        () = signals::interrupted() => Err(Failure::Interrupted),
    };
    if result.is_ok() && args.stay {
        session.serve_on().await;
    }
    session.close().await;
    result
}

pub(super) async fn unshare(out: Output, place: Place, name: String) -> Result<(), Failure> {
    let session = Session::running_or_own(&place).await?;
    let result = session.client.unshare(&Unshare { name }).await;
    session.close().await;
    out.show(&result?, |item| format!("{} is not shared any more; its file stays", safe(&item.name)))
}

/// The request for what the command line names.
pub fn request(path: Option<&Path>, torrent: Option<&Path>) -> Result<Share, Failure> {
    let torrent = match torrent {
        Some(file) => Some(torrent_to_base64(&fs::read(file).map_err(Failure::file("read", file))?)),
        None => None,
    };
    Ok(Share { path: path.map(absolute).transpose()?, torrent })
}

fn absolute(path: &Path) -> Result<String, Failure> {
    let absolute = fs::canonicalize(path).map_err(Failure::file("share", path))?;
    absolute.to_str().map(str::to_owned).ok_or_else(|| {
        let message = format!("cannot share {}: its name is not UTF-8, rename it", path.display());
        Failure::told(Exit::Failed, message)
    })
}

async fn share_and_wait(out: Output, place: &Place, session: &Session, share: &Share) -> Result<(), Failure> {
    let mut events = session.client.events(EventQuery::default()).await?;
    session.join(place).await?;
    let begun = session.client.share(share).await?;
    let item = wait_until_offered(&session.client, &mut events, begun).await?;
    if session.client.status().await?.tracker.state == TrackerState::Connected {
        // A peer that is connected answers `start` when the tracker knows all that it shares.
        session.client.start(&Start::default()).await?;
    }
    out.show(&item, |item| {
        let hash = item.hash.map(|hash| hash.to_string()).unwrap_or_default();
        format!("shared {} {} {hash}", safe(&item.name), size::bytes(item.bytes))
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
            Some(_) => {}
            None => {
                return Err(Failure::told(Exit::Unreachable, "the peer left before the item was hashed"));
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
