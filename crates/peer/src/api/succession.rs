//! Names that change their meaning: what was asked for by name may be offered in a new version, and the old one by nobody.

use peerpool_api::{Get, What};
use peerpool_wire::{
    channel::{Failure, Holder, Target},
    id::InfoHash,
};
use tokio::sync::mpsc;

use super::{
    App,
    get::{begin, fetch_metainfo},
    pool::locate,
    refusal::Refusal,
    routes::wait_for,
};
use crate::channel::AskError;

/// Looks, for one download after the other that nobody has any more, whether its name means something else by now.
pub(crate) async fn run(app: App, mut alone: mpsc::Receiver<InfoHash>) {
    loop {
        let item = tokio::select! {
            () = app.ending.cancelled() => return,
            item = alone.recv() => match item {
                Some(item) => item,
                None => return,
            },
        };
        if let Err(refusal) = look(&app, item).await {
            tracing::debug!(%item, ?refusal, "no successor");
        }
    }
}

/// With nothing kept of the old version, the new one takes its place; else its owner decides.
async fn look(app: &App, old: InfoHash) -> Result<(), Refusal> {
    let Some(asked) = app.node(move |node| node.asked(&old)).await? else {
        return Ok(());
    };
    let (_, holders) = locate(app, Target::InfoHash(old)).await?;
    if !holders.is_empty() {
        return Ok(());
    }
    let Some((new, holders)) = meant(app, &asked.item).await?.filter(|(new, _)| *new != old) else {
        return Ok(());
    };
    if asked.kept {
        return app.node(move |node| node.supersede(&old, new)).await;
    }
    let get = Get { what: What::Item(asked.item.clone()), files: asked.files, save_as: Some(asked.save_as) };
    let begun = match fetch_metainfo(app, new).await {
        Ok(metainfo) => begin(app, metainfo, holders, Vec::new(), &get, Some(asked.item)).await,
        Err(refusal) => Err(refusal),
    };
    match begun {
        Ok(()) => replace(app, old, new).await,
        Err(_) => app.node(move |node| node.supersede(&old, new)).await,
    }
}

/// What the name means now, and who has it.
async fn meant(app: &App, name: &str) -> Result<Option<(InfoHash, Vec<Holder>)>, Refusal> {
    let by_name = Target::Name { name: name.to_owned(), hash_prefix: String::new() };
    let found = match locate(app, by_name).await {
        Err(AskError::Failed(Failure::Ambiguous { variants, .. })) => {
            let mut offered = variants.iter().filter(|item| item.seeds > 0).map(|item| item.info_hash);
            match (offered.next(), offered.next()) {
                (Some(only), None) => locate(app, Target::InfoHash(only)).await,
                _ => return Ok(None),
            }
        }
        other => other,
    };
    match found {
        Ok((Some(item), holders)) if !holders.is_empty() => Ok(Some((item.info_hash, holders))),
        Ok(_) | Err(AskError::Failed(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Forgets the old download, once everybody knows what is fetched in its place.
async fn replace(app: &App, old: InfoHash, new: InfoHash) -> Result<(), Refusal> {
    let stopping = app.node(move |node| node.give_way(&old, new)).await??;
    wait_for(stopping).await;
    app.node(move |node| node.forget(&old, false)).await?;
    let repository = app.repository.clone();
    let removed = tokio::task::spawn_blocking(move || repository.remove_partial(old)).await;
    if let Ok(Err(error)) = removed {
        tracing::warn!(%error, "what was kept of a superseded download");
    }
    Ok(())
}
