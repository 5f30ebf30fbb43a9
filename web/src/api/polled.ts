import type { Client, Query } from './client';
import { type Fields, type FromServer, type ToServer, type Window } from './messages';
import type { Socket } from './live';
import { Problem, asProblem } from './problem';

/** How often windows are fetched again, in milliseconds. */
const PERIOD = 2_000;

/** Where the rows of a view are, and what identifies one. */
interface Place {
  path: string;
  /** The field that has the list; left out where the answer is the list, or one row. */
  list?: string;
  key?: string;
}

const places: Record<string, Place> = {
  items: { path: '/api/v1/items', list: 'items', key: 'hash' },
  peers: { path: '/api/v1/peers', list: 'peers', key: 'peer_id' },
  downloads: { path: '/api/v1/downloads', key: 'hash' },
  repository: { path: '/api/v1/repository', list: 'items', key: 'name' },
  history: { path: '/api/v1/history', list: 'transfers', key: 'number' },
  log: { path: '/api/v1/log', list: 'lines', key: 'seq' },
  status: { path: '/api/v1/status' },
  health: { path: '/api/v1/health' },
};

interface Followed {
  window: Window;
  order: string | undefined;
  /** What was told last of each row in the window, as JSON, in their order. */
  told: Map<string, string>;
  total: number;
}

interface Page {
  total: number;
  order: string | undefined;
  rows: [string, Fields][];
}

/**
 * What a live connection would say, out of requests, for where no WebSocket comes through: some proxies forward none.
 *
 * It speaks the protocol of `/api/v1/live` towards the page. Windows are fetched every two seconds, and only while what was
 * told has been drawn and somebody sees it.
 */
export class PolledSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly #client: Client;
  readonly #followed = new Map<number, Followed>();
  readonly #timer: ReturnType<typeof setInterval>;
  #seq = 0;
  #drawn = 0;
  #visible = true;

  /** `probe` is what must answer for the server to count as there. */
  constructor(client: Client, probe: string) {
    this.#client = client;
    this.#timer = setInterval(() => void this.#look(), PERIOD);
    client.fetch(probe).then(
      () => this.onopen?.(),
      () => this.#lose(),
    );
  }

  send(text: string): void {
    const message = JSON.parse(text) as ToServer;
    switch (message.type) {
      case 'hello':
        return this.#say({ type: 'welcome', cursor: '0.0', version: '' });
      case 'subscribe': {
        const { id, view, query, from, count } = message;
        this.#followed.set(id, { window: { view, query, from, count }, order: undefined, told: new Map(), total: 0 });
        return void this.#snapshot(id);
      }
      case 'move': {
        const followed = this.#followed.get(message.id);
        if (followed) Object.assign(followed.window, { from: message.from, count: message.count });
        return void this.#snapshot(message.id);
      }
      case 'sort': {
        const followed = this.#followed.get(message.id);
        if (followed) followed.order = undefined;
        return void this.#snapshot(message.id);
      }
      case 'unsubscribe':
        this.#followed.delete(message.id);
        return;
      case 'ack':
        this.#drawn = message.seq;
        return;
      case 'visible':
        this.#visible = message.yes;
        return;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#followed.clear();
  }

  #say(message: FromServer): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  #lose(): void {
    this.close();
    this.onclose?.();
  }

  async #look(): Promise<void> {
    if (!this.#visible || this.#drawn < this.#seq) return;
    for (const [id, followed] of [...this.#followed]) {
      const page = await this.#fetch(id, followed);
      if (page && this.#followed.get(id) === followed) this.#patch(id, followed, page);
    }
  }

  async #snapshot(id: number): Promise<void> {
    const followed = this.#followed.get(id);
    if (!followed) return;
    const { from } = followed.window;
    const page = await this.#fetch(id, followed);
    // Whoever moved on meanwhile has asked for something else.
    if (!page || this.#followed.get(id) !== followed || followed.window.from !== from) return;
    followed.order = page.order ?? followed.order ?? String(this.#seq + 1);
    followed.total = page.total;
    followed.told = new Map(page.rows.map(([key, row]) => [key, JSON.stringify(row)]));
    const { order, total } = followed;
    this.#say({ type: 'snapshot', seq: ++this.#seq, id, order, total, from, rows: page.rows });
  }

  #patch(id: number, followed: Followed, { total, rows }: Page): void {
    const now = new Map(rows);
    const changes: [string, Fields | null][] = [];
    for (const [key, before] of followed.told) {
      const row = now.get(key);
      if (row && JSON.stringify(row) !== before) changes.push([key, row]);
      if (row) followed.told.set(key, JSON.stringify(row));
    }
    const places = [...followed.told.keys()];
    const moved = rows.filter(([key], i) => places[i] !== key).length;
    const changed = Math.max(moved, Math.abs(total - followed.total));
    if (changes.length === 0 && changed === 0) return;
    this.#say({ type: 'patch', seq: ++this.#seq, id, rows: changes, changed, total });
  }

  async #fetch(id: number, { window, order }: Followed): Promise<Page | undefined> {
    try {
      return await this.#page(window, order);
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === 'unreachable') this.#lose();
      else this.#say({ type: 'error', id, problem: { code: problem.code, detail: problem.message } });
      return undefined;
    }
  }

  async #page({ view, query, from, count }: Window, order: string | undefined): Promise<Page> {
    const place =
      places[view] ?? (view.startsWith('download/') ? { path: `/api/v1/downloads/${view.slice(9)}` } : undefined);
    if (!place) throw new Problem('not_found', view);
    const single = !place.key;
    const asked: Query = single ? {} : { ...query, offset: from, limit: count, order };
    const answer = (await this.#client.fetch(place.path, asked)) as Fields;
    if (single) return { total: 1, order: undefined, rows: [['', answer]] };
    const list = (place.list ? answer[place.list] : answer) as Fields[];
    // A server that gives no part gives all.
    const whole = answer.offset === undefined && list.length > count;
    const rows = whole ? list.slice(from, from + count) : list;
    const total = typeof answer.total === 'number' ? answer.total : whole ? list.length : from + list.length;
    const named = typeof answer.order === 'string' ? answer.order : undefined;
    return { total, order: named, rows: rows.map((row) => [String(row[place.key ?? '']), row]) };
  }
}
