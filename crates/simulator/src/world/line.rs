//! A line that several peers share, as the only way between their site and everybody else.

use std::time::Duration;

use crate::{
    link::Pipe,
    mail::{Body, Mail, PeerNo},
};

/// A shared line: each direction serves first come, first served, and tells senders when its queue is long.
#[derive(Debug)]
pub(super) struct Line {
    /// For each peer, whether it is at the site behind the line.
    behind: Vec<bool>,
    out: Pipe,
    back: Pipe,
    crossing: Vec<(PeerNo, Mail)>,
    /// Payload bytes that went out and came in.
    carried: [u64; 2],
}

impl Line {
    pub(super) fn new(bytes_per_sec: u64, patience: Duration, behind: Vec<bool>) -> Self {
        let pipe = Pipe::new(bytes_per_sec, patience);
        Self { behind, out: pipe.clone(), back: pipe, crossing: Vec::new(), carried: [0; 2] }
    }

    /// Takes a mail that has to cross the line; gives back any other.
    pub(super) fn take(&mut self, to: PeerNo, mail: Mail) -> Option<Mail> {
        if self.is_behind(mail.from) == self.is_behind(to) {
            return Some(mail);
        }
        self.crossing.push((to, mail));
        None
    }

    /// Lets everything cross that was taken, in the order of time, each when the line has carried it.
    pub(super) fn carry(&mut self) -> Vec<(PeerNo, Mail)> {
        let mut crossing = std::mem::take(&mut self.crossing);
        crossing.sort_by(|(_, one), (_, other)| other.cmp(one));
        for (_, mail) in &mut crossing {
            let goes_out = self.behind[mail.from.as_usize()];
            let pipe = if goes_out { &mut self.out } else { &mut self.back };
            let (bytes, payload) = match mail.body {
                Body::Bytes { wire, bulk, .. } => (wire, bulk),
                _ => (0, 0),
            };
            self.carried[usize::from(!goes_out)] += u64::from(payload);
            let passage = pipe.pass_while_arriving(mail.at, bytes);
            mail.at = mail.at.max(passage.done);
            if let Body::Bytes { queued, .. } = &mut mail.body {
                *queued |= passage.congested;
            }
        }
        crossing
    }

    /// Payload bytes that went out of the site behind the line, and that came in.
    pub(super) fn carried(&self) -> [u64; 2] {
        self.carried
    }

    fn is_behind(&self, peer: PeerNo) -> bool {
        self.behind.get(peer.as_usize()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use peerpool_swarm::ConnId;
    use peerpool_wire::time::Time;

    use super::*;

    fn mail(from: u32, millis: u64, wire: u32) -> Mail {
        Mail {
            at: Time::from_millis(millis),
            from: PeerNo(from),
            seq: 1,
            body: Body::Bytes { conn: ConnId(0), wire, bulk: 0, queued: false, cargo: None },
        }
    }

    /// Peer 0 is outside, 1 and 2 are behind a line of 1 byte a microsecond.
    fn line() -> Line {
        Line::new(1_000_000, Duration::from_millis(3), vec![false, true, true])
    }

    #[test]
    fn mails_within_a_site_do_not_cross_the_line() {
        assert!(line().take(PeerNo(2), mail(1, 10, 1000)).is_some());
    }

    #[test]
    fn the_line_carries_no_more_than_its_rate_in_either_direction() {
        let mut line = line();
        for (from, to) in [(1, 0), (2, 0), (1, 0), (0, 1), (2, 0), (1, 0)] {
            assert!(line.take(PeerNo(to), mail(from, 10, 2000)).is_none());
        }
        let arrivals: Vec<(u32, u64, bool)> = line
            .carry()
            .into_iter()
            .map(|(_, mail)| {
                let queued = matches!(mail.body, Body::Bytes { queued: true, .. });
                (mail.from.0, mail.at.as_micros() / 1000, queued)
            })
            .collect();
        let expected =
            [(0, 10, false), (1, 10, false), (1, 12, false), (1, 14, false), (2, 16, true), (2, 18, true)];
        assert_eq!(arrivals, expected);
        assert!(line.carry().is_empty());
    }
}
