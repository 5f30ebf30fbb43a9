//! `peerpool update`.

use peerpool_api::PoolList;

use crate::{
    args::Place,
    exit::Failure,
    output::{self, Output, text::safe},
    session::Session,
};

pub(super) async fn run(out: Output, place: Place) -> Result<(), Failure> {
    let session = Session::running(&place).await?;
    session.join(&place).await?;
    let list = session.client.update().await?;
    out.show(&list, human)
}

/// The list, and who did not answer.
pub fn human(list: &PoolList) -> String {
    let items = output::items(&list.items, list.more);
    match list.silent.as_slice() {
        [] => items,
        silent => {
            let names = silent.iter().map(|name| safe(name)).collect::<Vec<_>>().join(", ");
            format!("{items}\nno answer in time from: {names}")
        }
    }
}
