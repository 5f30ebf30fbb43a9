//! Who may see which items: what somebody may not see does not exist for them, in any answer.

use std::{collections::BTreeMap, sync::Arc};

use crate::input::SessionId;

/// The number of an audience: of those who may see an item. Whoever drives the catalogue gives the numbers out, and never
/// one of them twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Audience(pub u32);

impl Audience {
    /// That of an item of which nobody has said who may see it: all in an open pool, and nobody in one for members.
    pub const UNSAID: Self = Self(u32::MAX);
}

impl Default for Audience {
    fn default() -> Self {
        Self::UNSAID
    }
}

/// Whose eyes an answer is for. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Viewer {
    /// Sees every item, as everybody does in an open pool.
    #[default]
    All,
    /// Sees the items of these audiences: one bit each, in the order of their numbers.
    Of(Arc<[u64]>),
}

impl Viewer {
    /// Who sees the items of these audiences.
    pub fn of(audiences: impl IntoIterator<Item = Audience>) -> Self {
        let mut words = Vec::new();
        for Audience(number) in audiences.into_iter().filter(|&audience| audience != Audience::UNSAID) {
            let at = number as usize / 64;
            if at >= words.len() {
                words.resize(at + 1, 0);
            }
            words[at] |= 1 << (number % 64);
        }
        Self::Of(words.into())
    }

    /// Who sees no item.
    pub fn nobody() -> Self {
        Self::of([])
    }

    /// Whether it sees everything.
    pub fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// Whether it sees the items of an audience.
    pub fn sees(&self, Audience(number): Audience) -> bool {
        match self {
            Self::All => true,
            Self::Of(words) => {
                words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
            }
        }
    }
}

/// Whose eyes an answer is for, and its session, if it has one, which sees what it has itself registered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sight {
    pub(crate) viewer: Viewer,
    pub(crate) session: Option<SessionId>,
}

impl Sight {
    /// That of somebody without a session.
    pub(crate) fn of(viewer: &Viewer) -> Self {
        Self { viewer: viewer.clone(), session: None }
    }
}

/// How much there is of something in each audience, as far as the audiences are said: what somebody sees of it is a sum of a
/// few numbers.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<Audience, usize>);

impl Tally {
    pub(crate) fn add(&mut self, audience: Audience, count: usize) {
        if audience != Audience::UNSAID {
            *self.0.entry(audience).or_default() += count;
        }
    }

    pub(crate) fn remove(&mut self, audience: Audience, count: usize) {
        if let Some(left) = self.0.get_mut(&audience) {
            *left = left.saturating_sub(count);
            if *left == 0 {
                self.0.remove(&audience);
            }
        }
    }

    /// The audiences that have something of it, in their order.
    pub(crate) fn audiences(&self) -> impl Iterator<Item = Audience> + '_ {
        self.0.keys().copied()
    }

    /// How much of it the viewer sees.
    pub(crate) fn seen_by(&self, viewer: &Viewer) -> usize {
        self.0.iter().filter(|(audience, _)| viewer.sees(**audience)).map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_sees_its_audiences_and_no_others() {
        let viewer = Viewer::of([Audience(0), Audience(130)]);
        let seen: Vec<u32> = (0..200).filter(|&number| viewer.sees(Audience(number))).collect();
        assert_eq!(seen, [0, 130]);
        assert!(!viewer.sees(Audience::UNSAID) && !Viewer::of([Audience::UNSAID]).sees(Audience::UNSAID));
        assert!(Viewer::All.sees(Audience::UNSAID) && !Viewer::nobody().sees(Audience(0)));
        assert_eq!(Viewer::of([Audience(130), Audience(0)]), viewer);
    }

    #[test]
    fn a_tally_tells_what_a_viewer_sees_of_it() {
        let mut tally = Tally::default();
        for (audience, count) in [(Audience(1), 2), (Audience(2), 3), (Audience::UNSAID, 9)] {
            tally.add(audience, count);
        }
        tally.remove(Audience(2), 1);
        assert_eq!(tally.seen_by(&Viewer::of([Audience(1), Audience(2)])), 4);
        assert_eq!(tally.seen_by(&Viewer::of([Audience(2)])), 2);
    }
}
