//! A store of any kind, so that one list of commands is done to all.

use std::path::PathBuf;

use super::*;

pub(super) enum Any {
    Memory(Memory),
    Sqlite(Sqlite, PathBuf),
    Postgres(Box<Postgres>, Database),
}

macro_rules! each {
    ($any:expr, $store:ident => $call:expr) => {
        match $any {
            Any::Memory($store) => $call,
            Any::Sqlite($store, _) => $call,
            Any::Postgres(boxed, _) => {
                let $store = &mut **boxed;
                $call
            }
        }
    };
}

impl Any {
    pub(super) async fn sqlite(path: PathBuf) -> Self {
        Self::Sqlite(Sqlite::open(&path).await.unwrap(), path)
    }

    pub(super) async fn postgres(database: Database) -> Self {
        let store = Postgres::open(database.clone(), TrackerId([1; 16]), None).await.unwrap();
        Self::Postgres(Box::new(store), database)
    }

    /// What only lasts in memory stays there.
    pub(super) async fn restarted(self) -> Self {
        match self {
            Self::Memory(_) => self,
            Self::Sqlite(store, path) => {
                drop(store);
                Self::sqlite(path).await
            }
            Self::Postgres(store, database) => {
                drop(store);
                Self::postgres(database).await
            }
        }
    }

    pub(super) async fn commit(&mut self, changes: &[Change]) {
        let changes = Arc::new(changes.to_vec());
        each!(self, store => store.commit(changes).await).unwrap();
    }

    pub(super) async fn add_transfers(&mut self, more: &[Passed]) {
        let more = more.to_vec();
        each!(self, store => store.add_transfers(more).await).unwrap();
    }

    pub(super) async fn transfers(&mut self, before: Option<u64>, limit: u32) -> Vec<(u64, Passed)> {
        each!(self, store => store.transfers(before, limit).await).unwrap()
    }

    pub(super) async fn commit_members(&mut self, changes: &[MembersChange]) {
        let changes = changes.to_vec();
        each!(self, store => store.commit_members(changes).await).unwrap();
    }

    pub(super) async fn members(&mut self) -> Vec<MembersChange> {
        each!(self, store => store.members().await).unwrap()
    }

    pub(super) async fn audit(&mut self) -> Vec<AuditEntry> {
        each!(self, store => store.audit(None, u32::MAX).await).unwrap()
    }

    /// Every item with its .torrent file.
    pub(super) async fn items(&mut self) -> Vec<NewItem> {
        let mut items = each!(self, store => all_items(store).await);
        for item in &mut items {
            let torrent = each!(self, store => store.torrent(item.facts.info_hash).await);
            item.torrent = torrent.unwrap().expect("an item has its metainfo");
        }
        items.sort_by(|a, b| a.facts.name.cmp(&b.facts.name));
        items
    }
}

async fn all_items(store: &mut impl Store) -> Vec<NewItem> {
    let (items, mut loaded) = mpsc::channel(100);
    store.load(items).await.unwrap();
    let mut all = Vec::new();
    while let Some(batch) = loaded.recv().await {
        all.extend(batch);
    }
    all
}
