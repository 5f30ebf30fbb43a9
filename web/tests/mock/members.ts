import {
  type AuditEntry,
  type Confirmed,
  type Device,
  type Group,
  type Invite,
  type Me,
  type Member,
  type MemberTransfer,
  type Rule,
  type SignIns,
  rights,
} from '../../src/api/members';
import { Refused, type Route } from './api';
import { hashAt, nameAt } from './items';
import { MockStock } from './stock';

/** A moment that stays, so that pictures do. */
const NOW = 1_795_000_000;

/** The members of a pool for members, with their routes. */
export class MockMembers {
  me: Me = { member: 1, name: 'mai', role: 'admin', device: 'desk', groups: ['staff'] };
  members: Member[] = [
    { member: 1, name: 'mai', role: 'admin', state: 'active', groups: ['staff'], devices: 2 },
    { member: 2, name: 'Søren', role: 'member', state: 'active', groups: ['staff', 'film'], devices: 1 },
    { member: 3, name: 'archive\u202Egpj', role: 'reader', state: 'suspended', groups: [], devices: 1 },
    { member: 4, name: 'visitor of the reading room', role: 'guest', state: 'active', groups: [], devices: 3 },
  ];
  devices: Device[] = this.members.flatMap(({ name, devices }, m) =>
    Array.from({ length: devices }, (_, i) => ({
      key: `${m}${i}`.repeat(32),
      member: name,
      name: ['desk', 'laptop', 'phone'][i] ?? 'other',
      added: NOW - 86_400 * (m + 2 * i + 1),
      revoked: m === 3 && i === 2,
    })),
  );
  groups: Group[] = [
    { name: 'staff', members: [{ name: 'mai' }, { name: 'Søren' }] },
    { name: 'film', members: [{ name: 'Søren', until: NOW + 30 * 86_400 }] },
  ];
  invites: Invite[] = [
    { id: '0123456789abcdef', role: 'reader', groups: ['film'], uses: 5, expires: NOW + 86_400, by: 'mai' },
    { id: 'fedcba9876543210', role: 'member', groups: [], device_of: 'mai', uses: 1, expires: NOW + 3_600, by: 'mai' },
  ];
  rules: Rule[] = [{ id: 1, right: 'see', subject: 'role:guest', pattern: 'Annals *' }];
  readonly stock = new MockStock(NOW);
  audit: AuditEntry[] = [];
  transfers: MemberTransfer[] = [
    transfer(4, 'mai', 'Søren', { item: hashAt(320), name: nameAt(320), given: 734_003_200, taken: 700_000_000 }),
    transfer(3, 'Søren', 'visitor of the reading room', {
      item: hashAt(321),
      name: nameAt(321),
      stock: '3fa9c1d23fa9c1d2',
      given: 52_428_800,
    }),
    transfer(2, 'archive\u202Egpj', 'mai', { item: hashAt(1), name: nameAt(1), given: 18_432, taken: 18_432 }),
    // One whose item the tracker does not know any more.
    transfer(1, 'mai', 'archive\u202Egpj', { item: 'd'.repeat(64), given: 0, taken: 4_096 }),
  ];
  /** The peers that a change concerns. */
  connected = ['desk-001', 'desk-002', 'desk-003'];
  /** By which a browser gets in, where it has to. */
  password: string | undefined;
  /** Where one may sign in elsewhere. */
  provider: string | undefined;
  /** Whether passkeys may be used under the name by which it was opened. */
  passkeys = true;
  signIns: SignIns = {
    password: true,
    accounts: [{ id: 'a'.repeat(16), issuer: 'https://id.example', label: 'mai@example.org', since: NOW - 86_400 }],
    passkeys: [{ id: 'b'.repeat(16), name: 'phone', host: 'pool.example', since: NOW - 86_400, used: NOW - 3_600 }],
  };
  /** What a browser shows that is in. */
  readonly key = 'k'.repeat(43);
  #rules = 1;

  constructor() {
    this.#note('invite_made', 'fedcba9876543210', 'device of mai');
    this.#note('role_changed', 'archive\u202Egpj', 'reader');
    this.#note('group_added', '=HYPERLINK("film")');
  }

  /** Whether whoever shows this key may ask for that. */
  admits(key: unknown, resource: string): boolean {
    return this.password === undefined || key === this.key || resource.startsWith('sign-');
  }

