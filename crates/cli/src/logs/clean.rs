//! Standard error, on which nothing that others wrote commands the terminal or passes for a line of ours.

use std::io::{self, Write};

use crate::output::text;

/// Standard error. The formatter hands over one whole event at a time.
pub(super) struct Clean {
    out: io::Stderr,
    clean: fn(&str) -> String,
}

impl Clean {
    /// For events of several lines, with the formatter's own colours.
    pub(super) fn lines() -> Self {
        Self { out: io::stderr(), clean: cleaned }
    }

    /// For events of one line each.
    pub(super) fn line() -> Self {
        Self { out: io::stderr(), clean: |event| text::safe(event.trim_end_matches('\n')) + "\n" }
    }

    /// For events that are JSON.
    pub(super) fn json() -> Self {
        Self { out: io::stderr(), clean: |event| text::escaped(event.trim_end_matches('\n')) + "\n" }
    }
}

impl Write for Clean {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.out.write_all((self.clean)(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The event without what a terminal would obey, colours excepted.
fn cleaned(event: &str) -> String {
    let mut parts = event.split("\u{1b}[");
    let mut clean = text::safe_lines(parts.next().unwrap_or_default());
    for part in parts {
        let code = part
            .split_once('m')
            .filter(|(code, _)| code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'));
        match code {
            Some((code, rest)) => clean += &format!("\u{1b}[{code}m{}", text::safe_lines(rest)),
            None => clean += &format!("\u{fffd}[{}", text::safe_lines(part)),
        }
    }
    clean
}
