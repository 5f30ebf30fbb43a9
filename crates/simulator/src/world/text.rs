//! A report for people.

use std::fmt;

use super::Report;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.about)?;
        writeln!(
            f,
            "peers {}, {:.1} MiB in {} pieces; finished {}, unfinished {}",
            self.peers,
            self.bytes as f64 / 1048576.0,
            self.pieces,
            self.finished,
            self.unfinished
        )?;
        writeln!(
            f,
            "completed after  first {:.2} s, median {:.2} s, last {:.2} s",
            self.times.first, self.times.median, self.times.last
        )?;
        writeln!(
            f,
            "from arrival     first {:.2} s, median {:.2} s, last {:.2} s",
            self.took.first, self.took.median, self.took.last
        )?;
        writeln!(
            f,
            "lower bound      {:.2} s: ratio of the last {:.3}, of the median {:.3}",
            self.bound, self.ratio, self.median_ratio
        )?;
        for (class, took) in &self.classes {
            writeln!(
                f,
                "  class {class}        first {:.2} s, median {:.2} s, last {:.2} s",
                took.first, took.median, took.last
            )?;
        }
        if let Some(stalled) = self.stalled {
            writeln!(f, "playing          stood still for {stalled:.2} s")?;
        }
        let out = self.one_copy_out.map_or("never".to_owned(), |at| format!("after {at:.2} s"));
        writeln!(f, "seed             sent {:.2} copies; one copy was out {out}", self.seed_copies)?;
        if let Some([out, back]) = self.line_copies {
            writeln!(
                f,
                "line             carried {back:.2} copies to the site behind it, {out:.2} from there"
            )?;
        }
        writeln!(
            f,
            "wasted           {:.2} % of the payload; {:.1} % of what was sent is not payload",
            self.wasted * 100.0,
            (self.overhead - 1.0) * 100.0
        )?;
        write!(f, "messages a peer ")?;
        for (kind, count) in &self.messages {
            write!(f, " {kind} {count:.0}")?;
        }
        writeln!(f, "\nseed's uplink busy in tenths of the run    {}", percents(&self.seed_uplink))?;
        writeln!(f, "of what it sent, new                       {}", percents(&self.seed_first_times))?;
        writeln!(f, "other uplinks busy in tenths of the run    {}", percents(&self.other_uplinks))?;
        for (reason, count) in &self.closed {
            writeln!(f, "closed {count} times: {reason}")?;
        }
        for (checker, lines) in &self.broken {
            for line in lines {
                writeln!(f, "BROKEN {checker}: {line}")?;
            }
        }
        write!(f, "trace {}", self.trace)
    }
}

/// The head of a table of reports in Markdown.
pub const TABLE_HEAD: &str = "\
| scenario | peers | pieces | first, median, last (s) | bound (s) | last / bound | median / bound | seed's copies | wasted | messages a peer |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

impl Report {
    /// One row of a table whose head is [`TABLE_HEAD`].
    pub fn row(&self, name: &str) -> String {
        let times = self.times;
        let fails = if self.broken.is_empty() && self.unfinished == 0 { "" } else { " (FAILED)" };
        format!(
            "| {name}{fails} | {} | {} | {:.2}, {:.2}, {:.2} | {:.2} | {:.3} | {:.3} | {:.2} | {:.1} % | {:.0} |",
            self.peers,
            self.pieces,
            times.first,
            times.median,
            times.last,
            self.bound,
            self.ratio,
            self.median_ratio,
            self.seed_copies,
            self.wasted * 100.0,
            self.messages.get("all").copied().unwrap_or_default(),
        )
    }
}

fn percents(parts: &[f64]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| format!("{:3.0}", part * 100.0)).collect();
    parts.join(" ") + " %"
}
