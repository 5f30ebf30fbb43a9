//! The task that owns the members, and the handle by which other tasks reach it.

use std::{sync::Arc, time::Duration};

use peerpool_access::MemberId;
use peerpool_access::{
    Members, Moment,
    key::PublicKey,
    members::{Actor, Command, Effects},
};
use peerpool_api::Changed;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{desk::Desk, error::MembersError, keys::TrackerKeys};
use crate::{catalogue_task::Closed, store::StoreHandle};

/// Work that waits for the task.
const INBOX: usize = 1024;
/// The longest that the task sleeps: clocks are set.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Decides on a change; nothing has changed when it fails.
type Decide = Box<dyn FnOnce(&mut Members, Moment) -> Result<Effects, MembersError> + Send>;

enum Work {
    Ask(Box<dyn FnOnce(&mut Desk) + Send>),
    Change { decide: Decide, answer: oneshot::Sender<Result<Changed, MembersError>> },
}

/// Reaches the members from any task.
#[derive(Clone)]
pub(crate) struct MembersHandle {
    work: mpsc::Sender<Work>,
    /// The pool's keys.
    pub(crate) keys: Arc<TrackerKeys>,
}

impl MembersHandle {
    /// Starts the task. It ends when `shutdown` is cancelled.
    pub(crate) fn start(
        members: Members,
        keys: Arc<TrackerKeys>,
        store: StoreHandle,
        shutdown: CancellationToken,
    ) -> Self {
        let (work, inbox) = mpsc::channel(INBOX);
        let task = MembersTask { desk: Desk::new(members), store };
        tokio::spawn(shutdown.run_until_cancelled_owned(task.run(inbox)));
        Self { work, keys }
    }

    /// Has the task answer a question.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Desk) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (answer, answered) = oneshot::channel();
        let ask = move |desk: &mut Desk| {
            // Whoever asked may have left.
            let _ = answer.send(question(desk));
        };
        self.work.send(Work::Ask(Box::new(ask))).await.map_err(|_| Closed)?;
        answered.await.map_err(|_| Closed)
    }

    /// Has something changed, and returns when it is kept.
    pub(crate) async fn change(
        &self,
        decide: impl FnOnce(&mut Members, Moment) -> Result<Effects, MembersError> + Send + 'static,
    ) -> Result<Result<Changed, MembersError>, Closed> {
        let (answer, answered) = oneshot::channel();
        self.work.send(Work::Change { decide: Box::new(decide), answer }).await.map_err(|_| Closed)?;
        answered.await.map_err(|_| Closed)
    }

    /// Does what the member with this key commands: all of it, or nothing.
    pub(crate) async fn command(
        &self,
        key: PublicKey,
        commands: impl FnOnce(&Members, MemberId, Moment) -> Result<Vec<Command>, MembersError> + Send + 'static,
    ) -> Result<Result<Changed, MembersError>, Closed> {
        self.change(move |members, now| {
            let (member, _) = members.active(key).ok_or(MembersError::NotAMember)?;
            let commands = commands(members, member, now)?;
            commands.into_iter().try_fold(Effects::default(), |effects, command| {
                Ok(effects.and(members.handle(now, Actor::Member(member), command)?))
            })
        })
        .await
    }
}

struct MembersTask {
    desk: Desk,
    store: StoreHandle,
}

impl MembersTask {
    async fn run(mut self, mut inbox: mpsc::Receiver<Work>) {
        loop {
            let now = self.desk.now();
            let due = self.desk.members.next_timeout().map_or(LONGEST_SLEEP, |due| due.since(now));
            tokio::select! {
                work = inbox.recv() => match work {
                    Some(work) => self.handle(work).await,
                    None => return,
                },
                () = tokio::time::sleep(due.min(LONGEST_SLEEP)) => {
                    if let Err(error) = self.change(|members, now| Ok(members.handle_timeout(now))).await {
                        tracing::error!(%error, "what was to end of members goes on for now");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
        }
    }

    async fn handle(&mut self, work: Work) {
        match work {
            Work::Ask(question) => question(&mut self.desk),
            Work::Change { decide, answer } => {
                // Whoever asked may have left.
                let _ = answer.send(self.change(decide).await);
            }
        }
    }

    /// What is told was kept before; what could not be kept has not happened.
    async fn change(
        &mut self,
        decide: impl FnOnce(&mut Members, Moment) -> Result<Effects, MembersError>,
    ) -> Result<Changed, MembersError> {
        let before = self.desk.members.clone();
        let now = self.desk.now();
        let decided = decide(&mut self.desk.members, now);
        let kept = match decided {
            Ok(effects) if effects.changes.is_empty() => Ok(effects),
            Ok(effects) => match self.store.keep_members(effects.changes.clone()).await {
                Ok(()) => Ok(effects),
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error),
        };
        match kept {
            Ok(effects) => {
                self.desk.spread(effects);
                Ok(Changed { epoch: self.desk.members.epoch(), ..Changed::default() })
            }
            Err(error) => {
                self.desk.members = before;
                Err(error)
            }
        }
    }
}
