//! What to do so that the peers that run are those of a new configuration.

use std::path::{Path, PathBuf};

use peerpool_api::{OpenDoor, TrackerUrl};

use crate::args::PeerOptions;

/// One thing to do, about the peer of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// It is not wanted any more.
    End(PathBuf),
    /// It is called otherwise; `None` for the machine's name.
    Rename(PathBuf, Option<String>),
    /// It belongs to another pool; `None` for the one of this network.
    Join(PathBuf, Option<TrackerUrl>),
    /// It lets browsers in elsewhere, or nowhere.
    LetIn(PathBuf, Option<OpenDoor>),
    /// This setting of it takes effect at the next start.
    Restart(PathBuf, &'static str),
    /// It is new.
    Start(PeerOptions),
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
    let at = || repository.to_owned();
    let restart = (now.listen != wished.listen).then(|| Step::Restart(at(), "listen"));
    let rename = (now.name != wished.name).then(|| Step::Rename(at(), wished.name));
    let join = (now.tracker != wished.tracker).then(|| Step::Join(at(), wished.tracker));
    let let_in = (now.web != wished.web).then(|| Step::LetIn(at(), wished.web));
    [rename, join, let_in, restart].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, option, prelude::*, sample::select};

    use super::*;

    fn peers() -> impl Strategy<Value = Vec<PeerOptions>> {
        let name = option::of(select(vec!["one".to_owned(), "other".to_owned()]));
        let tracker = option::of(select(vec!["a:1".to_owned(), "b:2".to_owned()]));
        let web = option::of(any::<bool>().prop_map(|anywhere| OpenDoor { listen: None, anywhere }));
        btree_map(select(vec!["/a", "/b", "/c", "/d"]), (name, tracker, web), 0..4).prop_map(|peers| {
            let peer = |(path, (name, tracker, web)): (&str, (_, Option<String>, _))| PeerOptions {
                repository: Some(path.into()),
                tracker: tracker.map(|text| text.parse().unwrap()),
                listen: None,
                name,
                web,
            };
            peers.into_iter().map(peer).collect()
        })
    }

    fn perform(peers: &mut Vec<PeerOptions>, step: Step) {
        let find = |peers: &[PeerOptions], path: &Path| {
            peers.iter().position(|peer| peer.repository.as_deref() == Some(path)).unwrap()
        };
        match step {
            Step::End(path) => drop(peers.remove(find(peers, &path))),
            Step::LetIn(path, web) => {
                let number = find(peers, &path);
                peers[number].web = web;
            }
            Step::Rename(path, name) => {
                let number = find(peers, &path);
                peers[number].name = name;
            }
            Step::Join(path, tracker) => {
                let number = find(peers, &path);
                peers[number].tracker = tracker;
            }
            Step::Start(peer) => peers.push(peer),
            Step::Restart(..) => panic!("nobody listens elsewhere"),
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
        assert_eq!(steps, [Step::Restart("/a".into(), "listen")]);
    }
}
