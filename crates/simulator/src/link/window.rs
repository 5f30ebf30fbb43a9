//! How much of a connection may be on its way: TCP's congestion window, roughly.

use std::time::Duration;

use peerpool_wire::time::Time;

use super::PACKET;

/// Ten packets (RFC 6928).
const INITIAL: f64 = 10.0 * PACKET as f64;

/// What is left of the window after a sign of congestion (CUBIC, RFC 9438).
const AFTER_CONGESTION: f64 = 0.7;

/// A congestion window: slow start, then one packet more each round trip; cut when a queue on the way is full.
#[derive(Clone, Debug)]
pub struct Window {
    size: f64,
    threshold: f64,
    limit: f64,
    flying: u32,
    last_cut: Time,
}

impl Window {
    /// A new connection's window.
    ///
    /// `limit` is the receiver's buffer in bytes. With a share `loss` of the packets lost at random, the
    /// window stays below 1.22 packets / √loss (Mathis et al. 1997), whatever the round trip.
    pub fn new(limit: u32, loss: f64) -> Self {
        let by_loss = if loss > 0.0 { 1.22 * f64::from(PACKET) / loss.sqrt() } else { f64::INFINITY };
        Self {
            size: INITIAL,
            threshold: f64::INFINITY,
            limit: f64::from(limit).min(by_loss).max(2.0 * f64::from(PACKET)),
            flying: 0,
            last_cut: Time::ZERO,
        }
    }

    /// Bytes that may be sent now.
    pub fn room(&self) -> u32 {
        (self.size.min(self.limit) as u32).saturating_sub(self.flying)
    }

    /// Bytes went out.
    pub fn sent(&mut self, bytes: u32) {
        self.flying += bytes;
    }

    /// Bytes arrived, and their sender knows it. Only a window that was in the way is widened (RFC 7661).
    pub fn acknowledged(&mut self, now: Time, bytes: u32, congested: bool, round_trip: Duration) {
        let was_full = f64::from(self.flying) * 2.0 > self.size;
        self.flying = self.flying.saturating_sub(bytes);
        if congested {
            if now.since(self.last_cut) > round_trip {
                self.size = (self.size.min(self.limit) * AFTER_CONGESTION).max(2.0 * f64::from(PACKET));
                self.threshold = self.size;
                self.last_cut = now;
            }
        } else if was_full && self.size < self.limit {
            let grown = if self.size < self.threshold {
                f64::from(bytes)
            } else {
                f64::from(PACKET) * f64::from(bytes) / self.size
            };
            self.size += grown;
        }
    }
}
