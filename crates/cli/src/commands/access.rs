//! `peerpool access`.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use peerpool_api::{
    AccessQuery, Allow, Changed, MakeAnnounceKey, Rule, SetStock, Stock, StockQuery, StockTorrent, Why,
    WhyQuery, paths, torrent_from_base64,
};
use peerpool_peer::membership::TrackerConnection;
use peerpool_wire::id::InfoHash;
use serde::Serialize;

use crate::{
    actions::item_named,
    args::{self, About, AccessAction, Switch},
    device,
    exit::{Exit, Failure},
    output::{self, Output, end_of},
};

pub(super) async fn run(out: Output, args: args::Access) -> Result<(), Failure> {
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    match args.action {
        AccessAction::Show { item } => {
            let item = match item {
                Some(item) => Some(item_named(&mut tracker, &item).await?.hash),
                None => None,
            };
            let rules: Vec<Rule> = tracker.find(paths::ACCESS, &AccessQuery { item }).await?;
            out.show(&rules, |rules| output::rules(rules))
        }
        AccessAction::Allow { right, subject, about: About { item, names, everything: _ }, lasts } => {
            let item = match item {
                Some(item) => Some(item_named(&mut tracker, &item).await?.hash),
                None => None,
            };
            let rule = Allow { item, pattern: names, right: right.into(), subject, until: lasts.map(end_of) };
            let changed: Changed = tracker.post(paths::ACCESS, &rule).await?;
            out.show(&changed, output::changed)
        }
        AccessAction::Deny { rule } => {
            let path = paths::with_name(paths::ACCESS_RULE, &rule.to_string());
            let changed: Changed = tracker.delete(&path).await?;
            out.show(&changed, output::changed)
        }
        AccessAction::Why { item, member } => {
            let item = item_named(&mut tracker, &item).await?.hash;
            let why: Why = tracker.find(paths::ACCESS_WHY, &WhyQuery { item, member }).await?;
            out.show(&why, output::why)
        }
        AccessAction::Stock { item, set, torrent } => {
            let item = item_named(&mut tracker, &item).await?.hash;
            stock(out, &mut tracker, item, set, torrent).await
        }
        AccessAction::Revoke { key } => {
            let path = paths::with_name(paths::ANNOUNCE_KEY, &key);
            let changed: Changed = tracker.delete(&path).await?;
            out.show(&changed, output::changed)
        }
    }
}

/// A .torrent file that was written.
#[derive(Debug, Serialize)]
struct Written {
    /// Which key stands in it.
    id: String,
    file: PathBuf,
}

async fn stock(
    out: Output,
    tracker: &mut TrackerConnection,
    item: InfoHash,
    set: Option<Switch>,
    torrent: Option<PathBuf>,
) -> Result<(), Failure> {
    if let Some(file) = torrent {
        let mut secret = create_secret(&file)?;
        let made = make_torrent(tracker, item).await.and_then(|(made, torrent)| {
            secret.write_all(&torrent).map_err(Failure::file("write", &file))?;
            Ok(made)
        });
        // What there is of it is good for nothing then.
        let made = made.inspect_err(|_| drop(fs::remove_file(&file)))?;
        return out.show(&Written { id: made.id, file }, |written| {
            format!(
                "{}: whoever has it can fetch {}, unencrypted, until `peerpool access revoke {}`",
                written.file.display(),
                made.name,
                written.id
            )
        });
    }
    match set {
        None => {
            let stock: Stock = tracker.find(paths::STOCK, &StockQuery { item }).await?;
            out.show(&stock, output::stock)
        }
        Some(set) => {
            let allowed = set == Switch::On;
            let changed: Changed = tracker.put(paths::STOCK, &SetStock { item, allowed }).await?;
            out.show(&changed, |changed| match allowed {
                true => format!("{}\n{}", output::changed(changed), output::WEAKER),
                false => output::changed(changed),
            })
        }
    }
}

/// A .torrent file with a new key, as it was made and as bytes.
async fn make_torrent(
    tracker: &mut TrackerConnection,
    item: InfoHash,
) -> Result<(StockTorrent, Vec<u8>), Failure> {
    let made: StockTorrent = tracker.post(paths::ANNOUNCE_KEYS, &MakeAnnounceKey { item }).await?;
    let torrent = torrent_from_base64(&made.torrent);
    let torrent = torrent
        .ok_or_else(|| Failure::told(Exit::Failed, "the tracker's answer is not understood".to_owned()))?;
    Ok((made, torrent))
}

/// Makes a file that nobody else can read, and replaces none.
fn create_secret(path: &Path) -> Result<File, Failure> {
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    created.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::told(Exit::Exists, format!("{} is there already: name another file", path.display()))
        }
        _ => Failure::file("write", path)(error),
    })
}
