//! How what is typed at a prompt is read, and written by the Tab key.
//!
//! What follows a command is one argument, however many blanks it has, read as a shell reads a word: a backslash takes the
//! next character as it is; quotes are taken off, and what they enclose is taken as it is; `~` at the beginning is the home
//! folder. A quote that nothing closes, or inside a word (`Ocean's`), is an ordinary character, and so is a backslash at
//! the end. Nothing else is special: `$HOME` is five ordinary characters. Commands with options take several words, which
//! blanks part.

use std::env;

/// The argument that was typed.
pub fn argument(typed: &str) -> String {
    let typed = trimmed(typed);
    let at_home = typed == "~" || typed.starts_with("~/");
    match env::var("HOME").ok().filter(|home| at_home && !home.is_empty()) {
        Some(home) => home + &unquoted(&typed[1..]),
        None => unquoted(typed),
    }
}

/// The argument without its quotes and backslashes; a `~` stays.
pub fn unquoted(typed: &str) -> String {
    word(typed, |_| false).0
}

/// The words of a command that takes several, as `limit --up 2M` does: blanks part them.
pub fn several(typed: &str) -> Vec<String> {
    let (mut words, mut rest) = (Vec::new(), typed.trim_start());
    while !rest.is_empty() {
        let (read, behind) = word(rest, char::is_whitespace);
        words.push(read);
        rest = behind.trim_start();
    }
    words
}

/// A word up to a character that ends it and that nothing protects, and what comes from there on.
fn word(typed: &str, ends: impl Fn(char) -> bool) -> (String, &str) {
    let mut text = String::with_capacity(typed.len());
    let mut rest = typed.chars();
    let mut before = ' ';
    loop {
        let here = rest.as_str();
        let Some(letter) = rest.next() else { return (text, here) };
        match letter {
            end if ends(end) => return (text, here),
            '\\' => text.push(rest.next().unwrap_or('\\')),
            '\'' | '"' if !before.is_alphanumeric() => match quoted(letter, rest.as_str()) {
                Some((inside, behind)) => {
                    text += &inside;
                    rest = behind.chars();
                }
                None => text.push(letter),
            },
            other => text.push(other),
        }
        before = letter;
    }
}

/// What stands between a quote and its end, and what comes behind it; nothing when it does not end. Between double quotes
/// a backslash still protects a quote and itself.
fn quoted(quote: char, rest: &str) -> Option<(String, &str)> {
    let mut inside = String::new();
    let mut letters = rest.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            end if end == quote => return Some((inside, &rest[at + 1..])),
            '\\' if quote == '"' => match letters.next_if(|(_, next)| matches!(next, '"' | '\\' | '$' | '`'))
            {
                Some((_, protected)) => inside.push(protected),
                None => inside.push('\\'),
            },
            other => inside.push(other),
        }
    }
    None
}

/// The text as [`argument`] reads it.
pub fn escaped(text: &str) -> String {
    let mut typed = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        if letter.is_whitespace() || matches!(letter, '\\' | '\'' | '"') || (letter == '~' && at == 0) {
            typed.push('\\');
        }
        typed.push(letter);
    }
    typed
}

/// Without the blanks around it; one behind a backslash belongs to the argument.
fn trimmed(typed: &str) -> &str {
    let typed = typed.trim_start();
    let end = typed.trim_end();
    let backslashes = end.bytes().rev().take_while(|byte| *byte == b'\\').count();
    match typed[end.len()..].chars().next() {
        Some(blank) if backslashes % 2 == 1 => &typed[..end.len() + blank.len_utf8()],
        _ => end,
    }
}
