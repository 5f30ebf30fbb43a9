//! Members of a pool, and what they may do.

use peerpool_api::Role;

/// A role in a word.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Member => "member",
        Role::Reader => "reader",
        Role::Guest => "guest",
    }
}
