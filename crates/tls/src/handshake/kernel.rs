//! The keys of a connection, out of rustls. It alone derives those that follow, for both directions.

use std::sync::{Arc, Mutex, PoisonError};

use peerpool_access::key::PublicKey;
use rustls::{ConnectionTrafficSecrets, Error, ExtractedSecrets, kernel::KernelConnection};

use super::{HandshakeError, Session};
use crate::records::{Direction, NextKey, TrafficKey, pair};

/// The connection of a peer with that key.
pub(super) fn session<Data: Send + 'static>(
    peer: PublicKey,
    secrets: ExtractedSecrets,
    kernel: KernelConnection<Data>,
) -> Result<Session, HandshakeError> {
    let ExtractedSecrets { tx: (sent, out), rx: (received, back) } = secrets;
    let kernel = Arc::new(Mutex::new(kernel));
    let out = Direction {
        key: TrafficKey::from_secrets(sent, &out)?,
        next: next_key(kernel.clone(), KernelConnection::update_tx_secret),
    };
    let back = Direction {
        key: TrafficKey::from_secrets(received, &back)?,
        next: next_key(kernel, KernelConnection::update_rx_secret),
    };
    let (sealer, opener) = pair(out, back);
    Ok(Session { peer, sealer, opener })
}

/// Derives the next secrets of one direction.
type Update<Data> = fn(&mut KernelConnection<Data>) -> Result<(u64, ConnectionTrafficSecrets), Error>;

fn next_key<Data: Send + 'static>(
    kernel: Arc<Mutex<KernelConnection<Data>>>,
    update: Update<Data>,
) -> NextKey {
    Box::new(move || {
        // Keys are derived by one call, so a panic elsewhere leaves nothing half done.
        let mut kernel = kernel.lock().unwrap_or_else(PoisonError::into_inner);
        let (sequence, secrets) = update(&mut kernel)?;
        TrafficKey::from_secrets(sequence, &secrets)
    })
}
