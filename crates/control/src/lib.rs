//! The control API of a running peer: its shapes, and a client.
