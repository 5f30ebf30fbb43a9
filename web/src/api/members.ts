// The API of a members' pool. Only a tracker has it, and only for those who are members.
import type { components } from './tracker.gen';

type Tracker = components['schemas'];

export type Role = Tracker['Role'];
export const roles: readonly Role[] = ['admin', 'member', 'reader', 'guest'];

export type Right = Tracker['Right'];
export const rights: readonly Right[] = ['see', 'get', 'give'];

/** Who asks. */
export type Me = Tracker['Me'];
/** Who is removed stays in the list: what it did names it. */
export type Member = Tracker['Member'];
/** A key of a member, in hex. `added` is Unix seconds, as every moment here. */
export type Device = Tracker['Device'];
export type Invite = Tracker['Invite'];
/** Who has confirmed that something was taken away, and who has not. */
export type Confirmed = Tracker['Changed'];

export type Group = Tracker['Group'];
/** That somebody has a right to an item, to items of a name, or to all. `subject` is `role:…`, `group:…` or `member:…`. */
export type Rule = Tracker['Rule'];
/** A rule that is to be made. */
export type Allow = Tracker['Allow'];
/** What somebody may do with an item, and why. */
export type Why = Tracker['Why'];
/** By what a member signs in. */
export type SignIns = Tracker['SignIns'];
export type LinkedAccount = Tracker['LinkedAccount'];
export type Passkey = Tracker['Passkey'];
/** What to ask an authenticator for, and what it gave; bytes are base64url. */
export type PasskeyAsked = Tracker['PasskeyAsked'];
export type PasskeyAnswer = Tracker['PasskeyAnswer'];
export type AuditEntry = Tracker['AuditEntry'];
/** What passed of an item from one member to another in a day, as both tell it, or to a stock client of one. */
export type MemberTransfer = Tracker['MemberTransfer'];
/** Whether stock clients may fetch an item, and by which keys. */
export type Stock = Tracker['Stock'];
export type AnnounceKey = Tracker['AnnounceKey'];
