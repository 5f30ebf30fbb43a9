//! `peerpool completions` and `peerpool man`.

use std::{fs, path::Path};

use clap::CommandFactory as _;

use crate::{args::Cli, exit::Failure, output::write_out};

/// Prints the completion script of a shell.
pub(super) fn print(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "peerpool", &mut script);
    write_out(&String::from_utf8_lossy(&script))
}

/// Writes the manual pages.
pub(super) fn man(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(Failure::file("make", folder))?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(Failure::file("write", folder))
}
