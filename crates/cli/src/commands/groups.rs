//! `peerpool groups`.

use peerpool_api::{AddGroup, Changed, EnterGroup, Group, paths};

use crate::{
    args::{self, GroupAction},
    device,
    exit::Failure,
    output::{self, Output, end_of},
};

pub(super) async fn run(out: Output, args: args::Groups) -> Result<(), Failure> {
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    let place =
        |group: &str, member: &str| paths::with_name(&paths::with_name(paths::GROUP_MEMBER, member), group);
    let changed: Changed = match args.action {
        None => {
            let groups: Vec<Group> = tracker.get(paths::GROUPS).await?;
            return out.show(&groups, |groups| output::groups(groups));
        }
        Some(GroupAction::Add { group }) => tracker.post(paths::GROUPS, &AddGroup { name: group }).await?,
        Some(GroupAction::Remove { group }) => {
            tracker.delete(&paths::with_name(paths::GROUP, &group)).await?
        }
        Some(GroupAction::Enter { group, member, lasts }) => {
            tracker.put(&place(&group, &member), &EnterGroup { until: lasts.map(end_of) }).await?
        }
        Some(GroupAction::Leave { group, member }) => tracker.delete(&place(&group, &member)).await?,
    };
    out.show(&changed, output::changed)
}
