//! What changes in the catalogue, for those who follow it: rows of windows, and events.
//!
//! One task asks the catalogue's task four times a second what has changed, as long as somebody follows and for a while
//! after. So what following costs goes by what is shown and by what changes, not by how many follow, nor by how much there
//! is. While nobody follows, nothing is looked at and nothing remembered.
//!
//! Those who see the same are a [`Circle`]: everybody in an open pool, and a member in one for members. Each circle has rows
//! and events of its own, with numbers of their own, so that nobody learns by a gap that there was something else.

mod circle;
mod happened;
mod watched;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use peerpool_catalogue::{Changes, Viewer};
use peerpool_wire::channel::Target;
use tokio::{sync::watch, time::MissedTickBehavior};

pub(crate) use self::circle::{Circle, ShownItems, ShownPeers};
use self::{
    circle::{Found, Wanted},
    happened::{Happened, Move, Present},
};
use crate::{
    catalogue_task::{CatalogueHandle, Closed},
    members::MembersHandle,
    onlooker::Onlooker,
};

/// Between two looks at what has changed.
const PACE: Duration = Duration::from_millis(250);
/// How long events are remembered that nobody follows, for whoever comes back.
const LINGER: Duration = Duration::from_secs(300);

/// Whose circle it is: a member's by its number, or everybody's.
type Whose = Option<u32>;
/// The circles, by whose they are.
type Circles = BTreeMap<Whose, Followed>;

/// Reaches what is followed. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed {
    circles: watch::Sender<Circles>,
    catalogue: CatalogueHandle,
}

/// A circle, and how many follow in it.
struct Followed {
    circle: Circle,
    /// One of those who follow in it: they see the same.
    onlooker: Onlooker,
    followers: usize,
    /// Whether it is told what changes.
    is_current: bool,
    /// Since when nobody follows.
    left: Option<Instant>,
}

impl Feed {
    /// Starts the task. It ends with the catalogue's task.
    pub(crate) fn start(catalogue: CatalogueHandle, members: Option<MembersHandle>) -> Self {
        Self::start_lingering(catalogue, members, LINGER)
    }

    fn start_lingering(catalogue: CatalogueHandle, members: Option<MembersHandle>, linger: Duration) -> Self {
        let (circles, followed) = watch::channel(Circles::new());
        let task = FeedTask {
            catalogue: catalogue.clone(),
            members,
            circles: circles.clone(),
            followed,
            present: Present::default(),
            viewers: BTreeMap::new(),
            sight: 0,
            linger,
        };
        tokio::spawn(async move {
            // The catalogue's task has ended; so does this one.
            let Err(Closed) = task.run().await;
        });
        Self { circles, catalogue }
    }

    /// Follows from now on: when this returns, nothing is missed that happens afterwards.
    pub(crate) async fn follow(&self, onlooker: &Onlooker) -> Result<Following, Closed> {
        let whose = onlooker.member();
        let mut joined = None;
        self.circles.send_modify(|circles| {
            let followed = circles.entry(whose).or_insert_with(|| Followed {
                circle: Circle::new(rand::random()),
                onlooker: onlooker.clone(),
                followers: 0,
                is_current: false,
                left: None,
            });
            followed.followers += 1;
            joined = Some(followed.circle.clone());
        });
        let circle = joined.ok_or(Closed)?;
        let following = Following { circle, whose, circles: self.circles.clone() };
        let mut circles = self.circles.subscribe();
        let is_current = |circles: &Circles| circles.get(&whose).is_some_and(|followed| followed.is_current);
        tokio::select! {
            current = circles.wait_for(is_current) => drop(current.map_err(|_| Closed)?),
            () = self.catalogue.closed() => return Err(Closed),
        }
        Ok(following)
    }
}

/// Somebody who follows, until it is dropped.
pub(crate) struct Following {
    pub(crate) circle: Circle,
    whose: Whose,
    circles: watch::Sender<Circles>,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.circles.send_modify(|circles| {
            if let Some(followed) = circles.get_mut(&self.whose) {
                followed.followers = followed.followers.saturating_sub(1);
            }
        });
    }
}

impl CatalogueHandle {
    /// What has changed since this was last called.
    async fn changes(&self) -> Result<Changes, Closed> {
        self.ask(|asked| asked.catalogue.take_changes(asked.clock.now())).await
    }

    async fn forget_changes(&self) -> Result<(), Closed> {
        self.ask(|asked| asked.catalogue.forget_changes()).await
    }

    /// How these items and peers stand for somebody.
    async fn look_up(&self, viewer: Viewer, wanted: &Wanted) -> Result<Found, Closed> {
        if wanted.items.is_empty() && wanted.peers.is_empty() {
            return Ok(Found::default());
        }
        let items: Vec<_> = wanted.items.iter().copied().collect();
        let peers: Vec<_> = wanted.peers.iter().copied().collect();
        self.ask(move |asked| {
            let find = |hash| Some((hash, asked.catalogue.find(&Target::InfoHash(hash), &viewer).ok()?));
            let peers = asked.catalogue.peers_of(asked.clock.now(), &peers, &viewer);
            Found {
                items: items.into_iter().filter_map(find).collect(),
                peers: peers.into_iter().map(|peer| (peer.peer_id, peer)).collect(),
            }
        })
        .await
    }
}

