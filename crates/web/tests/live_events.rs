//! What a connection asks for and sends when a client follows events, step by step.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

use peerpool_api::LiveRequest;
use peerpool_web::live::{Connection, Cursor, Event, Lost, Message, Output, PACE};
use peerpool_wire::time::Time;

const BEGIN: Time = Time::from_secs(1);

fn at(seq: u64) -> Cursor {
    Cursor { epoch: 7, seq }
}

fn follow(after: Option<Cursor>) -> LiveRequest {
    LiveRequest::Events { after: after.map(|cursor| cursor.to_string()) }
}

/// What it asks for and sends, in words.
fn outputs(connection: &mut Connection) -> Vec<String> {
    std::iter::from_fn(|| connection.poll_output())
        .map(|output| match output {
            Output::AskEvents(None) => "ask where".to_owned(),
            Output::AskEvents(Some(cursor)) => format!("ask after {}", cursor.seq),
            Output::Send(Message::Events { cursor, list }) => {
                format!("{} events to {}", list.len(), cursor.seq)
            }
            Output::Send(Message::Reset { .. }) => "reset".to_owned(),
            other => format!("{other:?}"),
        })
        .collect()
}

fn event() -> Event {
    Event::new(&"happened").unwrap()
}

#[test]
fn what_came_before_is_told_at_once_and_the_rest_at_the_pace_of_looks() {
    let mut connection = Connection::default();
    connection.handle_request(BEGIN, follow(Some(at(3))));
    assert_eq!(outputs(&mut connection), ["ask after 3"]);
    connection.handle_events(Ok((at(5), vec![event(), event()])));
    assert_eq!(outputs(&mut connection), ["2 events to 5"]);
    assert_eq!(connection.next_timeout(), Some(BEGIN + PACE));
    connection.handle_timeout(BEGIN + PACE);
    assert_eq!(outputs(&mut connection), ["ask after 5"]);
    connection.handle_events(Ok((at(5), vec![])));
    assert!(outputs(&mut connection).is_empty(), "nothing happened");
}

#[test]
fn whoever_follows_from_now_on_misses_nothing_of_then() {
    let mut connection = Connection::default();
    connection.handle_request(BEGIN, follow(None));
    assert_eq!(outputs(&mut connection)[0], "ask where");
    connection.handle_events(Ok((at(9), vec![])));
    connection.handle_timeout(BEGIN + PACE);
    assert_eq!(outputs(&mut connection), ["ask after 9"]);
}

#[test]
fn lost_events_are_told_of_and_followed_from_now_on() {
    let mut connection = Connection::default();
    connection.handle_request(BEGIN, follow(Some(at(3))));
    outputs(&mut connection);
    connection.handle_events(Err(Lost::Missed(4)));
    assert_eq!(outputs(&mut connection), ["reset", "ask where"]);
    connection.handle_request(BEGIN, LiveRequest::Events { after: Some("nonsense".to_owned()) });
    assert_eq!(outputs(&mut connection)[..2], ["reset", "ask where"]);
}

#[test]
fn a_hidden_client_is_told_no_event_until_it_is_seen() {
    let mut connection = Connection::default();
    connection.handle_request(BEGIN, follow(Some(at(3))));
    connection.handle_events(Ok((at(3), vec![])));
    connection.handle_request(BEGIN, LiveRequest::Visible { yes: false });
    outputs(&mut connection);
    assert_eq!(connection.next_timeout(), None);
    connection.handle_timeout(BEGIN + PACE * 9);
    assert!(outputs(&mut connection).is_empty());
    connection.handle_request(BEGIN + PACE * 9, LiveRequest::Visible { yes: true });
    assert_eq!(outputs(&mut connection), ["ask after 3"]);
}
