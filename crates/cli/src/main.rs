//! The binary `peerpool`.

fn main() {}
