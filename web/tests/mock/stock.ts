import type { AnnounceKey, Confirmed } from '../../src/api/members';
import { Refused, type Route } from './api';
import { isV2Alone, numberOf } from './items';

/** Which items stock clients may fetch, and the keys by which they announce. */
export class MockStock {
  /** Their hashes. */
  readonly items: string[] = [];
  keys: (AnnounceKey & { item: string })[] = [];
  /** Whether whoever looks may change it. */
  decides = true;
  /** Whether it may get the items. */
  mayGet = true;
  readonly #now: number;
  #made = 0;

  constructor(now: number) {
    this.#now = now;
  }

  /** A new key of a member. */
  add(item: string, member: string, used?: number): string {
    this.#made += 1;
    const id = (0x3fa9c1d2 * this.#made).toString(16).padStart(16, '0');
    const added = this.#now - 86_400 * this.#made;
    this.keys.push({ item, id, member, added, ...(used === undefined ? {} : { used }) });
    return id;
  }

  /** `note` writes a line of the log, and gives the answer. */
  routes(me: string, note: (action: string, item: string) => Confirmed): Record<string, Route> {
    return {
      'GET stock': (_, query) => {
        const item = query.get('item') ?? '';
        const keys = this.keys.filter((key) => key.item === item && (this.decides || key.member === me));
        return { item, name: '', allowed: this.items.includes(item), decides: this.decides, keys };
      },
      'PUT stock': (_, __, { item, allowed }) => {
        if (!this.decides) throw new Refused(403, 'not_allowed', 'only an administrator or the owner may do this');
        const hash = String(item);
        if (isV2Alone(numberOf(hash) ?? 0)) throw new Refused(404, 'not_found', `${hash} has no private form`);
        if (allowed) this.items.push(hash);
        else this.items.splice(this.items.indexOf(hash), 1);
        this.keys = this.keys.filter((key) => allowed || key.item !== hash);
        return note(allowed ? 'stock_allowed' : 'stock_denied', hash);
      },
      'POST stock': (_, __, { item }) => {
        if (!this.mayGet) throw new Refused(403, 'not_allowed', 'you may not get this item: a rule has to let you');
        const id = this.add(String(item), me);
        const torrent = btoa('d8:announce47:https://192.0.2.7:6969/announce/SECRET/announce4:infodee');
        return { id, name: `item ${String(item).slice(0, 8)}`, torrent };
      },
      'DELETE stock': ([, id]) => {
        const item = this.keys.find((key) => key.id === id)?.item ?? '';
        this.keys = this.keys.filter((key) => key.id !== id);
        return note('announce_key_ended', item);
      },
    };
  }
}
