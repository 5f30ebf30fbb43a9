//! When a tracker looks whether another one has changed the members that both keep.

use std::time::Duration;

use peerpool_wire::time::Time;

/// How often, though nobody says that something has changed.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How soon again, when it could not be seen.
pub const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long a tracker that cannot look makes passes.
pub const SIGNS: Duration = Duration::from_secs(30);
/// How long a tracker that has heard of a change lets devices in without having seen it.
pub const UNSEEN: Duration = Duration::from_secs(5);
/// How long it does when it has heard of none, and cannot look.
pub const UNSURE: Duration = Duration::from_secs(600);
/// What is taken away voids passes that are made within this time after it: by trackers that have not seen it, and by clocks
/// that are apart by a little. Less than peers allow for their own clocks ([`LEEWAY`](crate::LEEWAY)).
pub const OTHERS_BEHIND: Duration = Duration::from_secs(SIGNS.as_secs() + 3);

/// What a tracker knows of whether it knows all.
#[derive(Debug, Clone)]
pub struct Lookout {
    next: Time,
    /// When it last saw how members stand.
    seen: Time,
    /// When it first heard of a change that it has not seen.
    heard: Option<Time>,
}

impl Lookout {
    /// It has just seen how they stand.
    pub fn new(now: Time) -> Self {
        Self { next: now + LOOK_EVERY, seen: now, heard: None }
    }

    /// Another tracker says that it has changed something.
    pub fn hear(&mut self, now: Time) {
        self.heard.get_or_insert(now);
        self.next = now;
    }

    /// It has looked, and what it knows is what was kept at that moment.
    pub fn see(&mut self, now: Time) {
        *self = Self::new(now);
    }

    /// It has looked in vain.
    pub fn fail(&mut self, now: Time) {
        self.next = now + LOOK_AGAIN;
    }

    /// When to look next.
    pub fn next_timeout(&self) -> Time {
        self.next
    }

    /// Whether it may make passes: what it says in them may have been taken away since, and only just.
    pub fn may_sign(&self, now: Time) -> bool {
        self.heard.is_none() && now < self.seen + SIGNS
    }

    /// Whether it may let in whom it knows: somebody else may have shut them out.
    pub fn lets_in(&self, now: Time) -> bool {
        self.heard.is_none_or(|heard| now < heard + UNSEEN) && now < self.seen + UNSURE
    }
}
