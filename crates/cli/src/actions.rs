//! What both the one-shot commands and the shell do.

mod browser;
mod downloads;
mod items;
mod share;
mod what;

pub use self::{
    browser::open_in_browser,
    downloads::{Change, change, did_you_mean, find},
    items::{SCREENFUL, all_items},
    share::{share_request, unshare},
    what::what,
};
