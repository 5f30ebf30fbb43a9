//! What one connection was asked for, and how much more it may be asked for.

use std::{collections::VecDeque, time::Duration};

use peerpool_wire::{
    geometry::{BLOCK, Span},
    time::Time,
};

use crate::rate::{Rate, RoundTrip};

/// Most bytes outstanding on one connection.
const DEEPEST: u64 = 8 << 20;
/// Reaction time added to the round trip: how long the other side may be busy.
const SLACK: Duration = Duration::from_millis(30);
/// Most bytes outstanding for that reason: more would only wait for us.
const MAX_SLACK: f64 = (4 << 20) as f64;
/// One request carries what the link moves in this many milliseconds, and half of what is outstanding at most: the
/// longer, the more blocks are hashed at once, but what is asked for cannot be asked of somebody else.
const REQUEST_MILLIS: f64 = 16.0;

/// Up to this many sources are few.
pub(crate) const FEW: usize = 3;

/// One request without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) span: Span,
    pub(crate) at: Time,
    /// Given back to the picker because the answer is late; it is still welcome.
    pub(crate) given_up: bool,
}

/// The requests outstanding on a connection, and its measured rate and round trip.
#[derive(Debug, Default)]
pub(crate) struct Pipeline {
    asked: VecDeque<Asked>,
    bytes: u64,
    pub(crate) rate: Rate,
    pub(crate) round_trip: RoundTrip,
    last_answer: Option<Time>,
}

impl Pipeline {
    /// Bytes asked for and not here.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Number of requests without an answer.
    pub(crate) fn len(&self) -> usize {
        self.asked.len()
    }

    /// The requests, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Asked> {
        self.asked.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// How many bytes should be outstanding: what the link carries in a round trip and a little more. With few sources
    /// at least half a piece, and twice as much; with many a quarter is enough, and leaves more to be asked of whoever
    /// gets the piece next.
    pub(crate) fn depth(&mut self, now: Time, piece_length: u32, sources: usize) -> u64 {
        let trip = self.round_trip.get().unwrap_or_default();
        let few = sources <= FEW;
        let part = piece_length / BLOCK;
        let part = if few { (part / 2).clamp(2, 8) } else { (part / 4).clamp(1, 8) };
        let floor = u64::from(part + (trip.as_millis() / 25) as u32) * u64::from(BLOCK);
        let rate = self.rate.get(now);
        let slack = (rate * SLACK.as_secs_f64()).min(MAX_SLACK);
        let depth = floor.max((rate * trip.as_secs_f64() + slack) as u64);
        if few { (depth * 2).min(DEEPEST) } else { depth.min(DEEPEST) }
    }

    /// How many bytes one request may carry on this connection, where `most` were agreed on.
    pub(crate) fn request_length(&mut self, now: Time, most: u32, depth: u64) -> u32 {
        let quick = (self.rate.get(now) * REQUEST_MILLIS / 1000.0) as u64;
        let length = quick.min(depth / 2).min(u64::from(most)).max(u64::from(BLOCK));
        // Powers of two, so that the pieces of a request line up with those of others.
        1 << length.ilog2()
    }

    /// A request was sent.
    pub(crate) fn ask(&mut self, now: Time, span: Span) {
        if self.asked.is_empty() {
            self.last_answer = Some(now);
        }
        self.bytes += u64::from(span.length());
        self.asked.push_back(Asked { span, at: now, given_up: false });
    }

    /// Bytes arrived: the request they answer, if there is one.
    pub(crate) fn answer(&mut self, now: Time, span: Span) -> Option<Asked> {
        let asked = self.remove(span)?;
        self.rate.add(now, u64::from(span.length()));
        self.round_trip.measure(now, now.since(asked.at));
        self.last_answer = Some(now);
        Some(asked)
    }

    /// A request will not be answered.
    pub(crate) fn remove(&mut self, span: Span) -> Option<Asked> {
        // Answers come nearly in order, so the search ends at the front.
        let nth = self.asked.iter().position(|asked| asked.span == span)?;
        let asked = self.asked.remove(nth)?;
        self.bytes -= u64::from(span.length());
        Some(asked)
    }

    /// Takes all requests.
    pub(crate) fn clear(&mut self) -> impl Iterator<Item = Asked> + use<> {
        self.bytes = 0;
        std::mem::take(&mut self.asked).into_iter()
    }

    /// Marks every request as given up, and gives those that were not.
    pub(crate) fn give_up(&mut self) -> Vec<Span> {
        self.asked
            .iter_mut()
            .filter(|asked| !asked.given_up)
            .map(|asked| {
                asked.given_up = true;
                asked.span
            })
            .collect()
    }

    /// Those that were given up count again if `wanted`; gives the others, which are forgotten.
    pub(crate) fn take_up(&mut self, mut wanted: impl FnMut(Span) -> bool) -> Vec<Span> {
        let mut forgotten = Vec::new();
        self.asked.retain_mut(|asked| {
            let kept = !asked.given_up || wanted(asked.span);
            asked.given_up = false;
            if !kept {
                self.bytes -= u64::from(asked.span.length());
                forgotten.push(asked.span);
            }
            kept
        });
        forgotten
    }

    /// How long an answer has been awaited in vain; `None` when nothing is outstanding.
    pub(crate) fn silence(&self, now: Time) -> Option<Duration> {
        if self.asked.is_empty() { None } else { self.last_answer.map(|last| now.since(last)) }
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::geometry::Geometry;

    use super::*;

    fn spans(count: u32) -> Vec<Span> {
        let geometry = Geometry::new(BLOCK * count, [(u64::from(BLOCK * count), false)]).unwrap();
        (0..count).map(|nth| geometry.span(0, nth * BLOCK, BLOCK).unwrap()).collect()
    }

    #[test]
    fn depth_follows_rate_times_round_trip() {
        let mut pipeline = Pipeline::default();
        assert_eq!(pipeline.depth(Time::ZERO, 64 * 1024, 10), u64::from(BLOCK));
        // 10 MB/s at 30 ms, and as much slack.
        let all = spans(2000);
        for (nth, span) in all.iter().enumerate() {
            let asked = Time::from_micros(nth as u64 * 1638);
            pipeline.ask(asked, *span);
            pipeline.answer(asked + Duration::from_millis(30), *span);
        }
        let now = Time::from_micros(2000 * 1638 + 30_000);
        let depth = pipeline.depth(now, 64 * 1024, 10);
        assert!((550_000..650_000).contains(&depth), "{depth}");
        assert_eq!(pipeline.depth(now, 64 * 1024, 2), 2 * depth);
        assert_eq!(pipeline.request_length(now, 1 << 20, depth), 128 * 1024);
        assert_eq!(pipeline.request_length(now, BLOCK, depth), BLOCK);
    }

    #[test]
    fn an_answer_nobody_asked_for_is_not_counted() {
        let mut pipeline = Pipeline::default();
        let all = spans(2);
        pipeline.ask(Time::ZERO, all[0]);
        assert!(pipeline.answer(Time::ZERO, all[1]).is_none());
        assert_eq!(pipeline.bytes(), u64::from(BLOCK));
        assert!(pipeline.answer(Time::ZERO, all[0]).is_some());
        assert_eq!(pipeline.bytes(), 0);
    }

    #[test]
    fn silence_counts_from_the_last_answer() {
        let mut pipeline = Pipeline::default();
        assert_eq!(pipeline.silence(Time::from_secs(9)), None);
        pipeline.ask(Time::from_secs(10), spans(1)[0]);
        assert_eq!(pipeline.silence(Time::from_secs(13)), Some(Duration::from_secs(3)));
    }
}
