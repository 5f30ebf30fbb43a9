//! Names that change their meaning: what was asked for by name may be offered in a new version, and the old one by
//! nobody.

use peerpool_api::{Get, What};
use peerpool_wire::{
    channel::{Failure, Holder, Target},
    id::InfoHash,
};
use tokio::sync::mpsc;
use tracing::Instrument as _;

use super::{Getter, begin::Plan, error::GetError};
use crate::channel::AskError;

/// Looks, for one download after the other that nobody has any more, whether its name means something else by now.
pub(crate) async fn run(getter: Getter, mut alone: mpsc::Receiver<InfoHash>) {
    loop {
        let item = tokio::select! {
            () = getter.shutdown.cancelled() => return,
            item = alone.recv() => match item {
                Some(item) => item,
                None => return,
            },
        };
        let span = tracing::info_span!("succession", item = %item.short());
        let looking = async {
            if let Err(error) = getter.look_for_successor(item).await {
                tracing::debug!(%error, "no successor");
            }
        };
        looking.instrument(span).await;
    }
}

impl Getter {
    /// With nothing kept of the old version, the new one takes its place; else its owner decides.
    async fn look_for_successor(&self, old: InfoHash) -> Result<(), GetError> {
        let Some(asked) = self.node(move |node| node.asked(&old)).await? else {
            return Ok(());
        };
        let (_, holders) = self.channel.locate(Target::InfoHash(old)).await?;
        if !holders.is_empty() {
            return Ok(());
        }
        let Some((new, holders)) = self.meant_now(&asked.item).await?.filter(|(new, _)| *new != old) else {
            return Ok(());
        };
        if asked.kept {
            return self.node(move |node| node.supersede(&old, new)).await;
        }
        let get =
            Get { what: What::Item(asked.item.clone()), files: asked.files, save_as: Some(asked.save_as) };
        match self.begin_successor(new, holders, asked.item, &get).await {
            Ok(()) => self.replace(old, new).await,
            Err(_) => self.node(move |node| node.supersede(&old, new)).await,
        }
    }

    async fn begin_successor(
        &self,
        new: InfoHash,
        holders: Vec<Holder>,
        name: String,
        get: &Get,
    ) -> Result<(), GetError> {
        let metainfo = self.fetch_metainfo(new).await?;
        self.begin(Plan { metainfo, holders, addrs: Vec::new(), asked: Some(name), get }).await.map(drop)
    }

    /// What the name means now, and who has it.
    async fn meant_now(&self, name: &str) -> Result<Option<(InfoHash, Vec<Holder>)>, GetError> {
        let by_name = Target::Name { name: name.to_owned(), hash_prefix: String::new() };
        let found = match self.channel.locate(by_name).await {
            Err(AskError::Failed(Failure::Ambiguous { variants, .. })) => {
                let mut offered = variants.iter().filter(|item| item.seeds > 0).map(|item| item.info_hash);
                match (offered.next(), offered.next()) {
                    (Some(only), None) => self.channel.locate(Target::InfoHash(only)).await,
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
    async fn replace(&self, old: InfoHash, new: InfoHash) -> Result<(), GetError> {
        let stopping = self.node(move |node| node.give_way(&old, new)).await??;
        if let Some(stopping) = stopping {
            // A swarm that is gone has stopped, too.
            let _ = stopping.await;
        }
        self.node(move |node| node.forget(&old, false)).await?;
        let repository = self.repository.clone();
        let removed = tokio::task::spawn_blocking(move || repository.remove_partial(old)).await;
        if let Ok(Err(error)) = removed {
            tracing::warn!(%error, "what was kept of a superseded download cannot be removed");
        }
        Ok(())
    }
}
