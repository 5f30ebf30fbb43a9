//! What the tracker is asked.

use peerpool_api::ItemPage;
use peerpool_wire::{
    channel::{
        CatalogueItem, Cursor, Failure, FileSearch, FilesFound, Holder, HoldersFound, ItemSearch,
        MAX_HOLDERS, Page, PeerSearch, PeersFound, SEARCHES, Target, ToPeer, ToTracker, Twin,
    },
    id::InfoHash,
};

use super::{AskError, ChannelHandle, State};

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

    /// A part of the items that a search finds. A tracker of version 2 finds them by name alone.
    pub(crate) async fn search(&self, search: ItemSearch) -> Result<ItemPage, AskError> {
        if self.version() < SEARCHES {
            return self.list_as_before(search).await;
        }
        match self.ask(|request| ToTracker::Search { request, search }).await? {
            ToPeer::Found { page, .. } => Ok(page.into()),
            _ => Err(AskError::Unexpected),
        }
    }

    async fn list_as_before(&self, search: ItemSearch) -> Result<ItemPage, AskError> {
        let ItemSearch { text, cursor, limit, offline, .. } = search.clone();
        let plain = ItemSearch { text, cursor, limit, offline, ..ItemSearch::default() };
        if plain != search {
            return Err(AskError::TooOld);
        }
        Ok(self.list(plain.text, plain.cursor, plain.limit, plain.offline).await?.into())
    }

    /// A part of a folder of an item.
    pub(crate) async fn files(&self, search: FileSearch) -> Result<FilesFound, AskError> {
        self.needs_searches()?;
        match self.ask(|request| ToTracker::Files { request, search }).await? {
            ToPeer::FileList { page, .. } => Ok(page),
            _ => Err(AskError::Unexpected),
        }
    }

    /// A part of an item's holders.
    pub(crate) async fn holders(
        &self,
        info_hash: InfoHash,
        offset: u32,
        limit: u32,
    ) -> Result<HoldersFound, AskError> {
        self.needs_searches()?;
        match self.ask(move |request| ToTracker::Holders { request, info_hash, offset, limit }).await? {
            ToPeer::HolderList { page, .. } => Ok(page),
            _ => Err(AskError::Unexpected),
        }
    }

    /// A part of the peers that a search finds. A tracker of version 2 names the first of all.
    pub(crate) async fn find_peers(&self, search: PeerSearch) -> Result<PeersFound, AskError> {
        let before = PeerSearch { limit: search.limit, ..PeerSearch::default() };
        if self.version() < SEARCHES && search == before {
            return match self.ask(|request| ToTracker::Peers { request }).await? {
                ToPeer::PeerList { peers, total, .. } => Ok(PeersFound { total, peers }),
                _ => Err(AskError::Unexpected),
            };
        }
        self.needs_searches()?;
        match self.ask(|request| ToTracker::FindPeers { request, search }).await? {
            ToPeer::FoundPeers { page, .. } => Ok(page),
            _ => Err(AskError::Unexpected),
        }
    }

    /// An item with those of its holders that everybody is told, and what is like it.
    pub(crate) async fn detail(
        &self,
        info_hash: InfoHash,
    ) -> Result<(CatalogueItem, Vec<Holder>, Vec<Twin>, Vec<CatalogueItem>), AskError> {
        let target = Target::InfoHash(info_hash);
        let question =
            move |request| ToTracker::Locate { request, target, wanted: MAX_HOLDERS as u32, follow: false };
        match self.ask(question).await? {
            ToPeer::Located { item: Some(item), holders, twins, variants, .. } => {
                Ok((item, holders, twins, variants))
            }
            ToPeer::Located { item: None, .. } => {
                Err(Failure::NotFound { target: info_hash.to_string() }.into())
            }
            _ => Err(AskError::Unexpected),
        }
    }

    /// The channel's version; while there is no session, the newest, since the question then fails by itself.
    fn version(&self) -> u16 {
        match &*self.state.borrow() {
            State::Connected { version, .. } => *version,
            _ => SEARCHES,
        }
    }

    fn needs_searches(&self) -> Result<(), AskError> {
        if self.version() < SEARCHES { Err(AskError::TooOld) } else { Ok(()) }
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
