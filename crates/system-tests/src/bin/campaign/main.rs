//! Campaigns: faults by the hundred against real processes of the release binary. `./campaign --help`
//!
//! Each prints its seed and what it does, then a summary line that begins with its name; on a violation it panics,
//! exits with 101 and keeps the folder of its pool.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a campaign ends at the first violation, by panicking"
)]

mod disk;
mod kill;
mod leftovers;
mod siege;
mod soak;

use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};

/// Faults by the hundred against real processes.
#[derive(Debug, Parser)]
#[command(name = "campaign")]
struct Cli {
    /// Repeats the choices of an earlier run [default: by the clock]
    #[arg(long, global = true)]
    seed: Option<u64>,
    #[command(subcommand)]
    campaign: Campaign,
}

#[derive(Debug, Subcommand)]
enum Campaign {
    /// kill -9 of downloader, seeders and tracker at random moments
    Kill(kill::Kill),
    /// A disk that fails at its n-th call, that is full, and that forgot or changed what we kept on it
    Disk(disk::Disk),
    /// All hostile behaviours at once from one host, beside an honest download
    Siege(siege::Siege),
    /// Churn for a long time: memory, handles and threads do not grow
    Soak(soak::Soak),
}

fn main() {
    let cli = Cli::parse();
    let by_clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let seed = cli.seed.unwrap_or_else(by_clock);
    println!("seed {seed}");
    match cli.campaign {
        Campaign::Kill(kill) => kill.run(seed),
        Campaign::Disk(disk) => disk.run(seed),
        Campaign::Siege(siege) => siege.run(seed),
        Campaign::Soak(soak) => soak.run(seed),
    }
}
