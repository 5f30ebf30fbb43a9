//! `peerpool peers`.

use crate::{
    args::PeerOptions,
    exit::Failure,
    output::{self, Output},
    pool::Pool,
};

pub(super) async fn run(out: Output, options: PeerOptions) -> Result<(), Failure> {
    let page = Pool::reach(&options).await?.peers().await?;
    out.show(&page, output::peers)
}
