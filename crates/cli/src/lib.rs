//! The command line: arguments, one-shot commands, the interactive shell, and the demo.
//!
//! Every command reaches a peer through its control socket ([`session`]), a peer of its own included; without one,
//! what only lists comes from the tracker ([`pool`]).

pub mod actions;
pub mod args;
mod clock;
pub mod commands;
pub mod config;
pub mod daemon;
pub mod demo;
pub mod device;
pub mod discover;
pub mod exit;
pub mod follow;
mod gateway;
pub mod joining;
pub mod limits;
pub mod logs;
pub mod output;
pub mod own;
pub mod pool;
pub mod progress;
pub mod session;
pub mod shell;
pub mod signals;

use std::{io, pin::Pin, process::ExitCode};

use clap::Parser as _;

use crate::{
    args::{Cli, Command},
    config::Config,
    daemon::{Means, Sockets},
    exit::{Exit, Failure},
    output::remark,
};

/// Reads the command line, does what it says, and reports.
pub fn main() -> ExitCode {
    signals::init();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return answer(&error),
    };
    let is_daemon = cli.command.is_daemon();
    let (config, means) = match prepare(&cli) {
        Ok(prepared) => prepared,
        Err(failure) => return failed(&failure, is_daemon),
    };
    limits::raise_open_files();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            remark(&format!("error: cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    // One machine for all commands is enough: the runtime would make one for each of its ways to wait.
    let running: Pin<Box<dyn Future<Output = _>>> = Box::pin(commands::run(cli, config, means));
    let result = runtime.block_on(running);
    // A thread that waits for a line of input cannot be stopped; it ends with the process.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure, is_daemon),
    }
}

/// Tells what failed: a person, or whoever collects a daemon's log.
fn failed(failure: &Failure, is_daemon: bool) -> ExitCode {
    if is_daemon && tracing::enabled!(tracing::Level::ERROR) {
        tracing::error!("{failure}");
    } else {
        report(failure);
    }
    failure.exit().into()
}

/// What is done before there is a runtime: it may change the environment, which is nothing for a process with threads.
fn prepare(cli: &Cli) -> Result<(Config, Means), Failure> {
    let config = match &cli.command {
        Command::Config(args) if args.is_init() => Config::default(),
        // The command line alone says how that is logged.
        _ => Config::load(&cli.globals).inspect_err(|_| drop(logs::init(cli, &config::Log::default())))?,
    };
    let logs = logs::init(cli, &config.log);
    let sockets = if cli.command.is_daemon() { Sockets::inherited()? } else { Sockets::default() };
    Ok((config, Means { globals: cli.globals.clone(), logs, sockets }))
}

/// What the command line alone brings about: help, the version, or a complaint.
fn answer(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let _ = error.print();
        return Exit::Usage.into();
    }
    // clap leaves the end of what could not be written out without a word.
    let text = error.render();
    let text = if output::has_colours(&io::stdout()) { text.ansi().to_string() } else { text.to_string() };
    match output::write_out(&text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure, false),
    }
}

/// Tells a person on standard error what failed and what to do.
pub fn report(failure: &Failure) {
    remark(&output::explain(failure));
}
