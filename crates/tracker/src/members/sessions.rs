//! What the members' sessions still have to be told: sets and no queues, so that it stays as little as there is to tell.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use peerpool_access::{AudienceId, MemberId, Right, Subjects, guard::Voided, key::PublicKey};
use peerpool_catalogue::{SessionId, Viewer};
use peerpool_wire::{
    channel::{self, Access, ItemAudience, Key, MAX_BATCH, MAX_STOCK_ITEMS, MAX_VOIDED, StockItem},
    id::InfoHash,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{items::Items, stock::StockItems};

/// Items that a session has located of late, beside those that it has registered.
const LOCATED: usize = 10_000;

/// What a channel holds of its session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// Something is to be told.
    pub(crate) wake: Arc<Notify>,
    /// The session is over: it may not go on, or was silent for too long.
    pub(crate) ended: CancellationToken,
    /// The number of the member.
    pub(crate) member: u32,
    /// What it may see when it begins.
    pub(crate) viewer: Viewer,
}

/// How a session has to do with items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Concern {
    Registered,
    Withdrawn,
    Located,
}

/// A part of what there is to tell.
#[derive(Debug)]
pub(super) enum News {
    Keyset,
    Pass(PublicKey),
    Access(Access),
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) key: PublicKey,
    pub(super) line: Line,
    /// What it may see now.
    viewer: Viewer,
    keyset: bool,
    pass: bool,
    epoch: bool,
    /// The epoch whose changes it was told, all of them.
    told: u64,
    voided: VecDeque<Voided>,
    registered: BTreeSet<InfoHash>,
    located: BTreeSet<InfoHash>,
    /// The same, in the order in which they were located.
    order: VecDeque<InfoHash>,
    untold: BTreeSet<InfoHash>,
    /// Items of whose audience it was told.
    shown: BTreeSet<InfoHash>,
    /// Audiences that it was told.
    audiences: BTreeSet<AudienceId>,
    stock: Stock,
}

/// What a session has to do with stock clients.
#[derive(Debug, Default)]
struct Stock {
    untold: BTreeSet<InfoHash>,
    /// Items of which it was told that stock clients may fetch them.
    told: BTreeSet<InfoHash>,
    /// Those for which it takes them.
    taken: BTreeSet<InfoHash>,
}

impl Stock {
    /// What is to be told next: `now` says what stands of an item.
    fn news(&mut self, now: impl Fn(&InfoHash) -> Option<StockItem>) -> Vec<StockItem> {
        let mut news = Vec::new();
        while news.len() < MAX_STOCK_ITEMS
            && let Some(info_hash) = self.untold.pop_first()
        {
            match now(&info_hash) {
                Some(item) => {
                    self.told.insert(info_hash);
                    news.push(item);
                }
                None => {
                    self.taken.remove(&info_hash);
                    if self.told.remove(&info_hash) {
                        news.push(StockItem { info_hash, private: None, hosts: Vec::new() });
                    }
                }
            }
        }
        news
    }
}

impl Session {
    fn has_to_do_with(&self, item: &InfoHash) -> bool {
        self.registered.contains(item) || self.located.contains(item)
    }

    fn locate(&mut self, item: InfoHash) {
        if self.located.insert(item) {
            self.order.push_back(item);
        }
        if self.order.len() > LOCATED
            && let Some(oldest) = self.order.pop_front()
        {
            self.located.remove(&oldest);
            self.untold.insert(oldest);
        }
    }

    fn access(
        &mut self,
        items: &Items,
        stock: &StockItems,
        epoch: u64,
        subjects: &Subjects,
    ) -> Option<Access> {
        if !self.epoch && self.voided.is_empty() && self.untold.is_empty() && self.stock.untold.is_empty() {
            return None;
        }
        let is_due = std::mem::take(&mut self.epoch) || !self.voided.is_empty();
        let mut access = Access { epoch: self.told, ..Access::default() };
        let voided = self.voided.drain(..self.voided.len().min(MAX_VOIDED));
        access.voided.extend(voided.map(|voided| channel::Voided {
            key: Key(voided.key.0),
            before: voided.before.0,
            expires: voided.expires.0,
        }));
        while access.items.len() < MAX_BATCH
            && let Some(info_hash) = self.untold.pop_first()
        {
            let audience = match (self.has_to_do_with(&info_hash), items.audience_of(info_hash)) {
                // It is told when the item is known, and of one that it does not see nothing: there is none.
                (true, None) => continue,
                (true, Some((_, audience)))
                    if !audience.allows(Right::See, subjects) && !self.shown.contains(&info_hash) =>
                {
                    continue;
                }
                (true, Some((id, audience))) => {
                    if self.audiences.insert(id) {
                        let numbers = |right| audience.of(right).iter().map(|subject| subject.number());
                        access.audiences.push(channel::Audience {
                            id: id.0,
                            see: numbers(Right::See).collect(),
                            get: numbers(Right::Get).collect(),
                            give: numbers(Right::Give).collect(),
                        });
                    }
                    self.shown.insert(info_hash);
                    Some(id.0)
                }
                (false, _) if !self.shown.remove(&info_hash) => continue,
                (false, _) => None,
            };
            access.items.push(ItemAudience { info_hash, audience });
        }
        let registered = &self.registered;
        access.stock = self.stock.news(|item| {
            let (_, audience) = items.audience_of(*item)?;
            let gives = registered.contains(item) && audience.allows(Right::Give, subjects);
            if gives { stock.told(item) } else { None }
        });
        // A part that others follow is no epoch's end: nobody is to confirm what it has not heard.
        if self.voided.is_empty() && self.untold.is_empty() && self.stock.untold.is_empty() {
            (self.told, access.epoch) = (epoch, epoch);
        }
        if !is_due && access.items.is_empty() && access.stock.is_empty() {
            return None;
        }
        Some(access)
    }
}

