//! What a tracker finds in its data, and keeps there.

use std::path::{Path, PathBuf};

use peerpool_access::Moment;
use peerpool_catalogue::{Catalogue, NewItem, Restoring};
use tokio::sync::mpsc;

use super::Config;
use crate::{
    clock,
    error::StartError,
    https::{Acme, CertificateError, Https},
    members::{KnownItem, TrackerKeys},
    oidc::{Oidc, OidcSetupError},
    store::{Store, StoreError},
};

/// Batches of items that wait to be taken up at a start.
const LOADED: usize = 8;

/// The keys of a pool for members, what browsers are shown there, and who deals with an authority.
pub(super) type Keys = (TrackerKeys, Https, Option<Acme>);

/// What a pool for members needs of the data folder; `used` is where an earlier run has kept something.
pub(super) fn keys(
    config: &Config,
    folder: &Path,
    used: Option<&PathBuf>,
) -> Result<Option<Keys>, StartError> {
    if config.acme.is_some() && !config.members {
        return Err(CertificateError::Open.into());
    }
    match (config.members, TrackerKeys::are_in(folder), used) {
        (true, false, Some(path)) if !config.convert => Err(StartError::Open { path: path.clone() }),
        (true, _, _) => {
            let keys = TrackerKeys::load_or_create(folder, &config.pool_name(), Moment(clock::date()))?;
            let (operators, authority) = (config.certificate.as_ref(), config.acme.as_ref());
            let (https, acme) = Https::load(operators, authority, folder, &config.hosts)?;
            Ok(Some((keys, https, acme)))
        }
        (false, true, _) => Err(StartError::MembersOnly { path: folder.to_owned() }),
        (false, false, _) => Ok(None),
    }
}

pub(super) fn oidc(config: &Config) -> Result<Option<Oidc>, OidcSetupError> {
    match &config.oidc {
        Some(_) if !config.members => Err(OidcSetupError::Open),
        said => said.as_ref().map(Oidc::open).transpose(),
    }
}

/// Fills the catalogue with what the store has, while that is read; `known` gets what members are told of.
pub(super) async fn restore(
    mut restoring: Restoring,
    store: &mut impl Store,
    mut known: Option<&mut Vec<KnownItem>>,
) -> Result<Catalogue, StoreError> {
    let (items, mut loaded) = mpsc::channel::<Vec<NewItem>>(LOADED);
    let adding = async {
        while let Some(batch) = loaded.recv().await {
            if let Some(known) = &mut known {
                known.extend(batch.iter().map(KnownItem::from));
            }
            batch.into_iter().for_each(|item| restoring.add(item));
        }
        restoring.finish()
    };
    let (loading, catalogue) = tokio::join!(store.load(items), adding);
    loading.map(|()| catalogue)
}

pub(super) fn data_error(path: &Path, error: &StoreError) -> StartError {
    StartError::Data { path: path.to_owned(), message: error.to_string() }
}
