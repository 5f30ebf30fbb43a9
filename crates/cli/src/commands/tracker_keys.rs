//! `peerpool tracker keys`.

use std::path::{Path, PathBuf};

use peerpool_access::Moment;
use peerpool_api::{Error, KeysRead, read_keys_again};
use peerpool_tracker::{
    default_data_folder,
    members::{KeysFolder, Overview},
};

use crate::{
    args::KeysAction,
    clock,
    config::Config,
    exit::{Exit, Failure},
    output::{self, Output, PoolKeys},
};

pub(super) async fn run(out: Output, config: &Config, action: KeysAction) -> Result<(), Failure> {
    let said = match &action {
        KeysAction::Show(of) => of,
        KeysAction::Rotate(args) | KeysAction::Renew(args) => &args.of,
        KeysAction::ExportRoot(args) | KeysAction::ImportRoot(args) => &args.of,
        KeysAction::Export(args) | KeysAction::Import(args) => &args.of,
    };
    let data = data_folder(config, said.data.clone())?;
    let (folder, now) = (KeysFolder::new(&data), Moment(clock::now()));
    let mut told = None;
    let overview = match action {
        KeysAction::Show(_) => folder.overview()?,
        KeysAction::Rotate(args) => {
            let overview = folder.rotate(args.root.as_deref(), now)?;
            told = tell(&data).await.map_err(|failure| untold(&failure))?;
            overview
        }
        KeysAction::Renew(args) => {
            if tell(&data).await?.is_some() {
                let message = "the tracker runs, and would go on with its old keys: stop it, then renew them";
                return Err(Failure::told(Exit::Busy, message));
            }
            folder.renew(args.root.as_deref(), now)?
        }
        KeysAction::Export(args) => folder.export(&args.file)?,
        KeysAction::Import(args) => {
            let shown = folder.overview().map(|known| known.keyset.trackers).ok();
            let overview = folder.import(&args.file, now)?;
            told = tell(&data).await.map_err(|failure| untold(&failure))?;
            if told.is_some() && shown.is_some_and(|shown| shown != overview.keyset.trackers) {
                let message =
                    "the new keys are in place, but the tracker still shows the old one: start it anew";
                return Err(Failure::told(Exit::Busy, message));
            }
            overview
        }
        KeysAction::ExportRoot(args) => folder.export_root(&args.file)?,
        KeysAction::ImportRoot(args) => folder.import_root(&args.file)?,
    };
    out.show(&report(overview, told), output::keys)
}

/// Where the data of the tracker are that a command is about.
pub(super) fn data_folder(config: &Config, said: Option<PathBuf>) -> Result<PathBuf, Failure> {
    config
        .tracker_data(said)
        .or_else(default_data_folder)
        .ok_or_else(|| Failure::told(Exit::Usage, "there is no folder for a tracker's data: say --data DIR"))
}

/// Has the tracker go on with what is in its data folder; how many peers it tells, if one runs there.
async fn tell(data: &Path) -> Result<Option<usize>, Failure> {
    match read_keys_again(data).await {
        Ok(KeysRead { peers, .. }) => Ok(Some(peers)),
        Err(Error::NoTracker { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What is done is done, and is not to be done again.
fn untold(failure: &Failure) -> Failure {
    let message = format!("the new key is in place, but the tracker was not told ({failure}): start it anew");
    Failure::told(failure.exit(), message)
}

fn report(overview: Overview, told: Option<usize>) -> PoolKeys {
    let Overview { root, root_is_here, keyset, old_leave } = overview;
    PoolKeys {
        root: root.to_string(),
        root_is_here,
        name: keyset.name,
        serial: keyset.serial,
        signers: keyset.signers.iter().map(ToString::to_string).collect(),
        trackers: keyset.trackers.iter().map(ToString::to_string).collect(),
        old_leave: old_leave.map(|moment| moment.0),
        told,
    }
}
