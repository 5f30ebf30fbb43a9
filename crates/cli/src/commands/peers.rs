//! `peerpool peers`.

use crate::{
    args::Place,
    exit::Failure,
    output::{self, Output},
    pool::Pool,
};

pub(super) async fn run(out: Output, place: Place) -> Result<(), Failure> {
    let peers = Pool::reach(&place).await?.peers().await?;
    out.show(&peers, |peers| output::peers(peers))
}
