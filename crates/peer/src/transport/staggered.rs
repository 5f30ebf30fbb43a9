//! Opens a connection to the first of several addresses that answers (RFC 8305): one after the other begins, and none
//! is waited for while another may answer.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::Instant,
};

/// From one attempt to the next (RFC 8305, section 8).
const STAGGER: Duration = Duration::from_millis(250);
/// Most addresses that are tried.
const MAX_TRIED: usize = 16;

/// Connects to the address that answers first, the earlier ones being preferred.
pub(crate) async fn dial_any(addrs: &[SocketAddr], from: IpAddr) -> io::Result<TcpStream> {
    first_of(addrs, |addr| dial(addr, from)).await
}

/// Connects from the address that this peer listens at, when it listens at one in particular: others know it by the
/// address that its connections come from, and connect back there.
async fn dial(addr: SocketAddr, from: IpAddr) -> io::Result<TcpStream> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    let leads_there = from.is_ipv4() == addr.is_ipv4() && from.is_loopback() == addr.ip().is_loopback();
    if leads_there && !from.is_unspecified() {
        socket.bind((from, 0).into())?;
    }
    socket.connect(addr).await
}

async fn first_of<T, F>(addrs: &[SocketAddr], open: impl Fn(SocketAddr) -> F) -> io::Result<T>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let mut left = in_turn(addrs).into_iter();
    let mut attempts: JoinSet<io::Result<T>> = JoinSet::new();
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "there is no address");
    let mut next = Instant::now();
    loop {
        tokio::select! {
            biased;
            Some(attempt) = attempts.join_next() => match attempt {
                Ok(Ok(opened)) => return Ok(opened),
                Ok(Err(error)) => {
                    failed = error;
                    next = Instant::now();
                }
                Err(error) => failed = io::Error::other(error),
            },
            () = tokio::time::sleep_until(next), if !left.as_slice().is_empty() => {
                if let Some(addr) = left.next() {
                    attempts.spawn(open(addr));
                }
                next = Instant::now() + STAGGER;
            }
            else => return Err(failed),
        }
    }
}

/// The two families take turns, beginning with that of the first address.
fn in_turn(addrs: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = addrs.first() else { return Vec::new() };
    let (ones, others): (Vec<_>, Vec<_>) = addrs.iter().partition(|addr| addr.is_ipv4() == first.is_ipv4());
    let longest = ones.len().max(others.len());
    let mut turns: Vec<SocketAddr> = Vec::new();
    for addr in (0..longest).flat_map(|nth| ones.get(nth).into_iter().chain(others.get(nth))) {
        if !turns.contains(addr) {
            turns.push(*addr);
        }
    }
    turns.truncate(MAX_TRIED);
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addrs(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_families_take_turns() {
        let turns = in_turn(&addrs(&["[::1]:1", "[::1]:2", "[::1]:2", "10.0.0.1:3"]));
        assert_eq!(turns, addrs(&["[::1]:1", "10.0.0.1:3", "[::1]:2"]));
    }

    /// Port 1 never answers, 2 refuses, any other one answers.
    async fn open(addr: SocketAddr) -> io::Result<u16> {
        match addr.port() {
            1 => std::future::pending().await,
            2 => Err(io::ErrorKind::ConnectionRefused.into()),
            port => Ok(port),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_where_nobody_answers_holds_up_none_that_does() {
        let begun = Instant::now();
        let reached = first_of(&addrs(&["10.0.0.1:1", "10.0.0.2:2", "10.0.0.3:3"]), open).await;
        assert_eq!(reached.unwrap(), 3);
        assert!(begun.elapsed() <= STAGGER * 2, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_refuse_the_last_refusal_is_told() {
        let refused = first_of(&addrs(&["10.0.0.1:2", "10.0.0.2:2"]), open).await;
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(first_of(&[], open).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
