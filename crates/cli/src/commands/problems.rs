//! `peerpool problems`.

use crate::{
    args::Place,
    exit::Failure,
    output::{self, Output},
    session::Session,
};

pub(super) async fn run(out: Output, place: Place) -> Result<(), Failure> {
    let problems = Session::running(&place).await?.client.status().await?.problems;
    out.show(&problems, |problems| output::problems(problems))
}
