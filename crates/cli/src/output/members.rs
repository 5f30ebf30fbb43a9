//! Members of a pool, their devices and invites.

use jiff::{Timestamp, tz::TimeZone};
use peerpool_api::{Changed, Device, Invite, Member, MemberState, Role};

use super::{
    size,
    table::Table,
    text::{count, safe},
};

/// As much of a key as tells devices apart.
const SHOWN: usize = 16;

/// A role in a word.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Member => "member",
        Role::Reader => "reader",
        Role::Guest => "guest",
    }
}

/// A list of members.
pub fn members(members: &[Member]) -> String {
    let mut table = Table::new(&["NAME", "ROLE", "STATE", ">DEVICES", "GROUPS"]);
    for member in members {
        let state = match member.state {
            MemberState::Active => "active",
            MemberState::Suspended => "suspended",
            MemberState::Removed => "removed",
        };
        table.row([
            member.name.clone(),
            role(member.role).to_owned(),
            state.to_owned(),
            member.devices.to_string(),
            member.groups.join(", "),
        ]);
    }
    table.render()
}

/// A list of devices.
pub fn devices(devices: &[Device]) -> String {
    let mut table = Table::new(&["NAME", "MEMBER", "SINCE", "=KEY", ""]);
    for device in devices {
        let since = i64::try_from(device.added).ok().and_then(|added| Timestamp::from_second(added).ok());
        let since = since.unwrap_or_default().to_zoned(TimeZone::system());
        table.row([
            device.name.clone(),
            device.member.clone(),
            since.strftime("%Y-%m-%d").to_string(),
            device.key.chars().take(SHOWN).collect(),
            if device.revoked { "revoked".to_owned() } else { String::new() },
        ]);
    }
    table.render()
}

/// A list of invites that can still be used.
pub fn invites(invites: &[Invite], now: Timestamp) -> String {
    if invites.is_empty() {
        return "no invite can be used".to_owned();
    }
    let now = u64::try_from(now.as_second()).unwrap_or_default();
    let mut table = Table::new(&["=ID", "FOR", ">USES", ">LEFT", "BY"]);
    for invite in invites {
        let who = match &invite.device_of {
            Some(member) => format!("a device of {member}"),
            None => [role(invite.role)]
                .into_iter()
                .chain(invite.groups.iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join(", "),
        };
        table.row([
            invite.id.clone(),
            who,
            invite.uses.to_string(),
            size::duration(invite.expires.saturating_sub(now)),
            invite.by.clone().unwrap_or_else(|| "the tracker".to_owned()),
        ]);
    }
    table.render()
}

/// What has become of a change: who knows it.
pub fn changed(changed: &Changed) -> String {
    let done = match changed.confirmed.len() as u64 {
        0 => "done".to_owned(),
        devices => format!("done; {} confirmed it", count(devices, "device has", "devices have")),
    };
    match changed.silent.as_slice() {
        [] => done,
        silent => {
            let names = silent.iter().map(|name| safe(name)).collect::<Vec<_>>().join(", ");
            format!("{done}; disconnected, since silent: {names}")
        }
    }
}
