//! `peerpool problems`.

use crate::{
    args::PeerOptions,
    exit::Failure,
    output::{self, Output},
    session::Session,
};

pub(super) async fn run(out: Output, options: PeerOptions) -> Result<(), Failure> {
    let problems = Session::running(&options).await?.client.status().await?.problems;
    out.show(&problems, |problems| output::problems(problems))
}