  routes(): Record<string, Route> {
    return {
      ...this.stock.routes(this.me.name, (action, item) => {
        this.#note(action, item);
        return this.#confirmed();
      }),
      'POST sign-in': (_, __, { name, password }) => {
        if (name !== this.me.name || password !== this.password) throw new Refused(401, 'no_key', 'wrong');
        return { key: this.key };
      },
      'POST sign-up': (_, __, { code, name, password }) => {
        if (code !== 'C'.repeat(22)) throw new Refused(404, 'no_invite', 'there is no such invite');
        this.me = { ...this.me, name: String(name) };
        this.password = String(password);
        return { key: this.key };
      },
      'GET sign-in': () => ({ passkeys: this.passkeys, ...(this.provider ? { provider: this.provider } : {}) }),
      'GET sign-ins': () => this.signIns,
      'DELETE sign-ins': ([id]) => {
        const accounts = this.signIns.accounts.filter((account) => account.id !== id);
        const passkeys = this.signIns.passkeys.filter((passkey) => passkey.id !== id);
        this.signIns = { password: this.signIns.password && id !== 'password', accounts, passkeys };
        return this.#confirmed();
      },
      'POST sign-out': () => this.#confirmed(),
      'GET me': () => this.me,
      'GET members': () => this.members,
      'PATCH members': ([name], _, body) => {
        Object.assign(
          find(this.members, ({ name: one }) => one === name),
          body,
        );
        this.#note('role_changed', name, Object.values(body).join(', '));
        return this.#confirmed();
      },
      'DELETE members': ([name]) => {
        Object.assign(
          find(this.members, ({ name: one }) => one === name),
          { state: 'removed', devices: 0 },
        );
        this.#note('member_removed', name);
        return this.#confirmed();
      },
      'GET devices': () => this.devices,
      'DELETE devices': ([key]) => {
        Object.assign(
          find(this.devices, ({ key: one }) => one === key),
          { revoked: true },
        );
        this.#note('device_revoked', key);
        return this.#confirmed();
      },
      'GET groups': () => this.groups,
      'POST groups': (_, __, { name }) => {
        this.groups = [...this.groups, { name: String(name), members: [] }];
        this.#note('group_added', String(name));
        return {};
      },
      'PUT groups': ([name, , member = ''], _, { until }) => {
        const entry = until === undefined ? { name: member } : { name: member, until: Number(until) };
        find(this.groups, ({ name: one }) => one === name).members.push(entry);
        this.#note('group_entered', name, member);
        return {};
      },
      'DELETE groups': ([name, , member]) => {
        const group = find(this.groups, ({ name: one }) => one === name);
        if (member) group.members = group.members.filter(({ name: one }) => one !== member);
        else this.groups = this.groups.filter((one) => one !== group);
        this.#note(member ? 'group_left' : 'group_removed', name, member);
        return this.#confirmed();
      },
      'GET invites': () => this.invites,
      'POST invites': (_, __, body) => this.#invite(body as unknown as Invite & { seconds: number }),
      'DELETE invites': ([id]) => {
        this.invites = this.invites.filter(({ id: one }) => one !== id);
        this.#note('invite_withdrawn', id);
        return {};
      },
      'GET access': ([what], query) => {
        const mine = this.rules.filter(({ item }) => !query.get('item') || item === query.get('item'));
        if (what !== 'why') return mine;
        const allowed = Object.fromEntries(
          rights.map((right) => [right, mine.some((rule) => rights.indexOf(rule.right) >= rights.indexOf(right))]),
        );
        const scope = mine.length > 0 ? 'item' : 'pool';
        return {
          item: query.get('item'),
          name: '',
          member: query.get('member'),
          allowed,
          owner: false,
          scope,
          rules: mine,
        };
      },
      'POST access': (_, __, body) => {
        const rule = { ...body, id: ++this.#rules } as Rule;
        this.rules = [...this.rules, rule];
        this.#note('access_allowed', rule.item ?? '', `${rule.right} ${rule.subject}`);
        return rule;
      },
      'DELETE access': ([id]) => {
        this.rules = this.rules.filter((rule) => `${rule.id}` !== id);
        this.#note('access_denied', id);
        return this.#confirmed();
      },
      'GET audit': (_, query) => newest(this.audit, query),
      'GET transfers': (_, query) => newest(this.transfers, query),
    };
  }

  #invite({ role, groups, device_of, uses, seconds }: Invite & { seconds: number }) {
    const id = `${this.invites.length}`.repeat(16);
    const expires = NOW + seconds;
    const made = { id, role: role ?? 'member', groups: groups ?? [], uses, expires, by: this.me.name };
    this.invites = [...this.invites, { ...made, ...(device_of ? { device_of } : {}) }];
    this.#note('invite_made', id);
    return { id, link: `http://192.0.2.7:6969/join#1.${'R'.repeat(43)}.${'C'.repeat(22)}`, expires };
  }

  /** The last of several says nothing. */
  #confirmed(): Confirmed {
    return { epoch: this.audit.length, confirmed: this.connected.slice(0, -1), silent: this.connected.slice(-1) };
  }

  #note(action: string, target = '', detail = ''): void {
    const seq = this.audit.length + 1;
    this.audit = [{ seq, at: NOW + seq * 60, actor: this.me.name, action, target, detail }, ...this.audit];
  }
}

/** One of the last days. */
function transfer(
  seq: number,
  giver: string,
  taker: string,
  what: Pick<MemberTransfer, 'item' | 'name' | 'stock' | 'given' | 'taken'>,
): MemberTransfer {
  const last = NOW + (seq - 5) * 50_000;
  return { seq, day: last - (last % 86_400), last, giver, taker, ...what };
}

/** A page of a list, whose newest come first. */
function newest<T extends { seq: number }>(list: T[], query: URLSearchParams): T[] {
  const before = Number(query.get('before') ?? Infinity);
  return list.filter(({ seq }) => seq < before).slice(0, Number(query.get('limit')));
}

function find<T>(list: T[], is: (one: T) => boolean): T {
  const found = list.find(is);
  if (!found) throw new Refused(404, 'not_found', 'there is no such thing');
  return found;
}
