//! `peerpool share` and `peerpool unshare`.

use std::{collections::BTreeSet, path::PathBuf};

use peerpool_api::{
    Client, Event, EventQuery, Events, Problem, ProblemCode, ShareState, SharedItem, Start, TrackerState,
};

use crate::{
    actions::{self, Tally, receive, share_paths, share_request},
    args::{self, PeerOptions},
    exit::{Exit, Failure},
    output::{Output, problem_line, size, text::safe},
    session::{self, Session, with_peer},
    signals,
};

pub(super) async fn share(out: Output, options: PeerOptions, mut args: args::Share) -> Result<(), Failure> {
    if args.torrent.is_some() && args.paths.len() > 1 {
        return Err(Failure::told(Exit::Usage, "--torrent is about one item: name one path alone"));
    }
    let from_input = args.paths.iter().any(|path| path.as_os_str() == "-");
    match (&args.save_as, from_input, args.paths.len()) {
        (Some(name), true, 1) => args.paths = vec![take_input(&options, name.clone()).await?],
        (None, false, _) => {}
        _ => {
            let message = "standard input is one item with a name: write `share - --as NAME`";
            return Err(Failure::told(Exit::Usage, message));
        }
    }
    let mut shared = BTreeSet::new();
    let done = with_peer(&options, args.stay, async |session, options| {
        share_all(out, options, session, &args, &mut shared).await
    });
    done.await
}

pub(super) async fn unshare(out: Output, options: PeerOptions, names: Vec<String>) -> Result<(), Failure> {
    let done = with_peer(&options, false, async |session, _| {
        let mut tally = Tally::of(names.len());
        for name in &names {
            let unshared = tally.note(actions::unshare(&session.client, name).await)?.unwrap_or_default();
            tally.expand(unshared.len());
            for item in unshared {
                let told = |item: &SharedItem| {
                    format!("{} is not shared any more; its file stays", safe(&item.name))
                };
                out.show(&item, told)?;
            }
        }
        tally.end()
    });
    done.await
}

/// Standard input as a file in the repository.
async fn take_input(options: &PeerOptions, name: String) -> Result<PathBuf, Failure> {
    let repository = session::repository(options)?;
    std::fs::create_dir_all(&repository).map_err(Failure::file("make", &repository))?;
    let receiving = tokio::task::spawn_blocking(move || receive(&repository, &name, std::io::stdin().lock()));
    tokio::select! {
        received = receiving => received.unwrap_or(Err(Failure::Interrupted)),
        () = signals::interrupted() => Err(Failure::Interrupted),
    }
}

/// Shares everything that was named, one after the other; they are hashed side by side. `told` are those that were told
/// of already, by a peer that left since.
async fn share_all(
    out: Output,
    options: &PeerOptions,
    session: &Session,
    args: &args::Share,
    told: &mut BTreeSet<String>,
) -> Result<(), Failure> {
    let client = &session.client;
    let mut events = client.events(EventQuery::default()).await?;
    session.join(options).await?;
    let mut paths: Vec<Option<PathBuf>> =
        args.paths.iter().flat_map(|path| share_paths(client.repository(), path)).map(Some).collect();
    if paths.is_empty() {
        paths.push(None);
    }
    let mut tally = Tally::of(paths.len());
    let mut begun = Vec::with_capacity(paths.len());
    for path in paths {
        let share = async {
            let share = share_request(client, path.as_deref(), args.torrent.as_deref())?;
            Ok(client.share(&share).await?)
        };
        begun.extend(tally.note(share.await)?);
    }
    let mut offered = Vec::with_capacity(begun.len());
    for item in wait_until_offered(client, &mut events, begun).await? {
        offered.extend(tally.note(item)?);
    }
    if !offered.is_empty() && client.status().await?.tracker.state == TrackerState::Connected {
        // A peer that is connected answers `start` when the tracker knows all that it shares.
        client.start(&Start::default()).await?;
    }
    for item in offered.iter().filter(|item| told.insert(item.name.clone())) {
        out.show(item, |item| {
            let hash = item.hash.map(|hash| hash.to_string()).unwrap_or_default();
            format!("shared {} {} {hash}", safe(&item.name), size::bytes(item.size))
        })?;
    }
    tally.end()
}

/// Waits until each item is hashed, or cannot be shared.
async fn wait_until_offered(
    client: &Client,
    events: &mut Events,
    begun: Vec<SharedItem>,
) -> Result<Vec<Result<SharedItem, Failure>>, Failure> {
    let mut items: Vec<Result<SharedItem, Failure>> = begun.into_iter().map(Ok).collect();
    let is_open = |item: &Result<SharedItem, Failure>| {
        item.as_ref().is_ok_and(|item| item.state == ShareState::Hashing)
    };
    while items.iter().any(is_open) {
        let event = events.next().await?;
        let open = items.iter_mut().filter(|item| is_open(item));
        match event {
            Some(Event::Shared { item: shared }) => {
                open.filter(|item| is_called(item, &shared.name)).for_each(|item| *item = Ok(shared.clone()));
            }
            Some(Event::Problem { problem }) => {
                let withheld = |item: &&mut Result<SharedItem, Failure>| {
                    item.as_ref().is_ok_and(|item| withholds(&problem, &item.name))
                };
                open.filter(withheld).for_each(|item| {
                    *item = Err(Failure::told(Exit::Failed, problem_line(&problem)));
                });
            }
            Some(Event::Missed { .. }) => {
                let shared = client.shared().await?.items;
                for item in open {
                    if let Some(found) = shared.iter().find(|shared| is_called(item, &shared.name)) {
                        *item = Ok(found.clone());
                    }
                }
            }
            Some(Event::Ending { asked }) => return Err(Failure::Left { asked }),
            Some(_) => {}
            None => return Err(Failure::Left { asked: false }),
        }
    }
    Ok(items)
}

fn is_called(item: &Result<SharedItem, Failure>, name: &str) -> bool {
    item.as_ref().is_ok_and(|item| item.name == name)
}

/// Whether a problem keeps the item of this name from being shared.
fn withholds(problem: &Problem, name: &str) -> bool {
    let path = problem.path.as_deref().unwrap_or_default();
    let concerns = path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    problem.code == ProblemCode::NotShared && concerns
}
