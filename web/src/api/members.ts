// The API of a members' pool. Only a tracker has it, and only for those who are members.
import type { Health } from './shapes';

export type Role = 'admin' | 'member' | 'reader' | 'guest';
export const roles: readonly Role[] = ['admin', 'member', 'reader', 'guest'];

export type Right = 'see' | 'get' | 'give';
export const rights: readonly Right[] = ['see', 'get', 'give'];

/** Whether a pool has members; an open one does not say. */
export type MembersHealth = Health & { members?: boolean };

/** Who asks. */
export interface Me {
  member: number;
  name: string;
  role: Role;
  device: string;
  groups: string[];
}

export interface Member {
  name: string;
  role: Role;
  /** Who is removed stays in the list: what it did names it. */
  state: 'active' | 'suspended' | 'removed';
  groups: string[];
  /** How many of its devices take part. */
  devices: number;
}

/** A key of a member, in hex. `added` is Unix seconds, as every moment here. */
export interface Device {
  key: string;
  member: string;
  name: string;
  added: number;
  revoked: boolean;
}

export interface Group {
  name: string;
  members: { name: string; until?: number }[];
}

export interface Invite {
  id: string;
  role: Role;
  groups: string[];
  /** The member whose further device it is for. */
  device_of?: string;
  /** How often it can still be used. */
  uses: number;
  expires: number;
  by?: string;
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

/** Who has confirmed that something was taken away, and who has not. */
export interface Confirmed {
  epoch: number;
  confirmed: string[];
  silent: string[];
}
