//! The tracker: announces, the peer channel, REST and the store around the pure catalogue.
