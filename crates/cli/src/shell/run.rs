//! What the shell's commands do.

use std::path::Path;

use peerpool_api::{
    DownloadState, EventQuery, Get, OpenDoor, ParseTrackerUrlError, PeerQuery, Remove, Start,
};

use super::{Shell, command, command::ShellCommand};
use crate::{
    actions::{Change, SCREENFUL, all_items, change, find, open_in_browser, share_request, unshare, what},
    exit::{Exit, Failure},
    follow::Follow,
    output::{self, download_line, pool_list, say, text::safe},
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
            ShellCommand::Peers => say(&output::peers(&client.peers(&PeerQuery::default()).await?))?,
            ShellCommand::Mine => say(&output::repository(&client.shared().await?))?,
            ShellCommand::Share(path) => {
                let item = client.share(&share_request(client, Some(Path::new(&path)), None)?).await?;
                say(&format!("{} will be offered as soon as it is hashed", safe(&item.name)))?;
            }
            ShellCommand::Unshare(name) => {
                let item = unshare(client, &name).await?;
                say(&format!("{} is not shared any more; its file stays", safe(&item.name)))?;
            }
            ShellCommand::Stop(name) => self.change(name, Change::Stop).await?,
            ShellCommand::Pause(name) => self.change(name, Change::Pause).await?,
            ShellCommand::Resume(name) => self.change(name, Change::Resume).await?,
            ShellCommand::Rm(name) => {
                let download = find(&client.downloads().await?, &name, client.repository())?;
                client.remove(&download.hash, Remove { data: false }).await?;
                say(&format!("forgot the download of {}", safe(&download.name)))?;
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
        let page = all_items(&Pool::Peer(self.client.clone()), search, Some(SCREENFUL)).await?;
        say(&output::items(&page.items, page.next.is_some()))?;
        Ok(())
    }

    async fn change(&self, name: Option<String>, kind: Change) -> Result<(), Failure> {
        let changed = change(&self.client, name.as_deref(), kind).await?;
        if changed.is_empty() {
            say("no download to change")?;
        }
        for download in changed {
            say(&download_line(&download))?;
        }
        Ok(())
    }

    /// Fetches an item and shows how it goes. Ctrl-C leaves it running.
    async fn get(&mut self, name: &str) -> Result<(), Failure> {
        let get = Get { what: what(name)?, files: Vec::new(), save_as: None };
        let download = self.client.get(&get).await?;
        if download.state == DownloadState::Complete {
            say(&download_line(&download))?;
            return Ok(());
        }
        let name = download.name.clone();
        let mut progress = if self.verbose { Progress::plain() } else { Progress::new(false) };
        let follow = Follow::new(&self.client, download).to_the_end(&mut self.events, &mut progress);
        let done = tokio::select! {
            done = follow => Some(done),
            () = signals::ctrl_c() => None,
        };
        progress.finish();
        match done {
            Some(done) => say(&download_line(&done?))?,
            None => {
                say(&format!(
                    "{} goes on in the background: `status` shows it, `stop` stops it",
                    safe(&name)
                ))?;
            }
        }
        Ok(())
    }
}
