//! How a pool for members begins, and how its first administrator gets in.

use std::net::SocketAddr;

use peerpool_access::{
    Code, CodeHash, Invite, Members, Moment, Role,
    key::PublicKey,
    members::{Actor, Command, CommandError, InviteTerms, lookout::OTHERS_BEHIND},
};

use super::keys::TrackerKeys;
use crate::{
    machine::host_name,
    store::{Joined, Seen, Store, StoreError, change_in_turn},
};

/// How long the first administrator may take.
const FIRST_INVITE: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);

/// The members that the store knows, and the code of an invite when nobody keeps the pool: the only one of its kind. Where
/// this is one of several nodes, the invite of another one that runs stays good.
pub(crate) async fn restore(
    keys: &TrackerKeys,
    store: &mut impl Store,
    now: Moment,
    node: Option<&Joined>,
) -> Result<(Members, Option<Code>), StoreError> {
    let mut members = Members::new(keys.pool());
    if node.is_some() {
        members = members.with_others_behind(OTHERS_BEHIND);
    }
    let kept = store.members().await?;
    let mut code = Ok(None);
    let founding = change_in_turn(store, |Seen { others, .. }| {
        let kept = others.unwrap_or(kept);
        let mut changes = if kept.is_empty() { Members::founding() } else { Vec::new() };
        kept.into_iter().chain(changes.clone()).for_each(|change| members.apply(change));
        let is_left_to_another =
            node.is_some_and(|node| !node.is_alone) && invites_of_operator(&members).next().is_some();
        if !members.has_admin() && !is_left_to_another {
            let new = Code(rand::random());
            code = invite_admin(&mut members, &new, now).map(|more| {
                changes.extend(more);
                Some(new)
            });
        }
        Some(changes).filter(|changes| !changes.is_empty())
    });
    founding.await?;
    Ok((members, code.map_err(|_| StoreError::Malformed("the members"))?))
}

/// Those that let in an administrator.
fn invites_of_operator(members: &Members) -> impl Iterator<Item = CodeHash> {
    let lets_in = |terms: &InviteTerms| terms.by.is_none() && terms.role == Role::Admin;
    members.invites().filter(move |(_, terms)| lets_in(terms)).map(|(hash, _)| hash)
}

/// Earlier invites of this kind end: whoever has lost their link starts the tracker again.
fn invite_admin(
    members: &mut Members,
    code: &Code,
    now: Moment,
) -> Result<Vec<peerpool_access::members::Change>, CommandError> {
    let mut commands: Vec<Command> = invites_of_operator(members).map(Command::Uninvite).collect();
    commands.push(Command::Invite {
        code: code.hash(),
        role: Role::Admin,
        groups: Vec::new(),
        device_of: None,
        uses: 1,
        expires: now + FIRST_INVITE,
    });
    let mut changes = Vec::new();
    for command in commands {
        changes.extend(members.handle(now, Actor::Operator, command)?.changes);
    }
    Ok(changes)
}

/// The invite with this code to a tracker that listens there; `hosts` are names under which it is reached.
pub(crate) fn invite_link(root: PublicKey, code: Code, addr: SocketAddr, hosts: &[String]) -> Invite {
    let tracker = match hosts.first() {
        Some(host) if has_port(host) => host.clone(),
        Some(host) => format!("{host}:{}", addr.port()),
        None if addr.ip().is_unspecified() => format!("{}:{}", host_name(), addr.port()),
        None => addr.to_string(),
    };
    Invite { tracker, root, code }
}

/// Whether a port follows the name, the address, or the IPv6 address in brackets.
fn has_port(host: &str) -> bool {
    let name_ends = host.rfind(']').unwrap_or(0);
    host[name_ends..].contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    const NOW: Moment = Moment(1_800_000_000);

    #[tokio::test]
    async fn one_invite_holds_until_somebody_keeps_the_pool() {
        let (keys, mut store) = (TrackerKeys::generate("home").unwrap(), Memory::default());
        let (_, first) = restore(&keys, &mut store, NOW, None).await.unwrap();
        let (mut members, second) = restore(&keys, &mut store, NOW, None).await.unwrap();
        let [first, second] = [first, second].map(Option::unwrap);
        let newcomer = |name: &str| peerpool_access::members::Newcomer {
            key: peerpool_access::key::PublicKey([7; 32]),
            name: name.to_owned(),
            device: "laptop".to_owned(),
        };
        assert!(members.join(NOW, &first, newcomer("ann")).is_err());
        let (_, effects) = members.join(NOW, &second, newcomer("ann")).unwrap();
        store.commit_members(effects.changes).await.unwrap();
        let (members, third) = restore(&keys, &mut store, NOW, None).await.unwrap();
        assert!(third.is_none() && members.has_admin());
    }

    #[test]
    fn an_invite_names_the_tracker_as_it_is_reached() {
        let link = |addr: &str, hosts: &[&str]| {
            let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
            invite_link(PublicKey([2; 32]), Code([1; 16]), addr.parse().unwrap(), &hosts).tracker
        };
        assert_eq!(link("192.0.2.1:6969", &[]), "192.0.2.1:6969");
        assert_eq!(link("0.0.0.0:6969", &[]), format!("{}:6969", host_name()));
        assert_eq!(link("0.0.0.0:6969", &["pool.example", "other"]), "pool.example:6969");
        assert_eq!(link("0.0.0.0:6969", &["pool.example:80"]), "pool.example:80");
        assert_eq!(link("[::1]:6969", &["[2001:db8::1]"]), "[2001:db8::1]:6969");
    }
}
