//! What both the one-shot commands and the shell do.

mod browser;
mod downloads;
mod items;
mod local;
mod share;
mod tally;
mod what;

pub use self::{
    browser::open_in_browser,
    downloads::{Change, change, choose, did_you_mean, find},
    items::{SCREENFUL, all_items, items_like},
    share::{share_paths, share_request, unshare},
    tally::Tally,
    what::{wanted, what},
};
