//! How people write a tracker's address.

use peerpool_api::{ParseTrackerUrlError, TrackerUrl, Trackers};

#[test]
fn a_tracker_is_a_host_and_a_port() {
    for (written, meant) in [
        ("10.0.0.1:7000", "10.0.0.1:7000"),
        ("10.0.0.1", "10.0.0.1:6969"),
        ("tracker.example", "tracker.example:6969"),
        ("http://tracker.example:80/", "tracker.example:80"),
        ("::1", "[::1]:6969"),
        ("[::1]", "[::1]:6969"),
        ("[::1]:7000", "[::1]:7000"),
    ] {
        let url: TrackerUrl = written.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(url.authority(), meant, "{written}");
        assert_eq!(url.to_string(), format!("http://{meant}"));
        assert_eq!(url.to_string().parse(), Ok(url));
    }
}

#[test]
fn a_malformed_address_is_refused_with_the_right_form() {
    for wrong in ["", ":1", "host:0", "host:port", "host:70000", "two words:1", "host/path:1", "a:b:1"] {
        let error = wrong.parse::<TrackerUrl>().unwrap_err();
        assert!(error.to_string().contains("write HOST:PORT"), "{wrong}: {error}");
    }
    let tls = "https://tracker.example".parse::<TrackerUrl>();
    assert!(matches!(tls, Err(ParseTrackerUrlError::Tls(_))), "{tls:?}");
}

#[test]
fn several_trackers_stand_with_commas_between_them_each_once() {
    let trackers: Trackers = "one, http://two:80 ,one:6969,[::1]".parse().unwrap();
    assert_eq!(trackers.first(), &"one:6969".parse().unwrap());
    assert_eq!(trackers.to_string(), "http://one:6969,http://two:80,http://[::1]:6969");
    assert_eq!(trackers.to_string().parse(), Ok(trackers));
    for wrong in ["", ",", "one,", ",one", "one,,two", "one,two:0", "one,https://two"] {
        assert!(wrong.parse::<Trackers>().is_err(), "{wrong}");
    }
}
