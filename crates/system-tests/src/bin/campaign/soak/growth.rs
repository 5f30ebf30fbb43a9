//! Whether what a process holds grows.

use std::time::Duration;

use peerpool_system_tests::Holding;

const MIB: f64 = (1 << 20) as f64;
/// What may come and go within a quarter: allocators keep what they had for a while, connections are open or not, and a
/// peer keeps up to 192 files open that it serves.
const LEEWAY: [f64; 3] = [16.0, 216.0, 8.0];
/// The same as a part of what was held at first.
const LEEWAY_SHARE: f64 = 0.2;
const WHAT: [&str; 3] = ["MiB resident", "handles", "threads"];

/// What a process held, from look to look.
pub(crate) struct Growth {
    name: &'static str,
    pid: u32,
    looks: Vec<(f64, [f64; 3])>,
}

impl Growth {
    pub(crate) fn new(name: &'static str, pid: u32) -> Self {
        Self { name, pid, looks: Vec::new() }
    }

    pub(crate) fn look(&mut self, at: Duration, holding: impl Fn(u32) -> Holding) {
        let now = holding(self.pid);
        self.looks
            .push((at.as_secs_f64(), [now.resident as f64 / MIB, now.handles as f64, now.threads as f64]));
    }

    /// One line each for memory, handles and threads.
    pub(crate) fn print(&self) {
        for (place, what) in WHAT.iter().enumerate() {
            let (first, last) = self.quarters(place);
            println!(
                "{:<24} {what:<12} median of the first quarter {first:>7.1}, of the last {last:>7.1}, {:>+8.2} an hour",
                self.name,
                self.slope(place) * 3600.0
            );
        }
    }

    /// Panics when the last quarter holds more than the first, and the line through all looks goes up as much.
    pub(crate) fn judge(&self) {
        for (place, what) in WHAT.iter().enumerate() {
            let (first, last) = self.quarters(place);
            let span = self.looks.last().unwrap().0 - self.looks[0].0;
            let may = LEEWAY[place].max(first * LEEWAY_SHARE);
            let grown = (last - first).min(self.slope(place) * span);
            assert!(grown <= may, "{}: {what} grew by {grown:.1}, from {first:.1} to {last:.1}", self.name);
        }
    }

    fn quarters(&self, place: usize) -> (f64, f64) {
        let quarter = (self.looks.len() / 4).max(1);
        let median = |looks: &[(f64, [f64; 3])]| {
            let mut values: Vec<_> = looks.iter().map(|(_, held)| held[place]).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        (median(&self.looks[..quarter]), median(&self.looks[self.looks.len() - quarter..]))
    }

    /// Of the line with the least squares, a second.
    fn slope(&self, place: usize) -> f64 {
        let count = self.looks.len() as f64;
        let mean = |of: fn(&(f64, [f64; 3]), usize) -> f64| {
            self.looks.iter().map(|look| of(look, place)).sum::<f64>() / count
        };
        let (time, held) = (mean(|look, _| look.0), mean(|look, place| look.1[place]));
        let (mut above, mut below) = (0.0, 0.0);
        for (at, all) in &self.looks {
            above += (at - time) * (all[place] - held);
            below += (at - time).powi(2);
        }
        if below == 0.0 { 0.0 } else { above / below }
    }
}