/// Looks at what has changed.
struct FeedTask {
    catalogue: CatalogueHandle,
    /// None in an open pool.
    members: Option<MembersHandle>,
    circles: watch::Sender<Circles>,
    followed: watch::Receiver<Circles>,
    present: Present,
    /// What those who follow see, as they were told.
    viewers: BTreeMap<Whose, Viewer>,
    /// How often members had begun to see other things when it was last asked.
    sight: u64,
    /// How long events are remembered that nobody follows.
    linger: Duration,
}

impl FeedTask {
    async fn run(mut self) -> Result<std::convert::Infallible, Closed> {
        loop {
            tokio::select! {
                circles = self.followed.wait_for(|circles| !circles.is_empty()) => {
                    drop(circles.map_err(|_| Closed)?);
                }
                () = self.catalogue.closed() => return Err(Closed),
            }
            self.feed().await?;
        }
    }

    /// Looks until nobody has followed for a while.
    async fn feed(&mut self) -> Result<(), Closed> {
        // What there is was there before.
        self.present = Present::default();
        let changes = self.catalogue.changes().await?;
        self.present.follow(&changes.peers);
        self.take_in().await?;
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.viewers.is_empty() {
            tokio::select! {
                _ = pace.tick() => {
                    self.look().await?;
                    self.forget_deserted();
                }
                changed = self.followed.changed() => changed.map_err(|_| Closed)?,
            }
            self.take_in().await?;
        }
        self.catalogue.forget_changes().await
    }

    /// Takes in circles that are new.
    async fn take_in(&mut self) -> Result<(), Closed> {
        let is_new = |followed: &&Followed| !followed.is_current;
        let onlooker = |followed: &Followed| followed.onlooker.clone();
        let new: Vec<Onlooker> =
            self.followed.borrow_and_update().values().filter(is_new).map(onlooker).collect();
        for onlooker in new {
            let whose = onlooker.member();
            self.viewers.insert(whose, onlooker.viewer().await?);
            self.circles.send_modify(|circles| {
                if let Some(followed) = circles.get_mut(&whose) {
                    followed.is_current = true;
                }
            });
        }
        Ok(())
    }

    /// Forgets circles in which nobody has followed for long: whoever comes later cannot know what happened meanwhile.
    fn forget_deserted(&mut self) {
        let Self { circles, viewers, linger, .. } = self;
        circles.send_if_modified(|circles| {
            let before = circles.len();
            circles.retain(|whose, followed| {
                if followed.followers > 0 {
                    followed.left = None;
                    return true;
                }
                let stays = followed.left.get_or_insert_with(Instant::now).elapsed() < *linger;
                if !stays {
                    viewers.remove(whose);
                }
                stays
            });
            circles.len() < before
        });
    }

    async fn look(&mut self) -> Result<(), Closed> {
        let changes = self.catalogue.changes().await?;
        let moves = self.present.follow(&changes.peers);
        // After the catalogue was asked: members know every audience that it knows.
        let now = self.viewers_now().await?;
        let circles: Vec<(Whose, Circle)> = {
            let circles = self.followed.borrow();
            circles.iter().map(|(whose, followed)| (*whose, followed.circle.clone())).collect()
        };
        for (whose, circle) in circles {
            let Some(before) = self.viewers.get_mut(&whose) else { continue };
            let now = now.get(&whose).unwrap_or(before).clone();
            let before = std::mem::replace(before, now.clone());
            self.tell(&circle, &changes, &moves, (&before, &now)).await?;
        }
        Ok(())
    }

    /// What members who follow see now, where it may be something else than they were told.
    async fn viewers_now(&mut self) -> Result<BTreeMap<Whose, Viewer>, Closed> {
        let Some(members) = &self.members else { return Ok(BTreeMap::new()) };
        let numbers: Vec<u32> = self.viewers.keys().copied().flatten().collect();
        let Some((sight, viewers)) = members.viewers_since(self.sight, numbers).await? else {
            return Ok(BTreeMap::new());
        };
        self.sight = sight;
        Ok(viewers.into_iter().map(|(member, viewer)| (Some(member), viewer)).collect())
    }

    /// Tells those of a circle, who saw as `before` and see as `now`, what has changed for them.
    async fn tell(
        &self,
        circle: &Circle,
        changes: &Changes,
        moves: &[Move],
        (before, now): (&Viewer, &Viewer),
    ) -> Result<(), Closed> {
        let sees_all = now.is_all();
        let items = changes.seen_by(before, now);
        let anew = changes.tells_apart(before, now);
        let happened = Happened::of(moves, &items);
        let mut wanted = circle.apply(&items, &changes.peers, sees_all, anew);
        if !sees_all && !anew {
            happened.want(&mut wanted);
        }
        let found = self.catalogue.look_up(now.clone(), &wanted).await?;
        circle.apply_found(&wanted, &found);
        match anew {
            true => circle.events.begin_anew(rand::random()),
            false => circle.events.tell_all(happened.left_out, &happened.tell(sees_all, &found)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
