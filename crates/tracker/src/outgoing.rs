//! Requests to servers that the operator has named: one connection each, TLS 1.3, the machine's certificate authorities,
//! nothing followed and nothing without bound.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        Request, Response, StatusCode, Uri,
        header::{ACCEPT, CONNECTION, HOST, HeaderValue},
    },
};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName, version::TLS13};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const LONGEST: usize = 256 << 10;
/// Requests at once; others wait for their turn within their time.
const AT_ONCE: usize = 8;
/// Longest part of what somebody else says that is shown.
const SHOWN: usize = 200;

/// Why no server can be asked.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// No authority is known that could vouch for one.
    #[error(
        "this machine trusts no certificate authority: install its package `ca-certificates`, or name a file in $SSL_CERT_FILE"
    )]
    NoRoots,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("{0} is no address over HTTPS")]
    Address(String),
    #[error("{host}: {source}")]
    Connection { host: String, source: io::Error },
    #[error("{host} does not speak HTTP: {reason}")]
    Http { host: String, reason: String },
    #[error("{host} took longer than {} s", PATIENCE.as_secs())]
    Slow { host: String },
    #[error("{host} answered with {status}")]
    Status { host: String, status: StatusCode, body: Bytes },
    #[error("{host} answered with something else than was asked for: {reason}")]
    Strange { host: String, reason: String },
}

/// An address that may be asked: over HTTPS, or on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    uri: Uri,
    host: String,
    port: u16,
    is_tls: bool,
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, HttpError> {
        let strange = || HttpError::Address(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| strange())?;
        let host = uri.host().ok_or_else(strange)?.to_owned();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_local = bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_local => false,
            _ => return Err(strange()),
        };
        let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        if has_user || text.contains('#') {
            return Err(strange());
        }
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let host = bare.to_owned();
        Ok(Self { uri, host, port, is_tls })
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

/// Asks them.
pub(crate) struct Http {
    tls: TlsConnector,
    turns: Semaphore,
}

impl Http {
    pub(crate) fn new() -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        // Some that cannot be read do not spoil the others.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(TrustError::NoRoots);
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { tls: Arc::new(config).into(), turns: Semaphore::new(AT_ONCE) })
    }

    /// The body of a 200, which is to be JSON.
    pub(crate) async fn fetch(&self, to: &Address, mut request: Request<Body>) -> Result<Bytes, HttpError> {
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let answer = self.send(to, request).await?;
        match answer.status() {
            StatusCode::OK => Ok(answer.into_body()),
            status => Err(HttpError::Status { host: to.host.clone(), status, body: answer.into_body() }),
        }
    }

    /// The answer, whatever its status.
    pub(crate) async fn send(
        &self,
        to: &Address,
        request: Request<Body>,
    ) -> Result<Response<Bytes>, HttpError> {
        let asking = async {
            let _turn = self.turns.acquire().await;
            let broken = |source| HttpError::Connection { host: to.host.clone(), source };
            let stream = TcpStream::connect((to.host.as_str(), to.port)).await.map_err(broken)?;
            if !to.is_tls {
                return exchange(to, stream, request).await;
            }
            let name = ServerName::try_from(to.host.clone());
            let name = name.map_err(|_| HttpError::Address(to.host.clone()))?;
            exchange(to, self.tls.connect(name, stream).await.map_err(broken)?, request).await
        };
        let slow = |_| HttpError::Slow { host: to.host.clone() };
        timeout(PATIENCE, asking).await.map_err(slow)?
    }
}

async fn exchange(
    to: &Address,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    mut request: Request<Body>,
) -> Result<Response<Bytes>, HttpError> {
    let failed =
        |error: &dyn std::error::Error| HttpError::Http { host: to.host.clone(), reason: error.to_string() };
    let authority = to.uri.authority().map(ToString::to_string).unwrap_or_default();
    let path = to.uri.path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse().map_err(|_| HttpError::Address(to.uri.to_string()))?;
    for (name, value) in [(HOST, authority.as_str()), (CONNECTION, "close")] {
        let value = value.parse().map_err(|_| HttpError::Address(to.uri.to_string()))?;
        request.headers_mut().insert(name, value);
    }
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    let asking = async {
        let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
        let (head, body) = response.into_parts();
        let body = to_bytes(Body::new(body), LONGEST).await.map_err(|error| failed(&error))?;
        Ok(Response::from_parts(head, body))
    };
    // What it has read when it ends is still to be taken out of it.
    let driving = async {
        let _ = connection.await;
        std::future::pending::<std::convert::Infallible>().await
    };
    tokio::select! {
        answer = asking => answer,
        never = driving => match never {},
    }
}

/// What somebody else says, without what would disturb a log.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_over_https_or_on_this_machine_alone() {
        for text in [
            "https://id.example",
            "https://id.example:8443/realms/a",
            "http://127.0.0.1:1/",
            "http://[::1]:8",
        ] {
            assert!(Address::parse(text).is_ok(), "{text}");
        }
        for text in [
            "http://id.example",
            "http://127.0.0.1.example",
            "ftp://id.example",
            "id.example",
            "/realms",
            "",
            "https://a@id.example",
            "https://id.example#x",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
        let address = Address::parse("https://[2001:db8::1]/a").unwrap();
        assert_eq!((address.host(), address.port), ("2001:db8::1", 443));
    }
}
