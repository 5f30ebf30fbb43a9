//! Names from elsewhere on a terminal.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The text without anything that a terminal would obey: control characters and those that turn the direction of
/// writing are replaced by `�`.
pub fn safe(text: &str) -> String {
    text.chars().map(|letter| if is_dangerous(letter) { '\u{fffd}' } else { letter }).collect()
}

fn is_dangerous(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// How many cells it takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// At most `cells` wide, with `…` where it was cut.
pub fn fit(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let mut room = cells.saturating_sub(1);
    let mut short = String::new();
    for letter in text.chars() {
        let wide = letter.width().unwrap_or(0);
        if wide > room {
            break;
        }
        room -= wide;
        short.push(letter);
    }
    short.push('…');
    short
}

/// `1 item`, `2 items`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
