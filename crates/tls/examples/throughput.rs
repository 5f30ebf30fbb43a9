//! Load for `./bench secure`: bytes from one thread to another over loopback.
//!
//! `throughput plain|rustls|records MEBIBYTES`: as they are, through tokio-rustls, or through this crate. Whoever runs it
//! measures its time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a load generator ends when anything is wrong")]

use std::{env, net::Ipv4Addr, thread};

use peerpool_tls::{Endpoint, Identity, Protocol};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Bytes that one end writes at once and the other reads at once: the longest request of peers.
const RUN: usize = 1 << 20;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [kind, mebibytes] = arguments.as_slice() else { panic!("throughput plain|rustls|records MEBIBYTES") };
    let (kind, runs): (&str, u64) = (kind, mebibytes.parse().unwrap());
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            block_on(async {
                let tcp = TcpListener::from_std(listener).unwrap().accept().await.unwrap().0;
                serve(kind, tcp, runs).await;
            });
        });
        block_on(async { fetch(kind, TcpStream::connect(address).await.unwrap(), runs).await });
    });
}

fn block_on(task: impl Future<Output = ()>) {
    runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(task);
}

fn peer(seed: u8) -> Endpoint {
    Endpoint::new(&Identity::from_seed([seed; 32]).unwrap(), Protocol::Peer).unwrap()
}

async fn serve(kind: &str, tcp: TcpStream, runs: u64) {
    match kind {
        "plain" => write(tcp, runs).await,
        "rustls" => write(TlsAcceptor::from(peer(2).server_config()).accept(tcp).await.unwrap(), runs).await,
        "records" => {
            let (reader, writer) = tcp.into_split();
            write(peer(2).accept(reader, writer).await.unwrap().writer, runs).await;
        }
        _ => panic!("no such kind: {kind}"),
    }
}

async fn fetch(kind: &str, tcp: TcpStream, runs: u64) {
    match kind {
        "plain" => read(tcp, runs).await,
        "rustls" => {
            let connector = TlsConnector::from(peer(1).client_config(peer(2).key()));
            let name = ServerName::try_from("0.0.0.0").unwrap();
            read(connector.connect(name, tcp).await.unwrap(), runs).await;
        }
        "records" => {
            let (reader, writer) = tcp.into_split();
            let connection = peer(1).connect(reader, writer, peer(2).key()).await.unwrap();
            read(connection.reader, runs).await;
        }
        _ => panic!("no such kind: {kind}"),
    }
}

async fn write(mut to: impl AsyncWrite + Unpin, runs: u64) {
    let bytes = vec![7; RUN];
    for _ in 0..runs {
        to.write_all(&bytes).await.unwrap();
    }
    to.flush().await.unwrap();
    to.shutdown().await.unwrap();
}

async fn read(mut from: impl AsyncRead + Unpin, runs: u64) {
    let mut bytes = vec![0; RUN];
    for _ in 0..runs {
        from.read_exact(&mut bytes).await.unwrap();
    }
    assert_eq!(from.read(&mut bytes).await.unwrap(), 0, "a clean end");
}
