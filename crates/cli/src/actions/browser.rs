//! Opens a page for the person at the terminal.

use std::{
    env,
    process::{Command, Stdio},
};

/// What opens a link with the program that the person has chosen for it.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Starts `$BROWSER`, or else what the desktop opens links with. False when neither can be started.
pub fn open_in_browser(link: &str) -> bool {
    let named = env::var("BROWSER").unwrap_or_default();
    let named = named.split(':').filter(|program| !program.is_empty());
    named.chain([OPENER]).any(|program| start(program, link))
}

/// Whether it could be started; what comes of it is for the person to see.
fn start(program: &str, link: &str) -> bool {
    let mut words = program.split_whitespace();
    let Some(program) = words.next() else { return false };
    let mut arguments: Vec<&str> = words.collect();
    match arguments.iter_mut().find(|word| **word == "%s") {
        Some(place) => *place = link,
        None => arguments.push(link),
    }
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    started.is_ok()
}
