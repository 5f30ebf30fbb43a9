use super::*;

const BYTES: Metric = Metric { name: "bytes_total", help: "Bytes." };
const SECONDS: Metric = Metric { name: "seconds", help: "Time of a search." };

#[test]
fn figures_of_one_name_stand_together() {
    let mut registry = Registry::default();
    let sent = registry.counter(BYTES, Some(("direction", "sent")));
    let open = registry.gauge(Metric { name: "open", help: "Connections." }, None);
    let received = registry.counter(BYTES, Some(("direction", "received")));

    sent.increment(5);
    sent.increment(2);
    received.clone().increment(1);
    open.set(3);

    let told = "# HELP bytes_total Bytes.
# TYPE bytes_total counter
bytes_total{direction=\"sent\"} 7
bytes_total{direction=\"received\"} 1

# HELP open Connections.
# TYPE open gauge
open 3

";
    assert_eq!(registry.render(), told);
}

#[test]
fn a_bucket_counts_what_took_as_long_as_its_bound_or_less() {
    let mut registry = Registry::default();
    let seconds = registry.histogram(SECONDS);
    for nanoseconds in [0, 10_000, 10_001, 250_000_000, 11_000_000_000] {
        seconds.record(Duration::from_nanos(nanoseconds));
    }

    let text = registry.render();

    for line in [
        "# TYPE seconds histogram",
        "seconds_bucket{le=\"0.00001\"} 2",
        "seconds_bucket{le=\"0.0001\"} 3",
        "seconds_bucket{le=\"0.1\"} 3",
        "seconds_bucket{le=\"1\"} 4",
        "seconds_bucket{le=\"10\"} 4",
        "seconds_bucket{le=\"+Inf\"} 5",
        "seconds_sum 11.250020001",
        "seconds_count 5",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is not told:\n{text}");
    }
}

#[test]
fn registries_count_apart() {
    let (mut one, mut other) = (Registry::default(), Registry::default());
    one.counter(BYTES, None).increment(5);
    other.counter(BYTES, None).increment(7);
    assert!(one.render().contains("bytes_total 5\n"));
    assert!(other.render().contains("bytes_total 7\n"));
}