/// The sessions of members.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: BTreeMap<SessionId, Session>,
}

impl Sessions {
    /// Begins a session, which has everything to be told.
    pub(super) fn open(
        &mut self,
        id: SessionId,
        key: PublicKey,
        line: Line,
        voided: impl Iterator<Item = Voided>,
    ) {
        let session = Session {
            key,
            viewer: line.viewer.clone(),
            line,
            keyset: true,
            pass: true,
            epoch: true,
            told: 0,
            voided: voided.collect(),
            registered: BTreeSet::new(),
            located: BTreeSet::new(),
            order: VecDeque::new(),
            untold: BTreeSet::new(),
            shown: BTreeSet::new(),
            audiences: BTreeSet::new(),
            stock: Stock::default(),
        };
        session.line.wake.notify_one();
        self.open.insert(id, session);
    }

    /// The key that a session has.
    pub(super) fn key(&self, id: SessionId) -> Option<PublicKey> {
        self.open.get(&id).map(|session| session.key)
    }

    pub(super) fn remove(&mut self, id: SessionId) {
        self.open.remove(&id);
    }

    /// Ends sessions that may not go on.
    pub(super) fn end(&mut self, mut ends: impl FnMut(SessionId, &Session) -> bool) {
        self.open.retain(|&id, session| {
            let ended = ends(id, session);
            if ended {
                session.line.ended.cancel();
            }
            !ended
        });
    }

    /// Sets what the sessions may see, by member; those for which it is something else than before.
    pub(super) fn set_viewers(&mut self, viewer: impl Fn(MemberId) -> Viewer) -> Vec<(SessionId, Viewer)> {
        let changed = self.open.iter_mut().filter_map(|(&id, session)| {
            let viewer = viewer(MemberId(session.line.member));
            if session.viewer == viewer {
                return None;
            }
            session.viewer = viewer.clone();
            // Some of what it was not told of may exist for it now.
            let Session { registered, located, shown, untold, .. } = session;
            untold.extend(registered.union(located).filter(|item| !shown.contains(item)));
            session.line.wake.notify_one();
            Some((id, viewer))
        });
        changed.collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.open.iter().map(|(&id, session)| (id, session))
    }

    /// A session has to do with these items from now on, or no more.
    pub(super) fn concern(&mut self, id: SessionId, items: Vec<InfoHash>, concern: Concern) {
        let Some(session) = self.open.get_mut(&id) else { return };
        for item in items {
            let had = session.has_to_do_with(&item);
            match concern {
                Concern::Registered => {
                    if session.registered.insert(item) {
                        session.stock.untold.insert(item);
                    }
                }
                Concern::Withdrawn => {
                    session.registered.remove(&item);
                    session.stock.untold.insert(item);
                }
                Concern::Located => session.locate(item),
            }
            if had != session.has_to_do_with(&item) {
                session.untold.insert(item);
            }
        }
        if !session.untold.is_empty() || !session.stock.untold.is_empty() {
            session.line.wake.notify_one();
        }
    }

    /// Something else stands of these items that stock clients may fetch, or may no more.
    pub(super) fn mark_stock(&mut self, items: impl IntoIterator<Item = InfoHash>) {
        let items: Vec<InfoHash> = items.into_iter().collect();
        for session in self.open.values_mut() {
            let has =
                |item: &&InfoHash| session.registered.contains(item) || session.stock.told.contains(item);
            let concerned: Vec<InfoHash> = items.iter().filter(has).copied().collect();
            if !concerned.is_empty() {
                session.stock.untold.extend(concerned);
                session.line.wake.notify_one();
            }
        }
    }

    /// A session takes stock clients for these items.
    pub(super) fn takes_stock(&mut self, id: SessionId, items: &[InfoHash]) {
        if let Some(Session { stock, .. }) = self.open.get_mut(&id) {
            stock.taken.extend(items.iter().filter(|item| stock.told.contains(item)));
        }
    }

