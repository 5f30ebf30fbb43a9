//! One client that follows, as a state machine.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use peerpool_api::{ApiError, Code, LiveRequest};
use peerpool_wire::time::Time;
use serde_json::{Map, Value};

use super::{
    message::{Event, Message, WindowId},
    ring::{Cursor, Lost},
    source::{Answer, Ask},
    window::Window,
};

/// Between two looks at the windows that are shown.
pub const PACE: Duration = Duration::from_millis(250);
/// Between two snapshots, which a client asks for by moving and sorting.
pub const SNAPSHOT_PACE: Duration = Duration::from_millis(50);
/// How long a look waits for a source that is slow; its rows come later, by themselves.
pub const PATIENCE: Duration = Duration::from_millis(100);
/// How long a window rests whose rows cannot be had.
pub const REST: Duration = Duration::from_secs(2);
/// Windows of one connection.
pub const MAX_WINDOWS: usize = 16;
/// Rows of one window.
pub const MAX_COUNT: u32 = 200;
/// Rows of all windows of one connection.
pub const MAX_ROWS: u32 = 1000;
/// Events that are sent at once.
pub const MAX_BATCH: usize = 256;

/// What the driver does for a connection.
#[derive(Debug, Clone)]
pub enum Output {
    /// Open a view for a window, in place of the window's former one. If there is no such view, or the query is wrong,
    /// [`Connection::handle_refused`] is told.
    Open {
        /// The window.
        id: WindowId,
        /// The name of the view.
        view: String,
        /// What it is to show.
        query: Map<String, Value>,
    },
    /// The window is closed, and what was asked for it is void.
    Close(WindowId),
    /// Ask the window's view, in place of what was asked for the window before; the answer goes to
    /// [`Connection::handle_answer`].
    Ask {
        /// The window.
        id: WindowId,
        /// The question's number, to be given back with the answer.
        question: u64,
        /// What to ask.
        ask: Ask,
    },
    /// What was asked for the window is void.
    Withdraw(WindowId),
    /// Look what happened after there, or where events stand now; the answer goes to [`Connection::handle_events`] at once.
    AskEvents(Option<Cursor>),
    /// Send this.
    Send(Message),
}

/// Which events a client follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Following {
    Nothing,
    /// Everything from now on; where that is was asked.
    FromNow,
    After(Cursor),
}

/// What one client follows, and what it was told. See [the module](super) for how it is driven.
#[derive(Debug)]
pub struct Connection {
    windows: BTreeMap<WindowId, Window>,
    following: Following,
    visible: bool,
    /// The number of the last message of a view, and of the last one that the client has drawn.
    sent: u64,
    acked: u64,
    /// How many questions were asked.
    questions: u64,
    /// When what is shown was looked at, and when a snapshot was asked for.
    looked: Option<Time>,
    snapped: Option<Time>,
    /// Until when a look waits for answers that are still to come.
    patience: Option<Time>,
    outbox: VecDeque<Output>,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            windows: BTreeMap::new(),
            following: Following::Nothing,
            visible: true,
            sent: 0,
            acked: 0,
            questions: 0,
            looked: None,
            snapped: None,
            patience: None,
            outbox: VecDeque::new(),
        }
    }
}

impl Connection {
    /// The client said something.
    pub fn handle_request(&mut self, now: Time, request: LiveRequest) {
        match request {
            // Whoever admits the client has seen it.
            LiveRequest::Hello { .. } => {}
            LiveRequest::Subscribe { id, view, query, from, count } => {
                self.subscribe(id, view, query, from, count);
            }
            LiveRequest::Move { id, from, count } => match self.check_rows(id, count) {
                Ok(()) => self.change(id, |window| window.move_to(from, count)),
                Err(problem) => self.refuse(Some(id), problem),
            },
            LiveRequest::Sort { id } => self.change(id, Window::sort),
            LiveRequest::Unsubscribe { id } => {
                if self.windows.remove(&id).is_some() {
                    self.outbox.push_back(Output::Close(id));
                }
            }
            // Nobody has drawn what was not sent.
            LiveRequest::Ack { seq } => self.acked = self.acked.max(seq.min(self.sent)),
            LiveRequest::Visible { yes } => self.set_visible(yes),
            LiveRequest::Events { after } => self.follow(after.as_deref()),
        }
        self.proceed(now);
    }

    /// The client said what is no request.
    pub fn handle_nonsense(&mut self, why: impl Into<String>) {
        self.refuse(None, ApiError::new(Code::BadRequest, why));
    }

    /// The view of a window could not be opened.
    pub fn handle_refused(&mut self, id: WindowId, problem: ApiError) {
        if self.windows.remove(&id).is_some() {
            self.refuse(Some(id), problem);
        }
    }

    /// An answer to [`Output::Ask`]. One that is void is not taken.
    pub fn handle_answer(
        &mut self,
        now: Time,
        id: WindowId,
        question: u64,
        answer: Result<Answer, ApiError>,
    ) {
        let window = self.windows.get_mut(&id).filter(|window| window.waits_for(question));
        let Some(window) = window else { return };
        match answer {
            Ok(answer) => window.handle_answer(answer),
            Err(problem) => {
                if window.handle_failure(now + REST) {
                    self.refuse(Some(id), problem);
                }
            }
        }
        self.proceed(now);
    }

    /// An answer to [`Output::AskEvents`]: at most [`MAX_BATCH`] events, and where to go on.
    pub fn handle_events(&mut self, events: Result<(Cursor, Vec<Event>), Lost>) {
        match events {
            _ if self.following == Following::Nothing => {}
            Ok((cursor, list)) => {
                self.following = Following::After(cursor);
                if !list.is_empty() {
                    self.send(Message::Events { cursor, list });
                }
            }
            Err(lost) => self.reset(lost.to_string()),
        }
    }

