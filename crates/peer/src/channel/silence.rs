//! When a node that says nothing is asked for a sign of life, and when it is given up for another one.
//!
//! Without I/O: time is told.

use std::time::Duration;

use tokio::time::Instant;

/// How long a node may be silent.
struct Measure {
    /// Before it is pinged, and between pings.
    ping: Duration,
    /// Before it is given up.
    give_up: Duration,
}

/// While something is waited for.
const WAITING: Measure = Measure { ping: Duration::from_secs(1), give_up: Duration::from_secs(3) };
/// While nothing is.
const IDLE: Measure = Measure { ping: Duration::from_secs(5), give_up: Duration::from_secs(15) };

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Ping,
    /// It has been silent for so long.
    GiveUp {
        after: Duration,
    },
}

/// The silence of one node.
#[derive(Debug)]
pub(super) struct Silence {
    heard: Instant,
    pinged: Instant,
    /// Since when something is waited for.
    waiting: Option<Instant>,
}

impl Silence {
    pub(super) fn new(now: Instant) -> Self {
        Self { heard: now, pinged: now, waiting: None }
    }

    /// Something was heard then, or later already.
    pub(super) fn end(&mut self, heard: Instant) {
        self.heard = self.heard.max(heard);
    }

    /// Whether something is waited for now.
    pub(super) fn wait(&mut self, now: Instant, waits: bool) {
        match waits {
            true => _ = self.waiting.get_or_insert(now),
            false => self.waiting = None,
        }
    }

    /// When to check it.
    pub(super) fn next(&self) -> Instant {
        let measure = if self.waiting.is_some() { WAITING } else { IDLE };
        self.since().max(self.pinged) + measure.ping
    }

    /// What is due now; a ping is taken as sent. While the way there is `busy`, answers to pings are late, and the node may
    /// be silent for as long as one that nobody waits for.
    pub(super) fn check(&mut self, now: Instant, busy: bool) -> Due {
        let (since, after) = match self.waiting {
            Some(_) if !busy => (self.since(), WAITING.give_up),
            _ => (self.heard, IDLE.give_up),
        };
        if now >= since + after {
            return Due::GiveUp { after };
        }
        if now < self.next() {
            return Due::Nothing;
        }
        self.pinged = now;
        Due::Ping
    }

    /// Whoever begins to wait has not waited yet.
    fn since(&self) -> Instant {
        self.heard.max(self.waiting.unwrap_or(self.heard))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is due of a node that says nothing, with the second since the beginning.
    fn until_given_up(silence: &mut Silence, begin: Instant, busy: bool) -> (Vec<u64>, u64) {
        let mut pings = Vec::new();
        loop {
            let now = silence.next();
            match silence.check(now, busy) {
                Due::Ping => pings.push((now - begin).as_secs()),
                Due::GiveUp { .. } => return (pings, (now - begin).as_secs()),
                Due::Nothing => panic!("nothing is due when something was to be"),
            }
        }
    }

    #[test]
    fn a_node_that_nobody_waits_for_is_given_up_after_15_seconds() {
        let begin = Instant::now();
        let mut silence = Silence::new(begin);
        assert_eq!(until_given_up(&mut silence, begin, false), (vec![5, 10], 15));
    }

    #[test]
    fn a_node_that_owes_an_answer_is_pinged_each_second_and_given_up_after_three() {
        let begin = Instant::now();
        let mut silence = Silence::new(begin);
        let asked = begin + Duration::from_secs(12);
        silence.wait(asked, true);
        assert_eq!(silence.check(asked, false), Due::Nothing, "it had no time to answer");
        assert_eq!(until_given_up(&mut silence, asked, false), (vec![1, 2], 3));
    }

    #[test]
    fn a_node_that_answers_pings_is_waited_for() {
        let mut now = Instant::now();
        let mut silence = Silence::new(now);
        for _ in 0..100 {
            silence.wait(now, true);
            now = silence.next();
            assert_eq!(silence.check(now, false), Due::Ping);
            silence.end(now);
        }
    }

    #[test]
    fn a_node_is_idle_again_once_it_has_answered() {
        let begin = Instant::now();
        let mut silence = Silence::new(begin);
        silence.wait(begin, true);
        let answered = begin + Duration::from_secs(2);
        silence.end(answered);
        silence.wait(answered, false);
        assert_eq!(until_given_up(&mut silence, answered, false).1, 15);
    }

    #[test]
    fn a_node_at_the_end_of_a_busy_line_has_more_time() {
        let begin = Instant::now();
        let mut silence = Silence::new(begin);
        silence.wait(begin, true);
        assert_eq!(until_given_up(&mut silence, begin, true), ((1..15).collect(), 15));
    }
}
