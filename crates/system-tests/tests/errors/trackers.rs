//! Things at a tracker's address that are no tracker of ours.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use peerpool_system_tests::Pool;
use peerpool_wire::channel::{Refusal, ToPeer};
use tungstenite::Message;

use crate::{assert_failed, exit};

#[test]
fn a_tracker_of_another_version_is_told_apart() {
    let address = serve(|stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        socket.read().unwrap();
        let reason = Refusal::UnsupportedVersion { supported: vec![99] };
        socket
            .send(Message::binary(ToPeer::Refused { reason, nodes: Vec::new() }.encode().unwrap()))
            .unwrap();
        while socket.read().is_ok() {}
    });
    assert_get_fails(address, &["99", "same release"]);
}

#[test]
fn a_web_page_is_not_taken_for_a_tracker() {
    let address = serve(|mut stream| {
        let request = BufReader::new(stream.try_clone().unwrap());
        assert!(
            request.lines().map_while(Result::ok).any(|line| line.is_empty()),
            "a request ends with an empty line"
        );
        let page = "<html><body>It works!</body></html>";
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{page}", page.len()).unwrap();
    });
    assert_get_fails(address, &[&address.to_string()]);
}

#[test]
fn something_that_speaks_no_http_is_not_taken_for_a_tracker() {
    let address = serve(|mut stream| stream.write_all(b"220 mail.example.org ESMTP\r\n").unwrap());
    assert_get_fails(address, &[&address.to_string()]);
}

fn assert_get_fails(tracker: SocketAddr, says: &[&str]) {
    let pool = Pool::new();
    let (reader, tracker) = (pool.peer("reader"), tracker.to_string());
    let got = pool.run(["get", "film.mkv", "--repository", reader.repository(), "--tracker", &tracker]);
    assert_failed(&got, exit::UNREACHABLE, says);
}

/// Answers every connection in its own way, until the test's process ends.
fn serve(answer: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            thread::spawn(move || answer(stream));
        }
    });
    address
}
