//! One file for each command.

mod completions;
mod downloads;
mod end;
mod get;
mod list;
mod peer;
mod peers;
mod problems;
mod remove;
mod share;
mod status;
mod torrent;
mod tracker;
mod update;

use crate::{
    args::{Cli, Command},
    config::Config,
    demo,
    exit::Failure,
    output::Output,
};

pub use self::{
    downloads::{Change, change, find},
    get::what,
    list::everything,
    peer::DEFAULT_REPOSITORY,
    share::{request as share_request, withdraw as unshare},
    update::human as pool_list,
};

/// Does what the command line says.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    let config = Config::load(&cli.globals)?;
    let out = Output { json: cli.globals.json, quiet: cli.globals.quiet };
    match cli.command {
        Command::Tracker(tracker) => tracker::run(config.complete_tracker(tracker)).await,
        Command::Peer(args) => peer::run(config.complete(args.place), args.no_shell).await,
        Command::Get(args) => get::run(out, config.complete(args.place.clone()), args).await,
        Command::Ls(args) => list::run(out, config.complete(args.place), None, args.limit).await,
        Command::Search(args) => {
            let place = config.complete(args.list.place);
            list::run(out, place, Some(args.text.join(" ")), args.list.limit).await
        }
        Command::Share(args) => share::share(out, config.complete(args.place.clone()), args).await,
        Command::Unshare(args) => share::unshare(out, config.complete(args.place), args.name).await,
        Command::Status(place) => status::run(out, config.complete(place)).await,
        Command::Problems(place) => problems::run(out, config.complete(place)).await,
        Command::Pause(args) => {
            downloads::run(out, config.complete(args.place), args.name, Change::Pause).await
        }
        Command::Resume(args) => {
            downloads::run(out, config.complete(args.place), args.name, Change::Resume).await
        }
        Command::Stop(args) => {
            downloads::run(out, config.complete(args.place), args.name, Change::Stop).await
        }
        Command::Rm(args) => remove::run(out, config.complete(args.place.clone()), args).await,
        Command::Peers(place) => peers::run(out, config.complete(place)).await,
        Command::Update(place) => update::run(out, config.complete(place)).await,
        Command::End(place) => end::run(out, config.complete(place)).await,
        Command::Torrent(args) => torrent::run(out, args.action).await,
        Command::Demo(args) => demo::run(out, args).await,
        Command::Completions { shell } => completions::print(shell),
        Command::Man { folder } => completions::man(&folder),
    }
}
