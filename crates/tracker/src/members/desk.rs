//! What the task of members owns.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
};

use peerpool_access::{
    MemberId, Members, Moment, Right,
    key::PublicKey,
    members::{Change, Effects, Member, State, lookout::Lookout},
};
use peerpool_catalogue::{self as catalogue, SessionId, Viewer};
use peerpool_wire::{channel::ToPeer, id::InfoHash, link::Message};
use tokio::sync::{broadcast, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{
    attempts::Attempts,
    ceremonies::Ceremonies,
    error::MembersError,
    items::{Items, KnownItem},
    keys::TrackerKeys,
    nodes::done_message,
    sessions::{Concern, Line, News, Sessions},
    sights::Sights,
    stock::StockItems,
    waiting::{Answer, Waiting},
    who::{Caller, Who},
};
use crate::{
    clock::{self, Clock},
    links::Complete,
    oidc::{Flows, Provider},
    store::Seen,
};

/// The members, and what is told of them.
pub(crate) struct Desk {
    pub(crate) members: Members,
    keys: TrackerKeys,
    /// The latest moment that was seen.
    latest: Moment,
    /// By how many seconds the clock of all nodes is ahead of this machine's.
    ahead: i64,
    pub(super) clock: Clock,
    /// Whether it has seen what other nodes have changed; none where there is one tracker.
    pub(super) lookout: Option<Lookout>,
    /// Other nodes that can be told; none where there is one tracker.
    nodes: Option<watch::Receiver<Complete>>,
    /// What other nodes are told.
    pub(super) told: broadcast::Sender<Message>,
    pub(crate) items: Items,
    pub(super) sessions: Sessions,
    pub(super) stock: StockItems,
    pub(super) waiting: Waiting,
    /// Failed passwords of late.
    pub(crate) attempts: Attempts,
    /// Who was asked for a passkey.
    pub(crate) ceremonies: Ceremonies,
    /// Who has gone to sign in elsewhere.
    pub(crate) flows: Flows,
    /// What ends when its caller may not go on.
    leases: BTreeMap<Caller, CancellationToken>,
    sights: Sights,
    /// How often members may have begun to see other things.
    sight: u64,
}

impl Desk {
    pub(super) fn new(
        members: Members,
        keys: TrackerKeys,
        items: Vec<KnownItem>,
        sights: Sights,
        nodes: Option<watch::Receiver<Complete>>,
        told: broadcast::Sender<Message>,
    ) -> Self {
        let clock = Clock::start();
        let mut desk = Self {
            members,
            keys,
            latest: Moment(0),
            ahead: 0,
            clock,
            lookout: nodes.is_some().then(|| Lookout::new(clock.now())),
            nodes,
            told,
            items: Items::default(),
            sessions: Sessions::default(),
            stock: StockItems::default(),
            waiting: Waiting::default(),
            attempts: Attempts::default(),
            ceremonies: Ceremonies::default(),
            flows: Flows::default(),
            leases: BTreeMap::new(),
            sights,
            sight: 1,
        };
        items.into_iter().for_each(|item| desk.add_item(item));
        desk.follow_stock();
        desk
    }

    /// The moment by this machine's clock, or by that of all nodes, which is never set back here: what has ended stays so.
    pub(crate) fn now(&mut self) -> Moment {
        let moment = clock::date().saturating_add_signed(self.ahead);
        self.latest = self.latest.max(Moment(moment));
        self.latest
    }

    /// Goes by the clock of all nodes, which shows this now.
    pub(super) fn set_clock(&mut self, now: Moment) {
        self.ahead = now.0.cast_signed().saturating_sub(clock::date().cast_signed());
    }

    /// Whether it lets in whom it knows: other nodes may have shut them out.
    pub(crate) fn check_sight(&self) -> Result<(), MembersError> {
        match &self.lookout {
            Some(lookout) if !lookout.lets_in(self.clock.now()) => Err(MembersError::Behind),
            _ => Ok(()),
        }
    }

    /// The keys by which the tracker speaks for the pool.
    pub(crate) fn keys(&self) -> &TrackerKeys {
        &self.keys
    }

    /// Goes on with keys that were read anew: peers are told which they are, and are given passes by them. How many there are.
    pub(super) fn take_keys(&mut self, keys: TrackerKeys) -> usize {
        let before = std::mem::replace(&mut self.keys, keys);
        if before.keyset().signers.first() != self.keys.keyset().signers.first() {
            self.sessions.mark_all_passes();
        }
        self.sessions.mark_keyset()
    }

    /// The active member whose key this is.
    pub(crate) fn member(&self, key: PublicKey) -> Result<(MemberId, &Member), MembersError> {
        self.check_sight()?;
        self.members.active(key).ok_or(MembersError::NotAMember)
    }

    /// Who a caller is.
    pub(crate) fn who(&mut self, caller: Caller) -> Result<Who, MembersError> {
        self.check_sight()?;
        let now = self.now();
        Who::of(&self.members, caller, now)
    }

    /// The same, and what is cancelled when it may not go on.
    pub(crate) fn lease(&mut self, caller: Caller) -> Result<(Who, CancellationToken), MembersError> {
        let who = self.who(caller)?;
        Ok((who, self.leases.entry(caller).or_default().child_token()))
    }

    fn end_leases(&mut self) {
        let now = self.now();
        let Self { members, leases, .. } = self;
        leases.retain(|caller, lease| {
            let goes_on = Who::of(members, *caller, now).is_ok();
            if !goes_on {
                lease.cancel();
            }
            goes_on
        });
    }

    /// Counts a try of a member's password from a host. Who it would be and what is kept of the password, if there is one.
    pub(crate) fn try_password(
        &mut self,
        host: IpAddr,
        name: &str,
    ) -> Result<Option<(MemberId, String)>, MembersError> {
        let now = self.now();
        self.attempts.begin(now, host, Some(name)).map_err(MembersError::TooManyTries)?;
        let active =
            |id: &MemberId| self.members.member(*id).is_some_and(|member| member.state == State::Active);
        let member = self.members.named(name).filter(active);
        Ok(member.and_then(|id| Some((id, self.members.password(id)?.to_owned()))))
    }

    /// Counts a try of a host to sign in by something that has no member's name.
    pub(crate) fn try_nameless(&mut self, host: IpAddr) -> Result<(), MembersError> {
        let now = self.now();
        self.attempts.begin(now, host, None).map_err(MembersError::TooManyTries)
    }

    /// Counts a try of a host to sign in elsewhere. What the provider has said of itself of late.
    pub(crate) fn try_elsewhere(&mut self, host: IpAddr) -> Result<Option<Arc<Provider>>, MembersError> {
        self.try_nameless(host)?;
        let now = self.now();
        Ok(self.flows.provider(now))
    }

    pub(super) fn add_item(&mut self, item: KnownItem) {
        let (info_hash, now) = (item.info_hash, self.now());
        let audience = self.items.audience_for(&item, self.members.rules(), now);
        self.items.add(item, self.members.rules(), now);
        let viewers = self.new_viewers();
        self.sights.tell(vec![(info_hash, catalogue::Audience(audience.0))], viewers);
        self.sessions.mark_items(&self.items.spelled(&BTreeSet::from([info_hash])));
    }

    /// The audience that an item has, or is to have once the catalogue knows it. Who belongs to it sees it from then on.
    pub(super) fn audience_for(&mut self, item: &KnownItem) -> catalogue::Audience {
        let now = self.now();
        let audience = self.items.audience_for(item, self.members.rules(), now);
        let viewers = self.new_viewers();
        self.sights.tell(Vec::new(), viewers);
        catalogue::Audience(audience.0)
    }

    /// What a member may see.
    pub(crate) fn viewer(&mut self, member: MemberId) -> Viewer {
        let now = self.now();
        self.items.viewer(&self.members.subjects(member, now))
    }

    /// Whether a member may get an item that is known.
    pub(super) fn may_get(&mut self, member: MemberId, info_hash: InfoHash) -> bool {
        let now = self.now();
        let subjects = self.members.subjects(member, now);
        self.items.audience_of(info_hash).is_some_and(|(_, audience)| audience.allows(Right::Get, &subjects))
    }

    /// What these members may see, and how often that may have changed, if it has since.
    pub(super) fn viewers_since(
        &mut self,
        known: u64,
        members: Vec<u32>,
    ) -> Option<(u64, Vec<(u32, Viewer)>)> {
        let sight = self.sight;
        (sight != known).then(|| {
            let viewers = members.into_iter().map(|member| (member, self.viewer(MemberId(member))));
            (sight, viewers.collect())
        })
    }

    /// Sessions that see something else because there are other audiences.
    fn new_viewers(&mut self) -> Vec<(SessionId, Viewer)> {
        if self.items.has_new_audiences() { self.other_viewers() } else { Vec::new() }
    }

    /// Sessions that see something else than they did.
    fn other_viewers(&mut self) -> Vec<(SessionId, Viewer)> {
        let now = self.now();
        let Self { members, items, sessions, sight, .. } = self;
        *sight += 1;
        sessions.set_viewers(|member| items.viewer(&members.subjects(member, now)))
    }

    pub(super) fn remove_item(&mut self, info_hash: InfoHash) {
        self.items.remove(info_hash);
    }

    /// Begins a session of the member with this key.
    pub(super) fn open(&mut self, session: SessionId, key: PublicKey) -> Result<Line, MembersError> {
        let (member, _) = self.member(key)?;
        let line = Line { member: member.0, viewer: self.viewer(member), ..Line::default() };
        self.sessions.open(session, key, line.clone(), self.members.voided().copied());
        Ok(line)
    }

    pub(super) fn left(&mut self, session: SessionId) {
        self.sessions.remove(session);
        self.sights.left(session);
        self.waiting.left(session);
        self.tell_takers();
    }

    pub(super) fn concern(&mut self, session: SessionId, items: Vec<InfoHash>, concern: Concern) {
        if let Concern::Located = concern {
            items.iter().for_each(|&item| self.items.located(item));
        }
        self.sessions.concern(session, items, concern);
        if let Concern::Withdrawn = concern {
            self.tell_takers();
        }
    }

    pub(super) fn want_pass(&mut self, session: SessionId) {
        self.sessions.want_pass(session);
    }

    pub(super) fn want_change(&mut self, session: SessionId) {
        self.sessions.want_change(session);
    }

    /// Whether it makes passes now.
    fn signs(&self) -> bool {
        self.lookout.as_ref().is_none_or(|lookout| lookout.may_sign(self.clock.now()))
    }

    /// What others have changed of members is seen, or that nothing was changed.
    pub(super) fn see(&mut self, seen: Seen) {
        if let Some(now) = seen.now {
            self.set_clock(now);
        }
        let effects = seen.others.map(|others| self.members.follow(others)).unwrap_or_default();
        let signed = self.signs();
        if let Some(lookout) = &mut self.lookout {
            lookout.see(self.clock.now());
        }
        if !signed {
            self.sessions.wake_for_passes();
        }
        if effects != Effects::default() {
            let (answer, done) = oneshot::channel();
            self.spread(effects, (Complete::new(), Some(answer)));
            let told = self.told.clone();
            tokio::spawn(async move {
                if let Ok(Ok(changed)) = done.await {
                    // Nobody hears it when no link is up.
                    let _ = told.send(done_message(changed));
                }
            });
        }
    }

    /// The other nodes that can be told of a change.
    pub(super) fn nodes(&self) -> Complete {
        self.nodes.as_ref().map(|nodes| nodes.borrow().clone()).unwrap_or_default()
    }

    /// Nobody may go on by what this node knows: they will at another one.
    pub(super) fn end_unseen(&mut self) {
        if self.check_sight().is_err() {
            self.sessions.end(|_, _| true);
        }
    }

    /// What a session is to be told next.
    pub(super) fn news(&mut self, session: SessionId) -> Option<ToPeer> {
        let (epoch, now) = (self.members.epoch(), self.now());
        let signs = self.signs();
        let subjects = |member| self.members.subjects(member, now);
        loop {
            let news = self.sessions.news(session, &self.items, &self.stock, (epoch, signs), subjects);
            return Some(match news? {
                News::Keyset => ToPeer::Keyset { statement: self.keys.statement().to_vec() },
                News::Access(access) => ToPeer::Access(access),
                News::Pass(key) => {
                    let Some(pass) = self.members.pass(now, key) else { continue };
                    match self.keys.sign(&pass) {
                        Ok(statement) => ToPeer::Pass { statement },
                        Err(error) => {
                            tracing::error!(%key, %error, "no pass for a device");
                            continue;
                        }
                    }
                }
            });
        }
    }

    /// Tells peers what follows from a change that is kept, and answers when they know it, and the peers of these nodes.
    pub(super) fn spread(&mut self, effects: Effects, (nodes, answer): (Complete, Answer)) {
        self.end_leases();
        let Self { members, sessions, .. } = self;
        sessions.end(|_, session| members.active(session.key).is_none());
        let now = self.now();
        let changed = match effects.rules {
            true => self.items.follow(self.members.rules(), now),
            false => BTreeSet::new(),
        };
        let viewers = self.other_viewers();
        let items = changed.iter().filter_map(|&item| Some((item, self.items.audience_of(item)?.0)));
        self.sights.tell(items.map(|(item, id)| (item, catalogue::Audience(id.0))).collect(), viewers);
        if effects.changes.iter().any(|change| matches!(change, Change::Epoch(_))) {
            self.sessions.mark_change(&effects.voided);
        }
        self.sessions.mark_passes(&effects.passes);
        self.sessions.mark_items(&self.items.spelled(&changed));
        let (stock, is_less) = self.follow_stock();
        self.tell_takers();
        let takes_away = !effects.voided.is_empty() || !changed.is_empty() || is_less;
        self.sessions.mark_stock(stock);
        let told = self.sessions.iter().filter(|_| takes_away);
        let told = told.map(|(id, session)| (id, self.name_of(session.key))).collect();
        let nodes = if takes_away { nodes } else { Complete::new() };
        self.waiting.begin(self.members.epoch(), (told, nodes), answer);
    }

    /// Ends sessions that did not confirm a change in time.
    pub(super) fn end_silent(&mut self, now: tokio::time::Instant) {
        let silent = self.waiting.handle_timeout(now);
        if !silent.is_empty() {
            tracing::warn!(
                sessions = silent.len(),
                "peers did not confirm a change of members: disconnected"
            );
        }
        self.sessions.end(|id, _| silent.contains(&id));
        silent.into_iter().for_each(|session| self.waiting.left(session));
    }

    fn name_of(&self, key: PublicKey) -> String {
        let device = self.members.device(key);
        let member = device.and_then(|device| self.members.member(device.member));
        let names = member.zip(device).map(|(member, device)| format!("{} ({})", member.name, device.name));
        names.unwrap_or_else(|| key.to_string())
    }
}
