//! Addresses of a database on the command line.

use std::ffi::OsStr;

use clap::{
    Arg, Command, Error,
    builder::TypedValueParser,
    error::{ErrorKind, Result},
};
use peerpool_tracker::Database;

/// Reads them, and never repeats them: there may be a password in a URL that is wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parser;

impl TypedValueParser for Parser {
    type Value = Database;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, value: &OsStr) -> Result<Database> {
        value.to_string_lossy().parse().map_err(|error| {
            Error::raw(ErrorKind::ValueValidation, format!("the value of --database: {error}\n"))
                .with_cmd(command)
        })
    }
}
