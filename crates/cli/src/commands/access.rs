//! `peerpool access`.

use peerpool_api::{AccessQuery, Allow, Changed, Rule, Why, WhyQuery, paths};

use crate::{
    actions::item_named,
    args::{self, About, AccessAction},
    device,
    exit::Failure,
    output::{self, Output, end_of},
};

pub(super) async fn run(out: Output, args: args::Access) -> Result<(), Failure> {
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    match args.action {
        AccessAction::Show { item } => {
            let item = match item {
                Some(item) => Some(item_named(&mut tracker, &item).await?.hash),
                None => None,
            };
            let rules: Vec<Rule> = tracker.find(paths::ACCESS, &AccessQuery { item }).await?;
            out.show(&rules, |rules| output::rules(rules))
        }
        AccessAction::Allow { right, subject, about: About { item, names, everything: _ }, lasts } => {
            let item = match item {
                Some(item) => Some(item_named(&mut tracker, &item).await?.hash),
                None => None,
            };
            let rule = Allow { item, pattern: names, right: right.into(), subject, until: lasts.map(end_of) };
            let changed: Changed = tracker.post(paths::ACCESS, &rule).await?;
            out.show(&changed, output::changed)
        }
        AccessAction::Deny { rule } => {
            let path = paths::with_name(paths::ACCESS_RULE, &rule.to_string());
            let changed: Changed = tracker.delete(&path).await?;
            out.show(&changed, output::changed)
        }
        AccessAction::Why { item, member } => {
            let item = item_named(&mut tracker, &item).await?.hash;
            let why: Why = tracker.find(paths::ACCESS_WHY, &WhyQuery { item, member }).await?;
            out.show(&why, output::why)
        }
    }
}
