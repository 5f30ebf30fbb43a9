//! Names from elsewhere on a terminal.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The text without anything that a terminal would obey or hide: every such character is replaced by `�`. All that people
/// read and others wrote goes through here: names, reasons, errors, logs.
pub fn safe(text: &str) -> String {
    let mut before = ' ';
    let replaced = text.chars().map(|letter| {
        let before = std::mem::replace(&mut before, letter);
        if is_dangerous(letter) && !is_emoji_style(before, letter) { '\u{fffd}' } else { letter }
    });
    replaced.collect()
}

/// Lines, each of them [`safe`].
pub fn safe_lines(text: &str) -> String {
    text.split('\n').map(safe).collect::<Vec<_>>().join("\n")
}

/// JSON whose strings have nothing that a terminal would obey or hide: written as `\uXXXX`, it means the same. Outside
/// strings JSON has no such characters.
pub(crate) fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_dangerous(letter) {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(letter);
        }
    }
    text
}

/// Controls (C0, C1), line and paragraph separators, format characters (general category Cf: what turns the direction of
/// writing, joins, tags or hides), and what else is drawn as nothing (Unicode's `Default_Ignorable_Code_Point`).
pub(crate) fn is_dangerous(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The one selector that people write without knowing: it colours the symbol before it.
fn is_emoji_style(before: char, letter: char) -> bool {
    letter == '\u{fe0f}' && before >= '\u{2000}' && !before.is_alphanumeric() && !is_dangerous(before)
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
