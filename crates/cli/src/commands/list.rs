//! `peerpool ls` and `peerpool search`.

use crate::{
    actions::{SCREENFUL, all_items},
    args::PeerOptions,
    exit::Failure,
    output::{self, Output},
    pool::Pool,
};

pub(super) async fn run(
    out: Output,
    options: PeerOptions,
    search: Option<String>,
    limit: Option<u32>,
) -> Result<(), Failure> {
    let pool = Pool::reach(&options).await?;
    let limit = limit.or((!out.json).then_some(SCREENFUL));
    let page = all_items(&pool, search, limit).await?;
    out.show(&page, |page| output::items(&page.items, page.next.is_some()))
}
