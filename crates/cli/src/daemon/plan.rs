//! What to do so that the peers that run are those of a new configuration.

use std::path::{Path, PathBuf};

use peerpool_api::{Limits, OpenDoor, Trackers};

use crate::args::PeerOptions;

/// One thing to do, about the peer of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// It is not wanted any more.
    End(PathBuf),
    /// It is told something else than before.
    Change(PathBuf, Change),
    /// It is new.
    Start(PeerOptions),
}

/// What a peer is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// How it is called; `None` for the machine's name.
    Name(Option<String>),
    /// Which pool it belongs to; `None` for the one of this network.
    Tracker(Option<Trackers>),
    /// Where it lets browsers in, if anywhere.
    Web(Option<OpenDoor>),
    /// How fast its payload may go; `None` for as `peerpool limit` has it.
    Limits(Option<Limits>),
    /// Where it listens, from its next start on.
    Listen,
}

impl Change {
    /// The setting's key.
    pub(super) fn key(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
            Self::Tracker(_) => "tracker",
            Self::Web(_) => "web",
            Self::Limits(_) => "limits",
            Self::Listen => "listen",
        }
    }
}

/// The steps from one set of peers to another, in order. Every one of them has a repository.
pub(super) fn between(now: &[PeerOptions], wanted: &[PeerOptions]) -> Vec<Step> {
    let find = |all: &[PeerOptions], repository: &Path| {
        all.iter().find(|one| one.repository.as_deref() == Some(repository)).cloned()
    };
    let (mut steps, mut starts) = (Vec::new(), Vec::new());
    for one in now {
        let Some(repository) = one.repository.clone() else { continue };
        match find(wanted, &repository) {
            None => steps.push(Step::End(repository)),
            Some(wished) => steps.extend(changes(&repository, one, wished)),
        }
    }
    for wished in wanted {
        if wished.repository.as_deref().is_some_and(|repository| find(now, repository).is_none()) {
            starts.push(Step::Start(wished.clone()));
        }
    }
    // Whoever ends may hold a port that a new one wants.
    steps.sort_by_key(|step| !matches!(step, Step::End(_)));
    steps.extend(starts);
    steps
}

fn changes(repository: &Path, now: &PeerOptions, wished: PeerOptions) -> impl Iterator<Item = Step> {
    let changes = [
        (now.name != wished.name).then_some(Change::Name(wished.name)),
        (now.tracker != wished.tracker).then_some(Change::Tracker(wished.tracker)),
        (now.web != wished.web).then_some(Change::Web(wished.web)),
        (now.limits != wished.limits).then_some(Change::Limits(wished.limits)),
        (now.listen != wished.listen).then_some(Change::Listen),
    ];
    changes.into_iter().flatten().map(|change| Step::Change(repository.to_owned(), change))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, option, prelude::*, sample::select};

    use super::*;

    fn peers() -> impl Strategy<Value = Vec<PeerOptions>> {
        let name = option::of(select(vec!["one".to_owned(), "other".to_owned()]));
        let tracker = option::of(select(vec!["a:1".to_owned(), "b:2".to_owned()]));
        let web = option::of(any::<bool>().prop_map(|anywhere| OpenDoor { listen: None, anywhere }));
        let limits = option::of(Just(Limits::default()));
        btree_map(select(vec!["/a", "/b", "/c", "/d"]), (name, tracker, web, limits), 0..4).prop_map(
            |peers| {
                let peer =
                    |(path, (name, tracker, web, limits)): (&str, (_, Option<String>, _, _))| PeerOptions {
                        repository: Some(path.into()),
                        tracker: tracker.map(|text| text.parse().unwrap()),
                        listen: None,
                        name,
                        web,
                        limits,
                    };
                peers.into_iter().map(peer).collect()
            },
        )
    }

    fn perform(peers: &mut Vec<PeerOptions>, step: Step) {
        let find = |peers: &[PeerOptions], path: &Path| {
            peers.iter().position(|peer| peer.repository.as_deref() == Some(path)).unwrap()
        };
        match step {
            Step::End(path) => drop(peers.remove(find(peers, &path))),
            Step::Start(peer) => peers.push(peer),
            Step::Change(path, change) => {
                let number = find(peers, &path);
                let peer = &mut peers[number];
                match change {
                    Change::Name(name) => peer.name = name,
                    Change::Tracker(tracker) => peer.tracker = tracker,
                    Change::Web(web) => peer.web = web,
                    Change::Limits(limits) => peer.limits = limits,
                    Change::Listen => panic!("nobody listens elsewhere"),
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_steps_lead_to_what_is_wanted(now in peers(), wanted in peers()) {
            let steps = between(&now, &wanted);
            if now == wanted {
                prop_assert_eq!(&steps, &[]);
            }
            let mut peers = now;
            for step in steps {
                perform(&mut peers, step);
            }
            peers.sort_by(|one, other| one.repository.cmp(&other.repository));
            prop_assert_eq!(peers.iter().map(shown).collect::<Vec<_>>(), wanted.iter().map(shown).collect::<Vec<_>>());
        }
    }

    fn shown(peer: &PeerOptions) -> String {
        format!("{peer:?}")
    }

    #[test]
    fn another_port_waits_for_the_next_start() {
        let peer = |listen: &str| PeerOptions {
            repository: Some("/a".into()),
            listen: listen.parse().ok(),
            ..PeerOptions::default()
        };
        let steps = between(&[peer("0.0.0.0:1")], &[peer("0.0.0.0:2")]);
        assert_eq!(steps, [Step::Change("/a".into(), Change::Listen)]);
    }
}
