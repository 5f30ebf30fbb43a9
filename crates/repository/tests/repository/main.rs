//! What a repository promises, one module a behaviour.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests: every failure is a panic, and nothing is public"
)]

mod support;

mod a_changed_file_is_not_served;
mod a_completed_download_is_an_item;
mod a_download_is_resumed;
mod a_download_takes_blocks_in_any_order;
mod a_full_disk_stops_only_this_item;
mod a_repository_belongs_to_one_process;
mod a_torrent_is_compared_with_content;
mod an_item_is_the_same_everywhere;
mod changes_are_noticed;
mod names_and_attributes_are_kept;
mod nothing_is_hashed_twice;
mod what_cannot_be_shared_is_said;
