//! What the owner of a peer ought to know of, for `status`, the log and whoever watches.

use std::collections::{BTreeMap, BTreeSet};

use peerpool_api::{self as api, Problem, ProblemCode};
use peerpool_repository::refresh::{self, Cause};
use peerpool_wire::id::InfoHash;

use super::Node;
use crate::budget::Handles;

/// Problems that are kept; further ones are counted.
const MAX_KEPT: usize = 1000;

/// What found a problem, and so finds out that it is over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// A look at this name in the repository.
    Name(String),
    /// The tracker, which does not list this item.
    Tracker(InfoHash),
    /// A part of the peer that tells its own problems, all at once.
    Part(&'static str),
}

/// The problems as they stand.
#[derive(Debug, Default)]
pub(super) struct Problems {
    known: BTreeMap<Origin, Vec<Problem>>,
    /// What the log has already: a look at the repository finds most problems again.
    logged: BTreeSet<(Option<String>, String)>,
    kept: usize,
    left_out: usize,
}

impl Problems {
    /// Adds a problem; false when it is known, or too many are.
    fn add(&mut self, origin: Origin, problem: Problem) -> bool {
        let known = self.known.entry(origin).or_default();
        if known.contains(&problem) {
            return false;
        }
        if self.kept == MAX_KEPT {
            self.left_out += 1;
            return false;
        }
        self.kept += 1;
        let key = (problem.path.clone(), problem.message.clone());
        if self.logged.len() < MAX_KEPT && self.logged.insert(key) {
            tracing::warn!("{problem}");
        }
        known.push(problem);
        true
    }

    fn forget(&mut self, over: impl Fn(&Origin) -> bool) {
        self.known.retain(|origin, _| !over(origin));
        self.kept = self.known.values().map(Vec::len).sum();
        if self.kept == 0 {
            self.left_out = 0;
        }
    }

    fn of(&self, origin: &Origin) -> &[Problem] {
        self.known.get(origin).map_or(&[], Vec::as_slice)
    }

    fn all(&self) -> Vec<Problem> {
        let more = (self.left_out > 0).then(|| Problem {
            code: ProblemCode::Other,
            path: None,
            message: format!("{} further problems are not listed: mend some of these first", self.left_out),
        });
        self.known.values().flatten().cloned().chain(more).collect()
    }
}

impl Node {
    /// Tells of a problem: it is listed until what found it says that it is over.
    pub(crate) fn report_problem(&mut self, origin: Origin, problem: Problem) {
        if self.problems.add(origin, problem.clone()) {
            self.emit(api::Event::Problem { problem });
        }
    }

    /// What these found is over, or is about to be told anew.
    pub(crate) fn forget_problems(&mut self, over: impl Fn(&Origin) -> bool) {
        self.problems.forget(over);
    }

    /// All of them.
    pub(crate) fn view_problems(&self) -> Vec<Problem> {
        self.problems.all()
    }

    /// What was said of a name that cannot be shared.
    pub(crate) fn view_problem(&self, name: &str) -> Option<Problem> {
        let mut told = self.problems.of(&Origin::Name(name.to_owned())).iter();
        told.find(|problem| problem.code == ProblemCode::NotShared).cloned()
    }

    /// A peer that may open few files tells so at its start.
    pub(crate) fn note_handles(&mut self, handles: Handles) {
        if handles.are_few() {
            let message = format!(
                "the process may open so few files that it keeps at most {} connections: raise the limit \
                 (`ulimit -n`) and start it again",
                handles.connections
            );
            let problem = Problem { code: ProblemCode::Limit, path: None, message };
            self.report_problem(Origin::Part("handles"), problem);
        }
    }

    /// The record of downloads is damaged.
    pub(crate) fn report_damaged_journal(&mut self, damage: &str) {
        let problem = Problem {
            code: ProblemCode::Repository,
            path: None,
            message: format!("{damage}; downloads go on under the names of their items, none of them rests"),
        };
        self.report_problem(Origin::Part("journal"), problem);
    }

    /// Something in the repository is not shared as it is.
    pub(super) fn add_problem(&mut self, problem: &refresh::Problem) {
        self.add_problem_of(Origin::Name(problem.item.clone()), problem);
    }

    /// The same, found by something else than a look at its name.
    pub(super) fn add_problem_of(&mut self, origin: Origin, problem: &refresh::Problem) {
        let whole = problem.path.as_os_str() == problem.item.as_str();
        let code = match &problem.cause {
            Cause::Unwatched(_) => ProblemCode::NotWatched,
            Cause::State(_) | Cause::TorrentLost => ProblemCode::Repository,
            Cause::Renamed(_) => ProblemCode::Renamed,
            Cause::MoreLeftOut(_) => ProblemCode::LeftOut,
            cause if whole || cause.withholds_item() => ProblemCode::NotShared,
            _ => ProblemCode::LeftOut,
        };
        let view = Problem {
            code,
            path: Some(problem.path.to_string_lossy().into_owned()),
            message: problem.cause.to_string(),
        };
        self.report_problem(origin, view);
    }

    /// A look at the repository begins: it tells anew what it finds.
    pub(super) fn forget_problems_of(&mut self, scope: &refresh::Scope) {
        self.forget_problems(|origin| match (origin, scope) {
            (Origin::Name(_), refresh::Scope::Everything) => true,
            (Origin::Name(name), refresh::Scope::Names(names)) => names.contains(name),
            _ => false,
        });
    }
}
