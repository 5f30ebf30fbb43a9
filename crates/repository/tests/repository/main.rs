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
mod a_copy_is_whole_or_not_there;
mod a_download_is_resumed;
mod a_download_takes_blocks_in_any_order;
mod a_failing_disk_loses_nothing;
mod a_full_disk_stops_only_this_item;
mod a_killed_completion_leaves_nothing;
mod a_name_that_cannot_stand_is_marked;
mod a_repository_belongs_to_one_process;
mod a_stamp_alone_proves_nothing;
mod a_torrent_is_compared_with_content;
mod an_edited_download_is_not_complete;
mod an_item_is_the_same_everywhere;
mod an_upload_becomes_an_item;
mod changes_are_noticed;
mod decisions_of_the_owner_last;
mod files_that_are_written_are_waited_for;
mod names_and_attributes_are_kept;
mod nothing_is_hashed_twice;
mod records_outlive_a_crash;
mod state_is_ours_alone;
mod unshareable_entries_are_reported;
mod unwatched_folders_are_reported;
