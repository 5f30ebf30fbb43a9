//! `peerpool-sim`: runs a scenario in the virtual world and says what came out.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use peerpool_simulator::{
    link::PACKET,
    plot, pool,
    pool::Outcome,
    scenario::{Scenario, ScenarioError},
    scenarios,
    world::{CastError, Report, TABLE_HEAD, World},
};

/// Runs a scenario in a virtual world of peers, and prints when they have everything.
#[derive(Parser)]
#[command(name = "peerpool-sim", version, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Scenarios: names, or files (`.toml`).
    #[arg(required_unless_present = "list", value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Number of downloading peers, instead of the scenario's; several give a run each.
    #[arg(long, value_delimiter = ',', value_name = "N")]
    peers: Vec<u32>,
    /// Number of pieces, instead of the scenario's; several give a run each.
    #[arg(long, value_delimiter = ',', value_name = "P")]
    pieces: Vec<u32>,
    /// Size of the item in KiB, instead of the scenario's.
    #[arg(long)]
    size_kib: Option<u32>,
    /// Source of all chance: the same gives the same run; several give a run each.
    #[arg(long, value_delimiter = ',', default_value = "1", value_name = "S")]
    seed: Vec<u64>,
    /// Peers that the tracker hands out at a time, instead of the scenario's.
    #[arg(long)]
    neighbours: Option<u32>,
    /// Peers that each serves at a time, instead of the scenario's.
    #[arg(long)]
    upload_slots: Option<usize>,
    /// Connections that each opens itself, instead of the scenario's.
    #[arg(long)]
    wanted_connections: Option<usize>,
    /// Seeds show everything at once.
    #[arg(long)]
    no_super_seed: bool,
    /// Packet trains of 12 packets instead of 3: fewer events, for very many peers.
    #[arg(long)]
    coarse: bool,
    /// Threads to compute on; the result does not depend on it.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Write the last run's completion curve to this SVG file.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Write everything that happens in the last run to this file.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Print each report as JSON.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print a table in Markdown, with a row for each run.
    #[arg(long)]
    markdown: bool,
    /// List the scenarios that come with the program.
    #[arg(long)]
    list: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Runs pools of several trackers through faults, one for each seed, and prints those in which something did not hold.
    Pool {
        /// The first seed.
        #[arg(long, default_value_t = 1, value_name = "S")]
        seed: u64,
        /// How many seeds.
        #[arg(long, default_value_t = 1, value_name = "N")]
        count: u64,
        /// Write everything that happens in the first run to this file.
        #[arg(long, value_name = "FILE")]
        trace: Option<PathBuf>,
    },
}

