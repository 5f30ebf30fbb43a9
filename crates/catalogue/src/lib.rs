//! What the tracker knows and decides, as a pure state machine.
