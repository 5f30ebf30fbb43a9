//! The scenarios that come with the program.

/// Name and text of each.
pub const ALL: &[(&str, &str)] = &[
    ("n10", include_str!("../scenarios/n10.toml")),
    ("n30", include_str!("../scenarios/n30.toml")),
    ("n100", include_str!("../scenarios/n100.toml")),
    ("n1000", include_str!("../scenarios/n1000.toml")),
    ("lone", include_str!("../scenarios/lone.toml")),
    ("hetero", include_str!("../scenarios/hetero.toml")),
    ("slow-peer", include_str!("../scenarios/slow-peer.toml")),
    ("far", include_str!("../scenarios/far.toml")),
    ("leaving-seed", include_str!("../scenarios/leaving-seed.toml")),
    ("failing-seed", include_str!("../scenarios/failing-seed.toml")),
    ("flash-crowd", include_str!("../scenarios/flash-crowd.toml")),
    ("stream", include_str!("../scenarios/stream.toml")),
    ("stream-stallers", include_str!("../scenarios/stream-stallers.toml")),
    ("trickle", include_str!("../scenarios/trickle.toml")),
    ("free-rider", include_str!("../scenarios/free-rider.toml")),
    ("free-riders", include_str!("../scenarios/free-riders.toml")),
    ("stallers", include_str!("../scenarios/stallers.toml")),
    ("corrupt", include_str!("../scenarios/corrupt.toml")),
    ("two-sites", include_str!("../scenarios/two-sites.toml")),
    ("churn", include_str!("../scenarios/churn.toml")),
    ("lossy", include_str!("../scenarios/lossy.toml")),
    ("idlers", include_str!("../scenarios/idlers.toml")),
    ("claimers", include_str!("../scenarios/claimers.toml")),
    ("paused", include_str!("../scenarios/paused.toml")),
    ("impostors", include_str!("../scenarios/impostors.toml")),
    ("partition", include_str!("../scenarios/partition.toml")),
];

/// The text of a scenario.
pub fn named(name: &str) -> Option<&'static str> {
    let (_, text) = ALL.iter().find(|(known, _)| *known == name)?;
    Some(text)
}