    /// It is [`Connection::next_timeout`].
    pub fn handle_timeout(&mut self, now: Time) {
        self.proceed(now);
    }

    /// When [`Connection::handle_timeout`] is due, if nothing comes before.
    pub fn next_timeout(&self) -> Option<Time> {
        if !self.may_send() {
            return None;
        }
        let follows = self.following != Following::Nothing;
        let looks = follows || self.windows.values().any(Window::is_shown);
        let look = looks.then(|| due(self.looked, PACE));
        let snapshots = self.windows.values().filter_map(Window::snapshot_due).min();
        let snapshot = snapshots.map(|at| at.max(due(self.snapped, SNAPSHOT_PACE)));
        let patience = self.patience.filter(|_| self.windows.values().any(Window::is_answered));
        [look, snapshot, patience].into_iter().flatten().min()
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    /// Bytes of what it remembers of its windows.
    pub fn bytes(&self) -> usize {
        self.windows.values().map(Window::bytes).sum()
    }

    fn subscribe(&mut self, id: WindowId, view: String, query: Map<String, Value>, from: u64, count: u32) {
        if !self.windows.contains_key(&id) && self.windows.len() == MAX_WINDOWS {
            let why = format!("more than {MAX_WINDOWS} subscriptions: end one first");
            return self.refuse(Some(id), ApiError::new(Code::BadRequest, why));
        }
        if let Err(problem) = self.check_rows(id, count) {
            return self.refuse(Some(id), problem);
        }
        self.windows.insert(id, Window::new(from, count));
        self.outbox.push_back(Output::Open { id, view, query });
    }

    fn check_rows(&self, id: WindowId, count: u32) -> Result<(), ApiError> {
        let others = self.windows.iter().filter(|(other, _)| **other != id);
        let all = others.map(|(_, window)| window.count()).sum::<u32>().saturating_add(count);
        if count <= MAX_COUNT && all <= MAX_ROWS {
            return Ok(());
        }
        let why = format!(
            "{count} rows: a subscription has at most {MAX_COUNT}, all of one connection at most {MAX_ROWS}"
        );
        Err(ApiError::new(Code::BadRequest, why))
    }

    /// Changes a window, for which whatever was asked is void then.
    fn change(&mut self, id: WindowId, change: impl FnOnce(&mut Window)) {
        let Some(window) = self.windows.get_mut(&id) else {
            let problem = ApiError::new(Code::NotFound, format!("no subscription {id}"));
            return self.refuse(Some(id), problem);
        };
        if window.is_open() {
            self.outbox.push_back(Output::Withdraw(id));
        }
        change(window);
    }

    fn set_visible(&mut self, visible: bool) {
        if std::mem::replace(&mut self.visible, visible) == visible {
            return;
        }
        // A hidden page draws nothing, so it need not say that it has; and what it shows is not kept for it.
        self.acked = self.sent;
        self.patience = None;
        for (&id, window) in &mut self.windows {
            if window.is_open() {
                self.outbox.push_back(Output::Withdraw(id));
            }
            window.begin_anew();
        }
    }

    fn follow(&mut self, after: Option<&str>) {
        match after.map(str::parse) {
            None => self.follow_from_now(),
            Some(Ok(cursor)) => self.following = Following::After(cursor),
            Some(Err(error)) => self.reset(error.to_string()),
        }
        // What came before is told at once.
        self.looked = None;
    }

    fn follow_from_now(&mut self) {
        self.following = Following::FromNow;
        self.outbox.push_back(Output::AskEvents(None));
    }

    fn reset(&mut self, why: String) {
        self.send(Message::Reset { why });
        self.follow_from_now();
    }

    fn refuse(&mut self, id: Option<WindowId>, problem: ApiError) {
        self.send(Message::Error { id, problem });
    }

    fn send(&mut self, message: Message) {
        self.outbox.push_back(Output::Send(message));
    }

    /// Nothing of views or events is sent to a client that does not see it, or has not drawn what was sent.
    fn may_send(&self) -> bool {
        self.visible && self.acked == self.sent
    }

    /// Tells what came in, and looks again when it is time.
    fn proceed(&mut self, now: Time) {
        let waits =
            self.windows.values().any(Window::is_open) && self.patience.is_some_and(|until| now < until);
        if self.may_send() && !waits {
            self.patience = None;
            self.tell(now);
        }
        if self.may_send() {
            self.look(now);
        }
    }

    /// Sends what was answered.
    fn tell(&mut self, now: Time) {
        for (&id, window) in &mut self.windows {
            if let Some(message) = window.message(now, id, self.sent + 1) {
                self.sent += 1;
                self.outbox.push_back(Output::Send(message));
            }
        }
    }

    /// Asks for the windows whose turn it is, and for events.
    fn look(&mut self, now: Time) {
        let shown = now >= due(self.looked, PACE);
        let snapshots = now >= due(self.snapped, SNAPSHOT_PACE);
        for (&id, window) in &mut self.windows {
            let is_snapshot = !window.is_shown();
            let turn = if is_snapshot { snapshots } else { shown };
            let question = self.questions;
            let Some(ask) = turn.then(|| window.ask(now, question)).flatten() else { continue };
            self.questions += 1;
            if is_snapshot {
                self.snapped = Some(now);
            }
            self.patience = Some(now + PATIENCE);
            self.outbox.push_back(Output::Ask { id, question, ask });
        }
        if shown {
            self.looked = Some(now);
            if let Following::After(cursor) = self.following {
                self.outbox.push_back(Output::AskEvents(Some(cursor)));
            }
        }
    }
}

/// When something that was done then is due again.
fn due(last: Option<Time>, pace: Duration) -> Time {
    last.map_or(Time::ZERO, |last| last + pace)
}
