//! What the shell's commands do.

use std::path::Path;

use peerpool_api::{EventQuery, Get, HistoryQuery, OpenDoor, ParseTrackerUrlError, PeerQuery, Remove, Start};

use super::{Shell, command, command::ShellCommand};
use crate::{
    actions::{
        Change, SCREENFUL, Tally, all_items, change, choose, limit, open_in_browser, set_priority,
        share_paths, share_request, show_log, unshare, wanted,
    },
    exit::{Exit, Failure},
    follow::Follow,
    output::{self, Output, download_line, pool_list, say, text::safe},
    pool::Pool,
    progress::Progress,
    signals,
};

impl Shell {
    /// Does what a command says. `end` is the loop's business.
    pub(super) async fn execute(&mut self, command: ShellCommand) -> Result<(), Failure> {
        match command {
            ShellCommand::Get(name) => self.get(&name).await,
            ShellCommand::Verbose(on) => self.set_verbose(on).await,
            // Ctrl-C ends what is followed, and is no failure.
            ShellCommand::Log(lines) if lines.follow => {
                show_log(Output::default(), &mut Pool::Peer(self.client.clone()), lines, signals::ctrl_c())
                    .await
            }
            command => tokio::select! {
                done = self.ask(command) => done,
                () = signals::ctrl_c() => Err(Failure::Interrupted),
            },
        }
    }

    /// The commands that only ask the peer.
    async fn ask(&self, command: ShellCommand) -> Result<(), Failure> {
        let client = &self.client;
        match command {
            ShellCommand::Start(tracker) => {
                let tracker = tracker.map(|text| text.parse()).transpose();
                let tracker = tracker
                    .map_err(|error: ParseTrackerUrlError| Failure::told(Exit::Usage, error.to_string()))?;
                say(&pool_list(&client.start(&Start { tracker }).await?))?;
            }
            ShellCommand::Update => say(&pool_list(&client.update().await?))?,
            ShellCommand::List => self.list(None).await?,
            ShellCommand::Search(text) => self.list(Some(text)).await?,
            ShellCommand::Status => say(&output::status(&client.status().await?))?,
            ShellCommand::Problems => say(&output::problems(&client.status().await?.problems))?,
            ShellCommand::History(search) => {
                let query = HistoryQuery { search, ..HistoryQuery::default() };
                say(&output::history(&client.history(&query).await?))?;
            }
            ShellCommand::Peers => say(&output::peers(&client.peers(&PeerQuery::default()).await?))?,
            ShellCommand::Mine => say(&output::repository(&client.shared().await?))?,
            ShellCommand::Share(path) => {
                self.share(&path).await?;
            }
            ShellCommand::Unshare(name) => {
                for item in unshare(client, &name).await? {
                    say(&format!("{} is not shared any more; its file stays", safe(&item.name)))?;
                }
            }
            ShellCommand::Stop(name) => self.change(name, Change::Stop).await?,
            ShellCommand::Pause(name) => self.change(name, Change::Pause).await?,
            ShellCommand::Resume(name) => self.change(name, Change::Resume).await?,
            ShellCommand::Rm(name) => {
                let (chosen, tally) = choose(client, &[name]).await?;
                for download in chosen {
                    client.remove(&download.hash, Remove { data: false }).await?;
                    say(&format!("forgot the download of {}", safe(&download.name)))?;
                }
                tally.end()?;
            }
            ShellCommand::Priority(level, name) => {
                let (changed, tally) = set_priority(client, &[name], level.into()).await?;
                for download in changed {
                    say(&download_line(&download))?;
                }
                tally.end()?;
            }
            ShellCommand::Limit(change) => say(&output::limits(&limit(client, &change).await?))?,
            ShellCommand::Log(lines) => {
                let mut server = Pool::Peer(client.clone());
                show_log(Output::default(), &mut server, lines, std::future::ready(())).await?;
            }
            ShellCommand::Web => {
                let door = client.open_door(&OpenDoor::default()).await?;
                say(&door.link)?;
                if !open_in_browser(&door.link) {
                    say("no browser could be started: open the link, which lets one browser in, once")?;
                }
            }
            ShellCommand::Help => say(&command::help())?,
            ShellCommand::Get(_) | ShellCommand::Verbose(_) | ShellCommand::End => {}
        }
        Ok(())
    }

    async fn set_verbose(&mut self, on: bool) -> Result<(), Failure> {
        self.events = self.client.events(EventQuery { trace: on, hold: false }).await?;
        self.verbose = on;
        say(if on { "verbose is on" } else { "verbose is off" })?;
        Ok(())
    }

    async fn list(&self, search: Option<String>) -> Result<(), Failure> {
        let page = all_items(&mut Pool::Peer(self.client.clone()), search, Some(SCREENFUL)).await?;
        say(&output::items(&page.items, page.next.is_some()))?;
        Ok(())
    }

    async fn share(&self, path: &str) -> Result<(), Failure> {
        let paths = share_paths(self.client.repository(), Path::new(path));
        let mut tally = Tally::of(paths.len());
        for path in paths {
            let share =
                async { Ok(self.client.share(&share_request(&self.client, Some(&path), None)?).await?) };
            if let Some(item) = tally.note(share.await)? {
                say(&format!("{} will be offered as soon as it is hashed", safe(&item.name)))?;
            }
        }
        tally.end()
    }

    async fn change(&self, name: Option<String>, kind: Change) -> Result<(), Failure> {
        let names = Vec::from_iter(name);
        let (changed, tally) = change(&self.client, &names, kind).await?;
        if changed.is_empty() && names.is_empty() {
            say("no download to change")?;
        }
        for download in changed {
            say(&download_line(&download))?;
        }
        tally.end()
    }

    /// Fetches an item, or all that fit a pattern, and shows how it goes. Ctrl-C leaves it running.
    async fn get(&mut self, name: &str) -> Result<(), Failure> {
        let meant = wanted(&self.client, name).await?;
        let mut tally = Tally::of(meant.len());
        let mut begun = Vec::with_capacity(meant.len());
        for what in meant {
            let get = Get { what, files: Vec::new(), save_as: None };
            begun.extend(tally.note(self.client.get(&get).await.map_err(Failure::from))?);
        }
        let names: Vec<String> = begun.iter().map(|download| safe(&download.name)).collect();
        let mut progress = if self.verbose { Progress::plain() } else { Progress::new(false) };
        let mut follow = Follow::several(&self.client, begun.into_iter().enumerate());
        loop {
            let ended = tokio::select! {
                ended = follow.next(&mut self.events, &mut progress) => ended,
                () = signals::ctrl_c() => {
                    progress.finish();
                    let go = if names.len() == 1 { "goes" } else { "go" };
                    let names = names.join(", ");
                    return say(&format!("{names} {go} on in the background: `status` shows it, `stop` stops it"));
                }
            };
            match ended? {
                Some((_, outcome)) => {
                    if let Some(download) = tally.note(outcome)? {
                        progress.aside(|| say(&download_line(&download)))?;
                    }
                }
                None => break,
            }
        }
        progress.finish();
        tally.end()
    }
}
