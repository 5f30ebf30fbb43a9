//! A peer: sockets, disk and the tracker channel around the pure cores.
