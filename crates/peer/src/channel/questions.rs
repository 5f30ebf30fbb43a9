//! What the tracker is asked.

use peerpool_wire::{
    channel::{CatalogueItem, Cursor, Holder, MAX_HOLDERS, Page, Target, ToPeer, ToTracker},
    id::InfoHash,
};

use super::{AskError, ChannelHandle};

/// As many holders as the tracker gives to everybody, so that the links spread evenly.
const DEFAULT_HOLDERS: u32 = 0;

impl ChannelHandle {
    /// A page of the catalogue.
    pub(crate) async fn list(
        &self,
        query: String,
        cursor: Option<Cursor>,
        limit: u32,
        offline: bool,
    ) -> Result<Page, AskError> {
        let question = move |request| ToTracker::List { request, query, cursor, limit, offline };
        match self.ask(question).await? {
            ToPeer::Listed { page, .. } => Ok(page),
            _ => Err(AskError::Unexpected),
        }
    }

    /// What an item is, as far as the catalogue knows it, and who has it.
    pub(crate) async fn locate(
        &self,
        target: Target,
    ) -> Result<(Option<CatalogueItem>, Vec<Holder>), AskError> {
        self.ask_locate(target, MAX_HOLDERS as u32, false).await
    }

    /// Who has an item; the tracker tells of those who come later until [`ToTracker::Unfollow`].
    pub(crate) async fn follow(&self, info_hash: InfoHash) -> Result<Vec<Holder>, AskError> {
        let (_, holders) = self.ask_locate(Target::InfoHash(info_hash), DEFAULT_HOLDERS, true).await?;
        Ok(holders)
    }

    async fn ask_locate(
        &self,
        target: Target,
        wanted: u32,
        follow: bool,
    ) -> Result<(Option<CatalogueItem>, Vec<Holder>), AskError> {
        let question = move |request| ToTracker::Locate { request, target, wanted, follow };
        match self.ask(question).await? {
            ToPeer::Located { item, holders, .. } => Ok((item, holders)),
            _ => Err(AskError::Unexpected),
        }
    }
}
