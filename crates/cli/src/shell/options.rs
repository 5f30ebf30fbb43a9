//! Commands of the shell that take options, as the command line does: the same words, the same help.

use clap::{Args, Command};

use super::words::several;
use crate::args::{LimitChange, LogLines};

/// Reads what follows such a command. What is wrong with it, or its help, is what to show.
pub fn read<T: Args>(name: &'static str, typed: &str) -> Result<T, String> {
    let command = T::augment_args(Command::new(name).no_binary_name(true)).about(None);
    let read = command.try_get_matches_from(several(typed)).and_then(|found| T::from_arg_matches(&found));
    read.map_err(|error| error.render().to_string().trim_end().to_owned())
}

/// What the word that is being typed may become: an option, or a value of the option before it.
pub fn candidates(name: &str, typed: &str) -> Vec<String> {
    let command = match name {
        "limit" => LimitChange::augment_args(Command::new("limit")),
        "log" => LogLines::augment_args(Command::new("log")),
        _ => return Vec::new(),
    };
    let (before, begun) = typed.rsplit_once(' ').unwrap_or(("", typed));
    let option = before.split_whitespace().last().and_then(|word| word.strip_prefix("--"));
    let valued =
        command.get_arguments().find(|known| known.get_long().is_some_and(|long| Some(long) == option));
    let values = valued.map(|option| option.get_possible_values()).filter(|values| !values.is_empty());
    let offered: Vec<String> = match values {
        Some(values) => values.iter().map(|value| value.get_name().to_owned()).collect(),
        // Options are offered to whoever begins one.
        None if begun.is_empty() => Vec::new(),
        None => {
            command.get_arguments().filter_map(|known| Some(format!("--{}", known.get_long()?))).collect()
        }
    };
    offered.into_iter().filter(|word| word.starts_with(begun)).collect()
}