    /// The sessions that take stock clients for an item.
    pub(super) fn takers(&self, item: &InfoHash) -> BTreeSet<SessionId> {
        let takes = |(_, session): &(&SessionId, &Session)| {
            session.registered.contains(item) && session.stock.taken.contains(item)
        };
        self.open.iter().filter(takes).map(|(&id, _)| id).collect()
    }

    /// These items have another audience now, or one at all.
    pub(super) fn mark_items(&mut self, items: &BTreeSet<InfoHash>) {
        for session in self.open.values_mut() {
            let concerned: Vec<InfoHash> =
                items.iter().filter(|item| session.has_to_do_with(item)).copied().collect();
            if !concerned.is_empty() {
                session.untold.extend(concerned);
                session.line.wake.notify_one();
            }
        }
    }

    /// Every session has to be told of a change, and of passes that are void by it.
    pub(super) fn mark_change(&mut self, voided: &[Voided]) {
        for session in self.open.values_mut() {
            session.epoch = true;
            session.voided.extend(voided);
            session.line.wake.notify_one();
        }
    }

    /// Every session has to be told of the keyset. How many there are.
    pub(super) fn mark_keyset(&mut self) -> usize {
        for session in self.open.values_mut() {
            session.keyset = true;
            session.line.wake.notify_one();
        }
        self.open.len()
    }

    /// Every session needs a new pass.
    pub(super) fn mark_all_passes(&mut self) {
        self.open.values_mut().for_each(|session| session.pass = true);
    }

    /// The sessions with one of these keys need a new pass.
    pub(super) fn mark_passes(&mut self, keys: &[PublicKey]) {
        for session in self.open.values_mut().filter(|session| keys.contains(&session.key)) {
            session.pass = true;
            session.line.wake.notify_one();
        }
    }

    /// A session asks for a pass.
    pub(super) fn want_pass(&mut self, id: SessionId) {
        if let Some(session) = self.open.get_mut(&id) {
            session.pass = true;
            session.line.wake.notify_one();
        }
    }

    /// A session asks what has changed.
    pub(super) fn want_change(&mut self, id: SessionId) {
        if let Some(session) = self.open.get_mut(&id) {
            session.epoch = true;
            session.line.wake.notify_one();
        }
    }

    /// Passes are made again.
    pub(super) fn wake_for_passes(&self) {
        self.open.values().filter(|session| session.pass).for_each(|session| session.line.wake.notify_one());
    }

    /// What a session is to be told next; its pass if `signs`.
    pub(super) fn news(
        &mut self,
        id: SessionId,
        items: &Items,
        stock: &StockItems,
        (epoch, signs): (u64, bool),
        subjects: impl Fn(MemberId) -> Subjects,
    ) -> Option<News> {
        let session = self.open.get_mut(&id)?;
        if std::mem::take(&mut session.keyset) {
            return Some(News::Keyset);
        }
        if signs && std::mem::take(&mut session.pass) {
            return Some(News::Pass(session.key));
        }
        let subjects = subjects(MemberId(session.line.member));
        session.access(items, stock, epoch, &subjects).map(News::Access)
    }
}

#[cfg(test)]
mod tests {
    use peerpool_access::{Moment, Subject, rules::RuleBook};
    use peerpool_wire::id::Sha1Hash;

    use super::{super::items::KnownItem, *};

    #[test]
    fn an_epoch_is_told_with_the_last_of_its_parts() {
        let mut items = Items::default();
        let hash = |number: usize| {
            let mut hash = [0; 20];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            InfoHash::v1_only(Sha1Hash(hash))
        };
        let hashes: Vec<InfoHash> = (0..2 * MAX_BATCH + 1).map(hash).collect();
        for info_hash in &hashes {
            let item = KnownItem { info_hash: *info_hash, name: "item".to_owned(), owner: Some(1) };
            items.add(item, &RuleBook::default(), Moment(0));
        }
        let (id, mut sessions) = (SessionId(1), Sessions::default());
        sessions.open(id, PublicKey([1; 32]), Line::default(), std::iter::empty());
        let told = |sessions: &mut Sessions, epoch| -> Vec<(u64, usize)> {
            let subjects = |_| [Subject::from(MemberId(1))].into_iter().collect();
            std::iter::from_fn(|| sessions.news(id, &items, &StockItems::default(), (epoch, true), subjects))
                .filter_map(|news| match news {
                    News::Access(access) => Some((access.epoch, access.items.len())),
                    News::Keyset | News::Pass(_) => None,
                })
                .collect()
        };
        assert_eq!(told(&mut sessions, 7), [(7, 0)]);
        sessions.concern(id, hashes, Concern::Registered);
        sessions.mark_change(&[]);
        assert_eq!(told(&mut sessions, 8), [(7, MAX_BATCH), (7, MAX_BATCH), (8, 1)]);
    }
}
