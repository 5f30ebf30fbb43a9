//! `peerpool share` and `peerpool unshare`.

use std::{fs, path::Path};

use peerpool_api::{
    Client, Event, EventQuery, Events, Problem, ProblemCode, Share, ShareState, SharedItem, Start,
    TrackerState, Unshare, naming, torrent_to_base64,
};

use super::downloads::did_you_mean;
use crate::{
    args::{self, Place},
    exit::{Exit, Failure},
    output::{Output, problem_line, size, text::safe},
    session::{Session, with_peer},
};

pub(super) async fn share(out: Output, place: Place, args: args::Share) -> Result<(), Failure> {
    let done = with_peer(&place, args.stay, async |session, place| {
        let share = request(&session.client, args.path.as_deref(), args.torrent.as_deref())?;
        share_and_wait(out, place, session, &share).await
    });
    done.await
}

pub(super) async fn unshare(out: Output, place: Place, name: String) -> Result<(), Failure> {
    let done = with_peer(&place, false, async |session, _| {
        let item = withdraw(&session.client, &name).await?;
        out.show(&item, |item| format!("{} is not shared any more; its file stays", safe(&item.name)))
    });
    done.await
}

/// Takes out of the pool what a text names in the repository.
pub async fn withdraw(client: &Client, text: &str) -> Result<SharedItem, Failure> {
    let shared = client.shared().await?.items;
    let path = path_within(client.repository(), text);
    let text = path.as_deref().unwrap_or(text);
    let name = match naming::find(&shared, text, client.repository()).as_slice() {
        [one] => one.name.clone(),
        [] => entry(client, text)?,
        several => return Err(ambiguous(text, several.iter().map(|item| item.name.as_str()))),
    };
    Ok(client.unshare(&Unshare { name }).await?)
}

/// The whole path that a path from here means, where that leads into the repository.
fn path_within(repository: &Path, text: &str) -> Option<String> {
    let path = fs::canonicalize(text).ok().filter(|_| text.contains('/'))?;
    let name = path.strip_prefix(repository.canonicalize().ok()?).ok()?;
    repository.join(name).to_str().map(str::to_owned)
}

/// The request for what the command line names: a path, or else something in the repository by its name.
pub fn request(client: &Client, path: Option<&Path>, torrent: Option<&Path>) -> Result<Share, Failure> {
    let torrent = match torrent {
        Some(file) => Some(torrent_to_base64(&fs::read(file).map_err(Failure::file("read", file))?)),
        None => None,
    };
    let path = match path {
        None => None,
        Some(path) => Some(absolute(path).or_else(|missing| match (missing.exit(), path.to_str()) {
            (Exit::NotFound, Some(text)) => absolute(&client.repository().join(entry(client, text)?)),
            _ => Err(missing),
        })?),
    };
    Ok(Share { path, torrent })
}

/// The name of what stands in the repository and is meant by a text.
fn entry(client: &Client, text: &str) -> Result<String, Failure> {
    let root = client.repository();
    let entries = fs::read_dir(root).map_err(Failure::file("read", root))?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    match naming::find(&names, text, root).as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let meant = did_you_mean(names.iter().map(String::as_str), text);
            let meant = meant.unwrap_or_else(|| "`ls` in that folder shows what there is".to_owned());
            let message = format!("there is no `{}` here, nor in {}: {meant}", safe(text), root.display());
            Err(Failure::told(Exit::NotFound, message))
        }
        several => Err(ambiguous(text, several.iter().map(|name| name.as_str()))),
    }
}

fn ambiguous<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Failure {
    let names = names.map(|name| format!("`{}`", safe(name))).collect::<Vec<_>>().join(", ");
    let message = format!("`{}` may mean {names}: write the whole name", safe(text));
    Failure::told(Exit::Ambiguous, message)
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
