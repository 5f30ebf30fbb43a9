//! One file for each command.

mod access;
mod audit;
mod completions;
mod config;
mod devices;
mod downloads;
mod end;
mod follow;
mod get;
mod groups;
mod history;
mod invite;
mod join;
mod limit;
mod list;
mod log;
mod members;
mod password;
mod peer;
mod peers;
mod priority;
mod problems;
mod reload;
mod remove;
mod share;
mod sign_ins;
mod status;
mod tokens;
mod torrent;
mod tracker;
mod tracker_drain;
mod tracker_keys;
mod update;
mod web;

use crate::{
    actions::Change,
    args::{self, Cli, Command, TrackerAction},
    config::Config,
    daemon::{self, Means},
    demo,
    exit::Failure,
    output::Output,
};

/// Does what the command line says.
pub async fn run(cli: Cli, config: Config, means: Means) -> Result<(), Failure> {
    let out = Output { json: cli.globals.json, quiet: cli.globals.quiet };
    match cli.command {
        Command::Tracker(args::Tracker { action: Some(TrackerAction::Keys(keys)), .. }) => {
            tracker_keys::run(out, &config, keys.action).await
        }
        Command::Tracker(args::Tracker { action: Some(TrackerAction::Drain(drain)), .. }) => {
            tracker_drain::run(out, &config, drain).await
        }
        Command::Tracker(tracker) if tracker.daemon => daemon::tracker::run(means, config, tracker).await,
        Command::Peer(args) if args.daemon => daemon::peers::run(means, config, args.options()).await,
        Command::Tracker(tracker) => tracker::run(config.complete_tracker(tracker)).await,
        Command::Peer(args) => {
            let options = config.complete(args.options());
            config.check_named(&options)?;
            peer::run(options, args.no_shell).await
        }
        Command::Get(args) => get::run(out, config.complete(args.options.clone()), args).await,
        Command::Ls(args) => list::run(out, config.complete(args.options.clone()), None, args).await,
        Command::Search(args) => {
            let options = config.complete(args.list.options.clone());
            list::run(out, options, Some(args.text.join(" ")), args.list).await
        }
        Command::Share(args) => share::share(out, config.complete(args.options.clone()), args).await,
        Command::Unshare(args) => share::unshare(out, config.complete(args.options), args.names).await,
        Command::Status(options) => status::run(out, config.complete(options)).await,
        Command::Problems(options) => problems::run(out, config.complete(options)).await,
        Command::Pause(args) => {
            downloads::run(out, config.complete(args.options), args.names, Change::Pause).await
        }
        Command::Resume(args) => {
            downloads::run(out, config.complete(args.options), args.names, Change::Resume).await
        }
        Command::Stop(args) => {
            downloads::run(out, config.complete(args.options), args.names, Change::Stop).await
        }
        Command::Follow(args) => follow::run(out, config.complete(args.options), args.names).await,
        Command::Priority(args) => priority::run(out, config.complete(args.options.clone()), args).await,
        Command::Rm(args) => remove::run(out, config.complete(args.options.clone()), args).await,
        Command::History(args) => history::run(out, config.complete(args.options.clone()), args).await,
        Command::Log(args) => log::run(out, config.complete(args.options.clone()), args).await,
        Command::Invite(args) => invite::run(out, args).await,
        Command::Members(args) => members::run(out, args).await,
        Command::Devices(args) => devices::run(out, args).await,
        Command::Groups(args) => groups::run(out, args).await,
        Command::Access(args) => access::run(out, args).await,
        Command::Audit(args) => audit::run(out, args).await,
        Command::Password(args) => password::run(out, args).await,
        Command::SignIns(args) => sign_ins::run(out, args).await,
        Command::Tokens(args) => tokens::run(out, args).await,
        Command::Join(args) => join::run(out, args).await,
        Command::Limit(args) => limit::run(out, config.complete(args.options.clone()), args).await,
        Command::Peers(options) => peers::run(out, config.complete(options)).await,
        Command::Update(options) => update::run(out, config.complete(options)).await,
        Command::Reload(args) => reload::run(out, &config, args).await,
        Command::Web(args) => web::run(out, config.complete(args.options.clone()), args).await,
        Command::End(options) => end::run(out, config.complete(options)).await,
        Command::Config(args) => config::run(out, &cli.globals, &config, &args),
        Command::Torrent(args) => torrent::run(out, args.action).await,
        Command::Demo(args) => demo::run(out, args).await,
        Command::Completions { shell } => completions::print(shell),
        Command::Man { folder } => completions::man(&folder),
    }
}