#[derive(Debug, thiserror::Error)]
enum SimError {
    #[error("there is no scenario `{0}`; `peerpool-sim --list` shows all, or give a file that ends in .toml")]
    Unknown(String),
    #[error("{path}: {source}; check the path")]
    File { path: String, source: std::io::Error },
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    #[error(transparent)]
    Cast(#[from] CastError),
    #[error("the report cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.list {
        list();
        return ExitCode::SUCCESS;
    }
    let ran = match &args.command {
        Some(Command::Pool { seed, count, trace }) => run_pools(*seed, *count, trace.as_ref()),
        None => run_all(&args),
    };
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            eprintln!("peerpool-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

fn list() {
    for (name, text) in scenarios::ALL {
        let about = Scenario::parse(text).map_or_else(|error| error.to_string(), |scenario| scenario.about);
        println!("{name:15} {about}");
    }
}

/// Runs a pool for each seed. Whether everything held.
fn run_pools(seed: u64, count: u64, trace: Option<&PathBuf>) -> Result<bool, SimError> {
    let mut total = Outcome::default();
    let mut broken = 0;
    for seed in seed..seed.saturating_add(count) {
        let outcome = match trace.filter(|_| total.events == 0) {
            Some(path) => {
                let (outcome, lines) = pool::trace(seed);
                write(path, &lines.join("\n"))?;
                outcome
            }
            None => pool::run(seed),
        };
        total.events += outcome.events;
        total.news += outcome.news;
        total.faults += outcome.faults;
        total.kept += outcome.kept;
        total.checked += outcome.checked;
        if !outcome.broken.is_empty() {
            broken += 1;
            println!("{outcome}");
        }
    }
    let Outcome { events, news, faults, kept, checked, .. } = total;
    println!(
        "{count} seeds: {events} events, {faults} faults, {news} pieces of news, {kept} peers kept, {checked} checks; \
         {broken} broken"
    );
    Ok(broken == 0)
}

/// Runs every combination that was asked for. Whether all went well.
fn run_all(args: &Args) -> Result<bool, SimError> {
    let mut well = true;
    if args.markdown {
        println!("{TABLE_HEAD}");
    }
    for name in &args.scenarios {
        let usual = scenario(args, name)?;
        for peers in or(&args.peers, usual.peers) {
            for pieces in or(&args.pieces, usual.item.pieces) {
                for seed in &args.seed {
                    let mut scenario = usual.clone();
                    scenario.peers = peers;
                    scenario.item.pieces = pieces;
                    let report = run(args, scenario, *seed)?;
                    print(args, name, &report)?;
                    well &= report.broken.is_empty() && report.unfinished == 0;
                }
            }
        }
    }
    Ok(well)
}

/// The values asked for, or else the usual one.
fn or(asked: &[u32], usual: u32) -> Vec<u32> {
    if asked.is_empty() { vec![usual] } else { asked.to_vec() }
}

fn run(args: &Args, scenario: Scenario, seed: u64) -> Result<Report, SimError> {
    let mut world = World::new(scenario, seed, args.trace.is_some())?;
    let report = world.run(args.threads);
    if let Some(path) = &args.plot {
        write(path, &plot::svg(&report))?;
    }
    if let Some(path) = &args.trace {
        write(path, world.trace().words().unwrap_or_default())?;
    }
    Ok(report)
}

fn print(args: &Args, name: &str, report: &Report) -> Result<(), SimError> {
    if args.json {
        println!("{}", serde_json::to_string_pretty(report)?);
    } else if args.markdown {
        println!("{}", report.row(name));
    } else {
        println!("{report}");
        print_cost(report);
    }
    Ok(())
}

/// The scenario of that name, changed as asked.
fn scenario(args: &Args, name: &str) -> Result<Scenario, SimError> {
    let mut scenario = match scenarios::named(name) {
        Some(text) => Scenario::parse(text)?,
        None if name.ends_with(".toml") => Scenario::parse(&read(name)?)?,
        None => return Err(SimError::Unknown(name.to_owned())),
    };
    scenario.item.size_kib = args.size_kib.unwrap_or(scenario.item.size_kib);
    scenario.neighbours = args.neighbours.unwrap_or(scenario.neighbours);
    scenario.swarm.upload_slots = args.upload_slots.or(scenario.swarm.upload_slots);
    scenario.swarm.wanted_connections = args.wanted_connections.or(scenario.swarm.wanted_connections);
    if args.no_super_seed {
        scenario.swarm.super_seed = Some(false);
    }
    if args.coarse {
        scenario.network.train = scenario.network.train.max(12 * PACKET);
    }
    Ok(scenario)
}

#[allow(clippy::disallowed_methods, reason = "the binary reads the scenarios that it is given")]
fn read(path: &str) -> Result<String, SimError> {
    fs::read_to_string(path).map_err(|source| SimError::File { path: path.to_owned(), source })
}

#[allow(clippy::disallowed_methods, reason = "the binary writes the files that it is asked for")]
fn write(path: &PathBuf, text: &str) -> Result<(), SimError> {
    fs::write(path, text).map_err(|source| SimError::File { path: path.display().to_string(), source })
}

/// What the run cost, from the kernel's books (Linux); nothing where they are not kept.
fn print_cost(report: &Report) {
    let Ok(status) = read("/proc/self/status") else { return };
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
    if let Some(kib) = peak {
        println!("memory {:.0} MiB, {:.1} KiB a peer", kib / 1024.0, kib / f64::from(report.peers + 1));
    }
}
