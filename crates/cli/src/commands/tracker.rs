//! `peerpool tracker`.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::pin,
};

use peerpool_access::Invite;
use peerpool_api::TrackerUrl;
use peerpool_tracker::{AcmeConfig, CertificateFiles, Config, OidcConfig, Tracker};

use crate::{
    args,
    exit::{Exit, Failure},
    gateway::Gateway,
    output::{remark, say},
    signals,
};

const EVERYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), TrackerUrl::DEFAULT_PORT);

impl TryFrom<args::Tracker> for Config {
    type Error = Failure;

    fn try_from(args: args::Tracker) -> Result<Self, Failure> {
        Ok(Self {
            listen: args.listen.unwrap_or(EVERYWHERE),
            data: args.data,
            database: args.database,
            advertise: args.advertise,
            name: args.name,
            announce_on_lan: !args.no_discovery,
            hosts: args.hosts,
            sites: args.sites,
            members: args.members,
            certificate: args
                .certificate
                .zip(args.key)
                .map(|(certificate, key)| CertificateFiles { certificate, key }),
            acme: acme(args.acme)?,
            oidc: oidc(args.oidc)?,
            convert: args.convert,
        })
    }
}

/// The authority, if it is to vouch for a name.
fn acme(said: args::Acme) -> Result<Option<AcmeConfig>, Failure> {
    let args::Acme { names, directory, contact } = said;
    match (names.is_empty(), directory.is_some() || contact.is_some()) {
        (true, false) => Ok(None),
        (true, true) => Err(Failure::told(
            Exit::Usage,
            "an authority signs a certificate for names: say them by `names` of [tracker_server.acme], or --acme",
        )),
        (false, _) => {
            let directory = directory.unwrap_or_else(|| AcmeConfig::LETS_ENCRYPT.to_owned());
            Ok(Some(AcmeConfig { names, directory, contact }))
        }
    }
}

/// The provider, if one is named; it is not known without what it calls this tracker.
fn oidc(said: args::Oidc) -> Result<Option<OidcConfig>, Failure> {
    let args::Oidc { issuer, client_id, client_secret_file, name } = said;
    match (issuer, client_id) {
        (None, None) => Ok(None),
        (Some(issuer), Some(client_id)) => {
            Ok(Some(OidcConfig { issuer, client_id, client_secret_file, name }))
        }
        _ => Err(Failure::told(
            Exit::Usage,
            "a provider of accounts needs both `issuer` and `client_id` of [tracker_server.oidc], or --oidc-issuer and \
             --oidc-client-id",
        )),
    }
}

/// While nobody keeps a pool for members, its next line is how to get in.
fn say_invite(invite: &Invite) -> Result<(), Failure> {
    remark(
        "nobody keeps this pool yet: `peerpool join` takes this link, good once, and makes its first administrator",
    );
    say(&invite.to_string())
}

/// By what people know the tracker in their browser, where no authority vouches for it.
fn say_fingerprint(tracker: &Tracker) -> Result<(), Failure> {
    tracker.fingerprint().map_or(Ok(()), |fingerprint| say(&format!("certificate SHA-256 {fingerprint}")))
}

pub(super) async fn run(said: args::Tracker) -> Result<(), Failure> {
    // Whoever reads `ready` may send a signal at once.
    let mut interrupt = pin!(signals::interrupted());
    let tracker = tokio::select! {
        biased;
        () = &mut interrupt => return Ok(()),
        started = Tracker::start(said.clone().try_into()?) => started?,
    };
    let gateway = match Gateway::open(&tracker, &said).await {
        Ok(gateway) => gateway,
        Err(failure) => {
            tracker.shutdown().await;
            return Err(failure);
        }
    };
    let address = tracker.addr();
    let told = say(&format!(
        "ready tracker {} id {} port {}",
        TrackerUrl::from(address),
        tracker.id(),
        address.port()
    ));
    let told = told.and_then(|()| tracker.invite().map_or(Ok(()), say_invite));
    let told = told.and_then(|()| say_fingerprint(&tracker));
    if told.is_ok() {
        tokio::select! {
            () = interrupt => {}
            () = tracker.wait() => {}
        }
    }
    if let Some(gateway) = gateway {
        gateway.close().await;
    }
    tracker.shutdown().await;
    told
}
