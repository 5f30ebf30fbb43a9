import type { WebSocket } from 'ws';

import type { ToServer } from '../../src/api/messages';
import type { List, Pool } from './pool';

type Row = Record<string, unknown>;

interface Followed {
  view: string;
  query: Record<string, string | number | boolean>;
  list: List;
  order: number;
  from: number;
  count: number;
  /** The pool's moves when the order was frozen. */
  since: number;
  /** What was sent last of each row in the window. */
  sent: Map<string, Row>;
}

/** Between two snapshots, in milliseconds, as a real server has it. */
const SNAPSHOT_PACE = 50;

/** One connection of `/api/v1/live`: the windows of one tab. */
export class LiveConnection {
  readonly #socket: WebSocket;
  readonly #pool: Pool;
  readonly #followed = new Map<number, Followed>();
  #seq = 0;
  #acknowledged = 0;
  #visible = true;
  #orders = 0;
  /** Windows that are to be shown whole, and when the last one was. */
  readonly #due = new Set<number>();
  #shown = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #told = () => {};
  #moves = 0;
  /** Bytes sent. */
  sent = 0;

  constructor(socket: WebSocket, pool: Pool) {
    this.#socket = socket;
    this.#pool = pool;
    socket.on('message', (data) => this.#handle(JSON.parse(String(data)) as ToServer));
  }

  /** Looks at every window, and sends what changed, if the last look was drawn. `moves` counts the pool's moves. */
  look(moves: number): void {
    this.#moves = moves;
    if (!this.#visible || this.#acknowledged < this.#seq) return;
    for (const [id, one] of this.#followed) if (!this.#due.has(id)) this.#patch(id, one);
  }

  /** Resolves when all that was sent has been drawn. */
  async drawn(): Promise<void> {
    while (this.#acknowledged < this.#seq) await new Promise<void>((resolve) => (this.#told = resolve));
  }

  #handle(message: ToServer): void {
    switch (message.type) {
      case 'hello':
        this.#send({ type: 'welcome', cursor: '1.0', version: '0.1.0' });
        break;
      case 'subscribe': {
        const { id, view, query, from, count } = message;
        const list = this.#pool.list(view, query);
        this.#followed.set(id, {
          view,
          query,
          list,
          order: ++this.#orders,
          from,
          count,
          since: this.#moves,
          sent: new Map(),
        });
        this.#show(id);
        break;
      }
      case 'move':
        Object.assign(this.#followed.get(message.id) ?? {}, { from: message.from, count: message.count });
        this.#show(message.id);
        break;
      case 'sort': {
        const one = this.#followed.get(message.id);
        if (one)
          Object.assign(one, { list: this.#pool.list(one.view, one.query), order: ++this.#orders, since: this.#moves });
        this.#show(message.id);
        break;
      }
      case 'unsubscribe':
        this.#followed.delete(message.id);
        break;
      case 'ack':
        this.#acknowledged = Math.max(this.#acknowledged, message.seq);
        this.#told();
        this.#proceed();
        break;
      case 'visible':
        this.#visible = message.yes;
        if (message.yes) for (const id of this.#followed.keys()) this.#show(id);
        break;
    }
  }

  #show(id: number): void {
    this.#due.add(id);
    this.#proceed();
  }

  /** Shows what is due, when what was sent before has been drawn, and not too often. */
  #proceed(): void {
    const [id] = this.#due;
    if (id === undefined || this.#acknowledged < this.#seq) return;
    const wait = this.#shown + SNAPSHOT_PACE - performance.now();
    clearTimeout(this.#timer);
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#proceed(), wait);
      return;
    }
    this.#due.delete(id);
    this.#snapshot(id);
    this.#shown = performance.now();
    this.#proceed();
  }

  #snapshot(id: number): void {
    const one = this.#followed.get(id);
    if (!one) return;
    one.sent.clear();
    const rows = this.#window(one).filter((row): row is [string, Row] => row[1] !== null);
    for (const [key, row] of rows) one.sent.set(key, { ...row });
    this.#send({
      type: 'snapshot',
      seq: ++this.#seq,
      id,
      order: `${one.order}`,
      total: one.list.total,
      from: one.from,
      rows,
    });
  }

  #window({ list, from, count }: Followed): [string, Row | null][] {
    const end = Math.min(list.total, from + Math.min(count, 200));
    return Array.from({ length: Math.max(0, end - from) }, (_, i) => list.at(from + i));
  }

  #patch(id: number, one: Followed): void {
    const rows: [string, Row | null][] = [];
    for (const [key, row] of this.#window(one)) {
      const before = one.sent.get(key);
      const changes = row === null ? null : changesBetween(before ?? {}, row);
      if (changes === null ? before : Object.keys(changes).length > 0) rows.push([key, changes]);
      if (row) one.sent.set(key, { ...row });
      else one.sent.delete(key);
    }
    const total = this.#pool.list(one.view, one.query).total;
    const changed = one.view === 'items' ? this.#moves - one.since : Math.abs(total - one.list.total);
    if (rows.length > 0 || changed > 0) this.#send({ type: 'patch', seq: ++this.#seq, id, rows, changed, total });
  }

  #send(message: object): void {
    const text = JSON.stringify(message);
    this.sent += text.length;
    this.#socket.send(text);
  }
}

function changesBetween(before: Row, now: Row): Row {
  const changes: Row = {};
  for (const [name, value] of Object.entries(now)) {
    if (JSON.stringify(before[name]) !== JSON.stringify(value)) changes[name] = value;
  }
  for (const name of Object.keys(before)) if (!(name in now)) changes[name] = null;
  return changes;
}
