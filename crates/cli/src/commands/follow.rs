//! `peerpool follow`.

use peerpool_api::{Download, EventQuery};

use crate::{
    actions::{Tally, choose},
    args::PeerOptions,
    exit::Failure,
    follow::Follow,
    output::{Output, text::safe},
    progress::Progress,
    session::Session,
    signals,
};

/// Shows how downloads of a running peer go. Whoever stops watching stops nothing else.
pub(super) async fn run(out: Output, options: PeerOptions, names: Vec<String>) -> Result<(), Failure> {
    let client = Session::running(&options).await?.client;
    let mut events = client.events(EventQuery::default()).await?;
    let (chosen, mut tally) = match &names[..] {
        [] => {
            let active = |download: &Download| download.state.is_active();
            let chosen: Vec<Download> = client.downloads().await?.into_iter().filter(active).collect();
            let tally = Tally::of(chosen.len());
            (chosen, tally)
        }
        names => choose(&client, names).await?,
    };
    if names.is_empty() && chosen.is_empty() {
        return out.tell("no download runs");
    }
    let mut progress = Progress::new(out.quiet);
    let mut follow = Follow::several(&client, chosen.into_iter().enumerate());
    loop {
        let next = tokio::select! {
            next = follow.next(&mut events, &mut progress) => next,
            () = signals::interrupted() => Err(Failure::Interrupted),
        };
        let outcome = match next {
            Ok(Some((_, outcome))) => outcome,
            Ok(None) => break,
            Err(failure) => {
                progress.finish();
                return Err(failure);
            }
        };
        if let Some(download) = tally.note(outcome)? {
            progress
                .aside(|| out.show(&download, |download| format!("complete {}", safe(&download.name))))?;
        }
    }
    progress.finish();
    tally.end()
}
