//! `peerpool update`.

use crate::{
    args::PeerOptions,
    exit::Failure,
    output::{self, Output},
    session::Session,
};

pub(super) async fn run(out: Output, options: PeerOptions) -> Result<(), Failure> {
    let session = Session::running(&options).await?;
    session.join(&options).await?;
    let list = session.client.update().await?;
    out.show(&list, output::pool_list)
}
