//! What a server counts, and its text for Prometheus ("Exposition formats", text format 0.0.4).
//!
//! Whoever counts holds a handle that was registered once, so that counting is one addition. Each server has a registry
//! of its own, so that several in one process do not mix.

#[cfg(test)]
mod tests;

use std::{
    fmt::{self, Display, Write as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// The media type of [`Registry::render`]'s text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Bounds of a histogram's buckets, in seconds.
const BOUNDS: [f64; 9] = [0.00001, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.1, 1.0, 10.0];

/// A figure, or several that differ in their labels.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name; of a counter it ends in `_total`.
    pub name: &'static str,
    /// What it is, in a line for people.
    pub help: &'static str,
}

/// What tells a figure from others of its name, and how it has it there.
pub type Label = (&'static str, &'static str);

/// A number that grows. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds to it.
    pub fn increment(&self, by: u64) {
        self.0.fetch_add(by, Relaxed);
    }
}

/// A number that comes and goes. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicU64>);

impl Gauge {
    /// Sets it.
    pub fn set(&self, now: usize) {
        self.0.store(now as u64, Relaxed);
    }
}

/// How long something took, as a number of times in each of nine buckets from 10 µs to 10 s. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Histogram(Arc<Times>);

#[derive(Debug, Default)]
struct Times {
    /// Up to each bound and longer than the one before; the last, longer than any.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Histogram {
    /// Counts a time.
    pub fn record(&self, time: Duration) {
        let bucket = BOUNDS.partition_point(|bound| *bound < time.as_secs_f64());
        self.0.buckets[bucket].fetch_add(1, Relaxed);
        self.0.nanoseconds.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}

/// All that a server counts, in the order in which it was registered.
#[derive(Debug, Default)]
pub struct Registry {
    families: Vec<Family>,
}

/// The figures of one name.
#[derive(Debug)]
struct Family {
    metric: Metric,
    figures: Vec<(Option<Label>, Figure)>,
}

#[derive(Debug, Clone)]
enum Figure {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

impl Registry {
    /// Registers a counter.
    pub fn counter(&mut self, metric: Metric, label: Option<Label>) -> Counter {
        let counter = Counter::default();
        self.add(metric, label, Figure::Counter(counter.clone()));
        counter
    }

    /// Registers a gauge.
    pub fn gauge(&mut self, metric: Metric, label: Option<Label>) -> Gauge {
        let gauge = Gauge::default();
        self.add(metric, label, Figure::Gauge(gauge.clone()));
        gauge
    }

    /// Registers a histogram.
    pub fn histogram(&mut self, metric: Metric) -> Histogram {
        let histogram = Histogram::default();
        self.add(metric, None, Figure::Histogram(histogram.clone()));
        histogram
    }

    fn add(&mut self, metric: Metric, label: Option<Label>, figure: Figure) {
        match self.families.iter_mut().find(|family| family.metric.name == metric.name) {
            Some(family) => family.figures.push((label, figure)),
            None => self.families.push(Family { metric, figures: vec![(label, figure)] }),
        }
    }

    /// Everything as it is now.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for family in &self.families {
            // Writing into a text does not fail.
            let _ = writeln!(text, "{family}");
        }
        text
    }
}

impl Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric: Metric { name, help }, figures } = self;
        writeln!(f, "# HELP {name} {help}")?;
        if let Some((_, first)) = figures.first() {
            writeln!(f, "# TYPE {name} {}", first.kind())?;
        }
        for (label, figure) in figures {
            match figure {
                Figure::Counter(Counter(number)) | Figure::Gauge(Gauge(number)) => match label {
                    Some((label, value)) => {
                        writeln!(f, "{name}{{{label}=\"{value}\"}} {}", number.load(Relaxed))?
                    }
                    None => writeln!(f, "{name} {}", number.load(Relaxed))?,
                },
                Figure::Histogram(Histogram(times)) => times.write(name, f)?,
            }
        }
        Ok(())
    }
}

impl Figure {
    fn kind(&self) -> &'static str {
        match self {
            Self::Counter(_) => "counter",
            Self::Gauge(_) => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

impl Times {
    /// A bucket is told with all that are below it.
    fn write(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut count = 0;
        let bounds = BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (bound, bucket) in bounds.zip(&self.buckets) {
            count += bucket.load(Relaxed);
            writeln!(f, "{name}_bucket{{le=\"{bound}\"}} {count}")?;
        }
        writeln!(f, "{name}_sum {}", Duration::from_nanos(self.nanoseconds.load(Relaxed)).as_secs_f64())?;
        writeln!(f, "{name}_count {count}")
    }
}
