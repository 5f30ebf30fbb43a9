//! What both the one-shot commands and the shell do.

mod browser;
mod downloads;
mod item_named;
mod items;
mod limits;
mod local;
mod log;
mod place;
mod receive;
mod share;
mod tally;
mod what;

pub use self::{
    browser::open_in_browser,
    downloads::{Change, change, choose, did_you_mean, find, set_priority},
    item_named::item_named,
    items::{SCREENFUL, all_items, items_by, items_like, sort_items, tracker_sort},
    limits::{changed, limit},
    log::show_log,
    place::copy_into,
    receive::receive,
    share::{share_paths, share_request, unshare},
    tally::Tally,
    what::{wanted, what},
};
