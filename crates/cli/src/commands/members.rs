//! `peerpool members`.

use peerpool_api::{AlterMember, Changed, Member, MemberState, paths};

use crate::{
    args::{self, MemberAction},
    device,
    exit::Failure,
    output::{self, Output},
};

pub(super) async fn run(out: Output, args: args::Members) -> Result<(), Failure> {
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    let (member, change) = match args.action {
        None => {
            let members: Vec<Member> = tracker.get(paths::MEMBERS).await?;
            return out.show(&members, |members| output::members(members));
        }
        Some(MemberAction::Rename { member, name }) => {
            (member, Some(AlterMember { name: Some(name), ..AlterMember::default() }))
        }
        Some(MemberAction::Role { member, role }) => {
            (member, Some(AlterMember { role: Some(role.into()), ..AlterMember::default() }))
        }
        Some(MemberAction::Suspend { member }) => (member, Some(state(MemberState::Suspended))),
        Some(MemberAction::Activate { member }) => (member, Some(state(MemberState::Active))),
        Some(MemberAction::Remove { member }) => (member, None),
    };
    let path = paths::with_name(paths::MEMBER, &member);
    let changed: Changed = match change {
        Some(change) => tracker.patch(&path, &change).await?,
        None => tracker.delete(&path).await?,
    };
    out.show(&changed, output::changed)
}

fn state(state: MemberState) -> AlterMember {
    AlterMember { state: Some(state), ..AlterMember::default() }
}
