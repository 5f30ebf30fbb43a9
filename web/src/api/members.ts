// The API of a members' pool. Only a tracker has it, and only for those who are members.
import type { components } from './tracker.gen';

type Tracker = components['schemas'];

export type Role = Tracker['Role'];
export const roles: readonly Role[] = ['admin', 'member', 'reader', 'guest'];

export type Right = 'see' | 'get' | 'give';
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

export interface Group {
  name: string;
  members: { name: string; until?: number }[];
}

/** That somebody has a right to an item, to items of a name, or to all. `subject` is `role:…`, `group:…` or `member:…`. */
export interface Rule {
  id: number;
  item?: string;
  pattern?: string;
  right: Right;
  subject: string;
  until?: number;
}

/** Why somebody may do something, or may not: the scope that decides, and its rules for it. */
export interface Why {
  allowed: boolean;
  scope: 'item' | 'name' | 'pool';
  rules: Rule[];
}

export interface AuditEntry {
  seq: number;
  at: number;
  actor: string;
  action: string;
  target: string;
  detail?: string;
}
