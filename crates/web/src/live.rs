//! One WebSocket that follows what somebody looks at.
//!
//! A page looks at windows: some rows of a view, such as 60 items of a search. It gets a snapshot of each, and from then on
//! what changed in them, four times a second at most. What is sent are last values and not a history, so a slow reader
//! misses nothing that it needs, and nothing queues up for it:
//!
//! - A *look* asks the source for the rows that are shown, by their keys, and compares them with what the client has. So
//!   the cost follows the windows, never the number of things that there are, nor how often they change.
//! - The next look waits for the `ack` of the one before, which the client sends after drawing. A client that does not
//!   read, does not draw or is hidden is not looked at, and costs nothing.
//! - The order of a window is frozen: rows change where they stand. How far the order has aged is told as a number.
//!
//! [`Connection`] is the state machine, without I/O. A driver performs its outputs in order; [`session_task`] is the one
//! over a WebSocket, which takes the rows from a [`Source`].
//!
//! ```no_run
//! # use peerpool_web::live::{Connection, Output};
//! # let (now, request) = (Default::default(), peerpool_api::LiveRequest::Sort { id: 1 });
//! # fn read_ring<T, U>(_: T) -> U { todo!() }
//! # fn ask<T>(_: T) {}
//! let mut connection = Connection::default();
//! connection.handle_request(now, request); // or handle_answer, or handle_timeout at next_timeout
//! while let Some(output) = connection.poll_output() {
//!     match output {
//!         Output::Open { .. } | Output::Close(_) => {}       // what views the windows show
//!         Output::Ask { .. } | Output::Withdraw(_) => ask(output), // then: handle_answer
//!         Output::AskEvents(after) => connection.handle_events(read_ring(after)),
//!         Output::Send(message) => drop(serde_json::to_string(&message)),
//!     }
//! }
//! ```

mod asks;
mod connection;
mod event_log;
mod message;
mod places;
mod ring;
mod row;
mod session;
mod socket;
mod source;
mod window;

pub use self::{
    connection::{
        Connection, MAX_BATCH, MAX_COUNT, MAX_ROWS, MAX_WINDOWS, Output, PACE, PATIENCE, REST, SNAPSHOT_PACE,
    },
    event_log::EventLog,
    message::{Event, Message, WindowId},
    ring::{Cursor, Lost, MAX_EVENTS, ParseCursorError, Ring},
    row::{Key, Row},
    session::{Follower, Seat, session_task},
    source::{Answer, Ask, Fresh, MAX_FROZEN, Order, Page, Recount, Rows, Source, View},
    window::RECOUNT,
};
