//! `peerpool get`.

mod stream;

use std::{collections::BTreeMap, time::Duration};

use peerpool_api::{Download, EventQuery, Get, What};
use tokio::time::timeout;

use super::peer::ready;
use crate::{
    actions::{Tally, copy_into, wanted, what},
    args::{self, PeerOptions},
    exit::{Exit, Failure},
    follow::Follow,
    output::{self, Output, remark, say},
    progress::Progress,
    session::{self, Session, with_peer},
};

pub(super) async fn run(out: Output, options: PeerOptions, args: args::Get) -> Result<(), Failure> {
    if args.what.len() > 1 && (args.output.is_some() || !args.files.is_empty()) {
        return Err(Failure::told(Exit::Usage, "--output and --file are about one item: name one alone"));
    }
    if args.output.as_deref() == Some("-") {
        return stream::run(out, options, args).await;
    }
    if let [only] = &args.what[..] {
        // What cannot be read needs no peer to say so.
        what(only, &session::repository(&options)?)?;
    }
    let stay = args.stay;
    let mut job = Job::new(out, args);
    let done = with_peer(&options, stay, async |session, options| job.work(session, options).await);
    let done = done.await;
    job.progress.finish();
    done.and_then(|()| job.tally.end())
}

/// What is to be fetched, over all peers that may fetch it one after the other.
struct Job {
    out: Output,
    args: args::Get,
    /// What is not fetched yet, by numbers of ours; `None` until the pool was asked what patterns mean.
    left: Option<BTreeMap<usize, Get>>,
    tally: Tally,
    progress: Progress,
    /// Whether `ready` was said.
    said: bool,
}

impl Job {
    fn new(out: Output, args: args::Get) -> Self {
        let (tally, progress) = (Tally::of(args.what.len()), Progress::new(out.quiet));
        Self { out, args, left: None, tally, progress, said: false }
    }

    fn patience(&self) -> Option<Duration> {
        self.args.timeout.map(Duration::from_secs)
    }

    async fn work(&mut self, session: &Session, options: &PeerOptions) -> Result<(), Failure> {
        let join = session.join(options);
        self.in_time(join).await?;
        if self.left.is_none() {
            self.left = Some(self.choose(session).await?);
        }
        let mut events = session.client.events(EventQuery::default()).await?;
        let begun = self.begin(session).await?;
        if self.args.stay && session.is_own() && !std::mem::replace(&mut self.said, true) {
            say(&ready(&session.client.status().await?))?;
        }
        let mut follow = Follow::several(&session.client, begun).patience(self.patience());
        while let Some((number, outcome)) = follow.next(&mut events, &mut self.progress).await? {
            let fetched = self.tally.note(outcome.and_then(|download| self.bring(session, download)))?;
            self.left.iter_mut().for_each(|left| drop(left.remove(&number)));
            if let Some(download) = fetched {
                self.tell(&download)?;
            }
        }
        self.progress.finish();
        Ok(())
    }

    /// What the command line names. What names nothing is told, and left out.
    async fn choose(&mut self, session: &Session) -> Result<BTreeMap<usize, Get>, Failure> {
        let mut answers = Vec::new();
        for text in &self.args.what {
            match wanted(&session.client, text).await {
                // The next peer is asked anew.
                Err(failure) if !failure.is_about_one() => return Err(failure),
                answer => answers.push(answer),
            }
        }
        let mut chosen = Vec::new();
        for answer in answers {
            let meant = self.tally.note(answer)?.unwrap_or_default();
            self.tally.expand(meant.len());
            chosen.extend(meant);
        }
        if chosen.len() > 1 && (self.args.output.is_some() || !self.args.files.is_empty()) {
            let message = "--output and --file are about one item, and the pattern means several";
            return Err(Failure::told(Exit::Usage, message));
        }
        let get = |what| Get { what, files: self.args.files.clone(), save_as: self.args.output.clone() };
        Ok(chosen.into_iter().map(get).enumerate().collect())
    }

    /// Begins, or takes up, all that is left. What cannot begin is told, and left no longer.
    async fn begin(&mut self, session: &Session) -> Result<BTreeMap<usize, Download>, Failure> {
        let nameless = session.client.status().await?.tracker.url.is_none();
        let mut begun: BTreeMap<usize, Download> = BTreeMap::new();
        for (number, get) in self.left.clone().unwrap_or_default() {
            let outcome = match nameless && matches!(get.what, What::Item(_)) {
                true => Err(no_tracker()),
                false => {
                    let begin = async { Ok(session.client.get(&get).await?) };
                    self.in_time(begin).await
                }
            };
            match self.tally.note(outcome)? {
                Some(download) if begun.values().all(|known| known.hash != download.hash) => {
                    begun.insert(number, download);
                }
                // It failed, or several of the names mean it.
                _ => self.left.iter_mut().for_each(|left| drop(left.remove(&number))),
            }
        }
        Ok(begun)
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        match self.patience() {
            None => work.await,
            Some(patience) => timeout(patience, work).await.unwrap_or_else(|_| Err(no_answer(patience))),
        }
    }

    /// Copies what was fetched to where it is to be, too.
    fn bring(&self, session: &Session, download: Download) -> Result<Download, Failure> {
        if let Some(folder) = &self.args.to {
            copy_into(&session.client.repository().join(&download.name), folder)?;
        }
        Ok(download)
    }

    fn tell(&self, download: &Download) -> Result<(), Failure> {
        self.progress.aside(|| {
            if !self.out.quiet && !self.out.json {
                remark(&output::download_line(download));
            }
            self.out.show(download, |download| format!("complete {}", output::text::safe(&download.name)))
        })
    }
}

fn no_tracker() -> Failure {
    let message = "an item is found by its name through a tracker: say which one by --tracker HOST:PORT";
    Failure::told(Exit::Usage, message)
}

fn no_answer(patience: Duration) -> Failure {
    let seconds = patience.as_secs();
    Failure::told(
        Exit::Unreachable,
        format!("the download could not begin within {seconds} s: is the tracker reachable?"),
    )
}
