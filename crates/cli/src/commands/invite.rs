//! `peerpool invite`.

use jiff::Timestamp;
use peerpool_api::{Changed, Invite, MadeInvite, MakeInvite, Me, paths};

use crate::{
    args, clock, device,
    exit::Failure,
    output::{self, Output, remark, size},
};

pub(super) async fn run(out: Output, args: args::Invite) -> Result<(), Failure> {
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    if args.list {
        let invites: Vec<Invite> = tracker.get(paths::INVITES).await?;
        return out.show(&invites, |invites| output::invites(invites, Timestamp::now()));
    }
    if let Some(id) = args.withdraw {
        let changed: Changed = tracker.delete(&paths::with_name(paths::INVITE, &id)).await?;
        return out.show(&changed, output::changed);
    }
    let device_of = match args.device {
        true => Some(tracker.get::<Me>(paths::ME).await?.name),
        false => args.device_of,
    };
    let wanted = MakeInvite {
        role: args.role.map(Into::into),
        groups: args.groups,
        device_of,
        uses: args.uses,
        seconds: args.lasts,
    };
    let made: MadeInvite = tracker.post(paths::INVITES, &wanted).await?;
    if !out.json && !out.quiet {
        let left = made.expires.saturating_sub(clock::now());
        remark(&format!(
            "invite {}, good for {}: send the link to whom it is for, and to nobody else; `peerpool join` takes it",
            made.id,
            size::duration(left)
        ));
    }
    out.show(&made, |made| made.link.clone())
}
