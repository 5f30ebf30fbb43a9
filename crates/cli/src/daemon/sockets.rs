//! Sockets that listen already when the process starts (sd_listen_fds(3)): nothing is lost while it starts anew, and ports
//! below 1024 need no rights.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use listenfd::ListenFd;

use crate::exit::{Exit, Failure};

/// The listening sockets of a service manager.
#[derive(Debug, Default)]
pub struct Sockets(Vec<TcpListener>);

impl Sockets {
    /// Takes them over. To be called before the process has threads: it changes the environment, so that no child takes them
    /// for its own.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] when one of them is something else than a TCP socket.
    pub fn inherited() -> Result<Self, Failure> {
        let mut inherited = ListenFd::from_env();
        let sockets =
            (0..inherited.len()).filter_map(|number| inherited.take_tcp_listener(number).transpose());
        let sockets: io::Result<Vec<_>> = sockets.collect();
        sockets.map(Self).map_err(|error| {
            Failure::told(
                Exit::Usage,
                format!("the service manager passed a socket that is of no use: {error}"),
            )
        })
    }

    /// The socket that listens at this address; any one, if there is no address.
    pub(super) fn take(&mut self, listen: Option<SocketAddr>) -> Option<TcpListener> {
        let fits = |socket: &TcpListener| match (listen, socket.local_addr()) {
            (Some(wanted), Ok(found)) => is_same(wanted, found),
            (None, _) => true,
            (Some(_), Err(_)) => false,
        };
        let number = self.0.iter().position(fits)?;
        Some(self.0.remove(number))
    }

    /// Says which sockets nobody wanted, and closes them.
    pub(super) fn close_rest(&mut self) {
        for socket in self.0.drain(..) {
            if let Ok(address) = socket.local_addr() {
                tracing::warn!(%address, "nothing of the configuration listens at this socket of the service manager");
            }
        }
    }
}

/// Everywhere is everywhere, in both families.
fn is_same(wanted: SocketAddr, found: SocketAddr) -> bool {
    let everywhere = |address: SocketAddr| address.ip().is_unspecified();
    wanted.port() == found.port() && (wanted.ip() == found.ip() || everywhere(wanted) && everywhere(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener() -> (TcpListener, SocketAddr) {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    #[test]
    fn a_socket_goes_to_whoever_listens_at_its_address() {
        let ((one, first), (other, second)) = (listener(), listener());
        let mut sockets = Sockets(vec![one, other]);
        assert_eq!(sockets.take(Some(second)).unwrap().local_addr().unwrap(), second);
        assert!(sockets.take(Some(second)).is_none(), "a socket is given once");
        assert_eq!(sockets.take(None).unwrap().local_addr().unwrap(), first);
        assert!(sockets.take(None).is_none());
    }

    #[test]
    fn everywhere_is_the_same_in_both_families() {
        assert!(is_same("[::]:6969".parse().unwrap(), "0.0.0.0:6969".parse().unwrap()));
        assert!(!is_same("[::]:6969".parse().unwrap(), "127.0.0.1:6969".parse().unwrap()));
        assert!(!is_same("[::]:6969".parse().unwrap(), "[::]:6970".parse().unwrap()));
    }
}
