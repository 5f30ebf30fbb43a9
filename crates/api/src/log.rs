//! What a server logged of late.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which lines of the log to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct LogQuery {
    /// Of this level or a graver one. All, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<LogLevel>,
    /// That have this in them, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// That were written then or later, in milliseconds of Unix time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// That came after this one, by its `seq`. The last ones, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// So many at most: 200 when left out, 1,000 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// How grave a line is, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// Something failed.
    #[serde(alias = "error")]
    Error,
    /// Something is not as it should be.
    #[serde(alias = "warn")]
    Warn,
    /// Something happened.
    #[serde(alias = "info")]
    Info,
    /// For whoever looks for a fault.
    #[serde(alias = "debug")]
    Debug,
    /// Everything.
    #[serde(alias = "trace")]
    Trace,
}

/// A part of the log, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// Up to where the log was looked through: for `after`, to go on from here.
    pub last: u64,
    /// How many lines after `after` are not kept any more, whatever they were.
    pub missed: u64,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// Counts the lines of this process, from 1.
    pub seq: u64,
    /// When it was written, in milliseconds of Unix time.
    pub time: u64,
    /// How grave it is.
    pub level: LogLevel,
    /// The part of the program that wrote it.
    pub target: String,
    /// What it says, after the spans in which it stands.
    pub message: String,
}

impl FromStr for LogLevel {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let levels = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];
        let names = ["error", "warn", "info", "debug", "trace"];
        let known = names.iter().position(|name| name.eq_ignore_ascii_case(text)).ok_or(())?;
        Ok(levels[known])
    }
}
