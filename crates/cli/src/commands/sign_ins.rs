//! `peerpool sign-ins`.

use peerpool_api::{Changed, OfMember, SignIns, paths};

use crate::{
    args::{self, SignInAction},
    device,
    exit::Failure,
    output::{self, Output},
};

pub(super) async fn run(out: Output, args: args::SignIns) -> Result<(), Failure> {
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    let of = OfMember { member: args.member };
    match args.action {
        None => {
            let ways: SignIns = tracker.find(paths::SIGN_INS, &of).await?;
            out.show(&ways, output::sign_ins)
        }
        Some(SignInAction::Remove { id }) => {
            let path = paths::with_name(paths::ONE_SIGN_IN, &id);
            let changed: Changed = tracker.remove(&path, &of).await?;
            out.show(&changed, output::changed)
        }
    }
}
