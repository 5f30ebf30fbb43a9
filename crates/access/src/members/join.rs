//! Newcomers.

use super::{Change, Device, Effects, InviteTerms, JoinError, Member, Members, State, decide::is_name};
use crate::{
    invite::{Code, CodeHash},
    key::PublicKey,
    moment::Moment,
    subject::MemberId,
};

/// Who wants in.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// The device's key, which it has proved.
    pub key: PublicKey,
    /// What the member is to be called; of no matter for a further device.
    pub name: String,
    /// What the device is to be called.
    pub device: String,
}

impl Members {
    /// Lets somebody in who has the code of an invite.
    ///
    /// # Errors
    ///
    /// No invite holds, or name or key are taken. The invite is then as good as before.
    pub fn join(
        &mut self,
        now: Moment,
        code: &Code,
        newcomer: Newcomer,
    ) -> Result<(MemberId, Effects), JoinError> {
        let (hash, terms) = self.invited(now, code)?;
        if self.devices.contains_key(&newcomer.key) {
            return Err(JoinError::KeyTaken);
        }
        if !is_name(&newcomer.device) {
            return Err(JoinError::Name);
        }
        let (member, name, mut changes) = self.who_comes(&terms, newcomer.name)?;
        changes.push(Change::Noted(self.joined(now, &name, Some(&newcomer.device), &hash)));
        let device = Device { member, name: newcomer.device, added: now, revoked: false };
        changes.push(Change::Device(newcomer.key, device));
        changes.push(used(hash, terms));
        Ok((member, self.commit(now, changes)))
    }

    /// What the invite with this code is good for.
    pub(super) fn invited(&self, now: Moment, code: &Code) -> Result<(CodeHash, InviteTerms), JoinError> {
        let hash = code.hash();
        let terms = self.invites.get(&hash).filter(|terms| now < terms.expires);
        terms.map(|terms| (hash, terms.clone())).ok_or(JoinError::NoInvite)
    }

    /// The member who comes by an invite, its name, and what makes it one unless it is there.
    pub(super) fn who_comes(
        &self,
        terms: &InviteTerms,
        name: String,
    ) -> Result<(MemberId, String, Vec<Change>), JoinError> {
        match terms.device_of {
            Some(member) => {
                let known = self.present(member).map_err(|_| JoinError::NoInvite)?;
                Ok((member, known.name.clone(), Vec::new()))
            }
            None => {
                let (member, changes) = self.new_member(terms, name.clone())?;
                Ok((member, name, changes))
            }
        }
    }

    fn new_member(&self, terms: &InviteTerms, name: String) -> Result<(MemberId, Vec<Change>), JoinError> {
        if !is_name(&name) {
            return Err(JoinError::Name);
        }
        if self.named(&name).is_some() {
            return Err(JoinError::NameTaken);
        }
        let id = MemberId(self.last.member + 1);
        let member = Member { name, role: terms.role, state: State::Active };
        // A group that is gone since the invite was made is left out.
        let groups = terms.groups.iter().filter(|group| self.groups.contains_key(group));
        let entered = groups.map(|&group| Change::InGroup { group, member: id, until: None });
        Ok((id, [Change::Member(id, member)].into_iter().chain(entered).collect()))
    }
}

/// An invite has one use less.
pub(super) fn used(hash: CodeHash, terms: InviteTerms) -> Change {
    match terms.uses {
        0 | 1 => Change::InviteGone(hash),
        uses => Change::Invite(hash, InviteTerms { uses: uses - 1, ..terms }),
    }
}
