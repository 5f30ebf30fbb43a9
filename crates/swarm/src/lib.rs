//! One item's exchange of pieces, as a pure state machine.
