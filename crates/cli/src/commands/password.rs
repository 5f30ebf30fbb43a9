//! `peerpool password`.

use std::{
    borrow::Cow,
    io::{self, BufRead as _, IsTerminal as _},
};

use peerpool_api::{Changed, Me, SetPassword, paths};
use rustyline::{
    ColorMode, Completer, Config, Editor, Helper, Hinter, Validator,
    error::ReadlineError,
    highlight::{CmdKind, Highlighter},
    history::DefaultHistory,
};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    args, device,
    exit::{Exit, Failure},
    output::{Output, text::safe},
};

pub(super) async fn run(out: Output, args: args::Password) -> Result<(), Failure> {
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    let me: Me = tracker.get(paths::ME).await?;
    let asked = tokio::task::spawn_blocking(new_password).await;
    let new = asked.unwrap_or(Err(Failure::Interrupted))?;
    let changed: Changed = tracker.post(paths::PASSWORD, &SetPassword { old: None, new }).await?;
    out.show(&changed, |_| {
        format!(
            "the password is set: sign in as {} at https://{}/",
            safe(&me.name),
            tracker.url().authority()
        )
    })
}

/// One that is typed twice and not shown, or the first line of what is piped in. Never an argument, which others see.
fn new_password() -> Result<String, Failure> {
    let unreadable = |error: &dyn std::error::Error| {
        Failure::told(Exit::Failed, format!("cannot read from standard input: {error}"))
    };
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|error| unreadable(&error))?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    // Without colours nothing would be masked.
    let config = Config::builder().color_mode(ColorMode::Forced).build();
    let mut editor: Editor<Masked, DefaultHistory> =
        Editor::with_config(config).map_err(|error| unreadable(&error))?;
    editor.set_helper(Some(Masked));
    let mut ask = |question: &str| match editor.readline(question) {
        Ok(line) => Ok(line),
        Err(ReadlineError::Interrupted | ReadlineError::Eof) => Err(Failure::Interrupted),
        Err(error) => Err(unreadable(&error)),
    };
    let (new, again) = (ask("new password: ")?, ask("once more: ")?);
    match new == again {
        true => Ok(new),
        false => Err(Failure::told(Exit::Usage, "the two differ, and the password stays as it was")),
    }
}

/// Shows that something is typed, and not what.
#[derive(Completer, Helper, Hinter, Validator)]
struct Masked;

impl Highlighter for Masked {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        Cow::Owned("*".repeat(line.width()))
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        true
    }
}
