//! The line editor, which blocks, on a thread of its own.

use std::{
    path::{Path, PathBuf},
    thread,
};

use peerpool_api::socket;
use rustyline::{
    Config, Editor as LineEditor, ExternalPrinter, config::CompletionType, error::ReadlineError,
    history::DefaultHistory,
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    PROMPT,
    complete::{Names, ShellCompleter},
};
use crate::{exit::Failure, output::say};

/// How many lines are remembered.
const HISTORY: usize = 1000;

/// What came of waiting for a line.
#[derive(Debug)]
pub(super) enum Typed {
    /// A line.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, or the terminal is gone.
    Closed,
}

/// The shell's side of the editor.
pub(super) struct Editor {
    turns: mpsc::Sender<()>,
    typed: mpsc::Receiver<Typed>,
    printer: Option<Box<dyn ExternalPrinter + Send>>,
}

impl Editor {
    /// Starts the thread. Names to complete come through the channel.
    pub(super) async fn open(repository: &Path, names: watch::Receiver<Names>) -> Self {
        let (turns, my_turn) = mpsc::channel(1);
        let (type_in, typed) = mpsc::channel(1);
        let (hand_out, printer) = oneshot::channel();
        let history = repository.join(socket::FOLDER).join("history");
        thread::spawn(move || edit(&history, names, hand_out, my_turn, &type_in));
        Self { turns, typed, printer: printer.await.ok().flatten() }
    }

    /// Shows the prompt.
    pub(super) async fn prompt(&self) {
        // When the thread is gone, `typed` says so.
        let _ = self.turns.send(()).await;
    }

    /// Waits for what is typed at the prompt.
    pub(super) async fn typed(&mut self) -> Typed {
        self.typed.recv().await.unwrap_or(Typed::Closed)
    }

    /// Prints a line, above the prompt if it is shown.
    pub(super) fn print(&mut self, line: &str) -> Result<(), Failure> {
        let printed = self.printer.as_mut().map(|printer| printer.print(format!("{line}\n")));
        if matches!(printed, Some(Ok(()))) { Ok(()) } else { say(line) }
    }
}

type Printer = Option<Box<dyn ExternalPrinter + Send>>;

/// Reads one line for each turn, until nobody asks any more.
fn edit(
    history: &PathBuf,
    names: watch::Receiver<Names>,
    hand_out: oneshot::Sender<Printer>,
    mut my_turn: mpsc::Receiver<()>,
    type_in: &mpsc::Sender<Typed>,
) {
    let Ok(mut editor) = line_editor(names) else {
        return;
    };
    // There is no history before the first session.
    let _ = editor.load_history(history);
    let printer = editor.create_external_printer().ok();
    let _ = hand_out.send(printer.map(|printer| Box::new(printer) as _));
    while my_turn.blocking_recv().is_some() {
        let typed = match editor.readline(PROMPT) {
            Ok(line) => {
                let _ = editor.add_history_entry(line.as_str());
                if let Err(error) = editor.save_history(history) {
                    tracing::warn!(%error, "cannot keep the history");
                }
                Typed::Line(line)
            }
            Err(ReadlineError::Interrupted) => Typed::Interrupt,
            Err(_) => Typed::Closed,
        };
        if type_in.blocking_send(typed).is_err() {
            return;
        }
    }
}

fn line_editor(
    names: watch::Receiver<Names>,
) -> rustyline::Result<LineEditor<ShellCompleter, DefaultHistory>> {
    let config = Config::builder()
        .max_history_size(HISTORY)?
        .history_ignore_space(true)
        .completion_type(CompletionType::List)
        .build();
    let mut editor = LineEditor::with_config(config)?;
    editor.set_helper(Some(ShellCompleter::new(names)));
    Ok(editor)
}
