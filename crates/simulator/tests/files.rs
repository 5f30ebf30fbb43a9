//! Scenarios as files: what is read, and what is refused.

use peerpool_simulator::{peer::Behaviour, scenario::Scenario};

#[test]
fn classes_are_filled_by_count_then_by_share() {
    let text = r#"
        about = "x"
        peers = 10
        [[class]]
        share = 3.0
        [[class]]
        count = 2
        behaviour = "free-rider"
        [[class]]
        share = 1.0
    "#;
    let scenario = Scenario::parse(text).unwrap();
    let classes = scenario.classes();
    let count = |class| classes.iter().filter(|of| **of == class).count();
    assert_eq!([count(0), count(1), count(2)], [6, 2, 2]);
    assert_eq!(scenario.class[1].behaviour, Behaviour::FreeRider);
}

#[test]
fn a_word_that_means_nothing_is_refused_and_named() {
    let error = Scenario::parse("about = \"x\"\npeers = 1\npears = 2").unwrap_err();
    assert!(error.to_string().contains("pears"), "{error}");
}

#[test]
fn a_link_without_a_rate_is_refused() {
    let error = Scenario::parse("about = \"x\"\npeers = 1\nseed = { link = { up = 0.0 } }").unwrap_err();
    assert!(error.to_string().contains("link.up"), "{error}");
}
