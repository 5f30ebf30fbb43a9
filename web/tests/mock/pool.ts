import type { Download, HistoryEntry, Limits, LogLine, PoolPeer, SharedItem, Status } from '../../src/api/shapes';
import { ITEMS, chance, itemAt, nameAt, search } from './items';
import type { MockMembers } from './members';
import { MockUploads } from './uploads';

type Query = Record<string, string | number | boolean | undefined>;
type Row = Record<string, unknown>;

/** A list in an order that stays as it is: how many rows, and each by its place, with its key. */
export interface List {
  total: number;
  at(place: number): [string, Row | null];
}

/** A pool and one peer of it, as the API shows them. Nothing of it is real, and all of it moves. */
export class Pool {
  items = ITEMS;
  downloads: Download[] = [];
  shares: SharedItem[] = [];
  history: HistoryEntry[] = [];
  log: LogLine[] = [];
  limits: Limits = {
    up: null,
    down: null,
    per_item_up: null,
    per_item_down: null,
    per_peer_up: null,
    per_peer_down: null,
    schedules: [],
  };
  tracker: Status['tracker'] = {
    state: 'connected',
    name: 'library',
    url: 'http://192.0.2.7:6969',
  } as Status['tracker'];
  readonly uploads = new MockUploads(this);
  /** Where the pool is for members. */
  members: MockMembers | undefined;
  #turns = new Map<number, number>();
  #orders = new Map<string, Uint32Array>();
  #seconds = 0;

  constructor(items = ITEMS) {
    this.items = items;
    if (items > 0) this.#furnish();
  }

  #furnish(): void {
    const states = ['fetching', 'fetching', 'waiting', 'paused', 'complete', 'failed', 'fetching', 'stopped'];
    this.downloads = states.map((state, i) =>
      download(state === 'fetching' ? big(1_000 * i + 3) : 1_000 * i + 3, state),
    );
    this.shares = Array.from({ length: 240 }, (_, i) => shared(i * 17));
    this.history = Array.from({ length: 60 }, (_, i) => finished(i * 31 + 5));
    for (let i = 0; i < 300; i++) this.note(i);
  }

  note(i: number): void {
    const levels = ['INFO', 'DEBUG', 'INFO', 'WARN', 'INFO', 'ERROR'] as const;
    const level = levels[chance(i) % 6] ?? 'INFO';
    const message = `${nameAt(chance(i) % 50_000)}: ${['announced', 'a peer left', 'piece verified', 'connection refused'][i % 4]}`;
    this.log.push({ seq: i, time: 1_795_000_000_000 + i * 750, level, target: 'peerpool_peer::node', message });
  }

  /** A quarter of a second goes by, in which `changes` items change their holders. */
  turn(changes: number): void {
    this.#seconds += 0.25;
    for (let i = 0; i < changes; i++) {
      const item = chance(Math.floor(this.#seconds * 4) * 10_007 + i) % (i % 4 === 0 ? 60 : Math.max(1, this.items));
      this.#turns.set(item, (this.#turns.get(item) ?? 0) + 1);
    }
    for (const one of this.downloads) if (one.state === 'fetching') advance(one, this.#seconds);
  }

  item(i: number) {
    return itemAt(i, this.#turns.get(i));
  }

  status(): Row {
    const rate = this.downloads.reduce((sum, { rate_down }) => sum + rate_down, 0);
    return {
      peer_id: 'a'.repeat(40),
      name: 'reading-room',
      version: '0.1.0',
      pid: 4242,
      repository: '/srv/reading-room',
      listen: '0.0.0.0:6881',
      tracker: this.tracker,
      items: this.shares.length,
      size: this.shares.reduce((sum, { size }) => sum + size, 0),
      downloads: [],
      connections: 17,
      rate_down: rate,
      rate_up: Math.floor(rate / 3),
      downloaded: 91_000_000_000,
      uploaded: 40_500_000_000,
      hashing: this.items
        ? { name: 'Forest amber 1999.tar', bytes_done: 4_100_000_000, bytes_total: 9_000_000_000, rate: 310_000_000 }
        : null,
      reachability: [
        { address: '192.0.2.20:6881', state: 'reachable' },
        { address: '[2001:db8::20]:6881', state: 'unreachable' },
      ],
      problems: this.problems(),
    };
  }

  problems(): Row[] {
    if (this.items === 0) return [];
    return [
      {
        code: 'left_out',
        path: 'Film/cut\u202E4.mov',
        message: 'is a symbolic link that leads out of the repository; put the file itself there',
      },
      {
        code: 'unreachable',
        message: 'nobody reaches [2001:db8::20]:6881: open the port in the firewall, or forward it in the router',
      },
    ];
  }

  health(): Row {
    const { items } = this;
    return {
      tracker_id: 'b'.repeat(32),
      name: 'library',
      version: '0.1.0',
      peers: items ? 812 : 0,
      items,
      swarms: items * 2,
      uptime_seconds: 400_000 + Math.floor(this.#seconds),
      ...(this.members ? { members: true } : {}),
    };
  }

  /** A view's rows in the order that a query wants. */
  list(view: string, query: Query): List {
    switch (view) {
      case 'items':
        return this.#itemList(query);
      case 'peers':
        return table(peers(this.items ? 812 : 0), 'peer_id', query);
      case 'downloads':
        return table(
          this.downloads.filter(({ state }) => !query.state || state === query.state),
          'hash',
          query,
        );
      case 'repository':
        return table(this.shares, 'name', query);
      case 'history':
        return table(this.history, 'number', query);
      case 'log':
        return table(
          this.log.filter(({ level }) => !query.level || level === query.level),
          'seq',
          { search: query.search, sort: 'seq', desc: true },
        );
      case 'status':
        return { total: 1, at: () => ['', this.status()] };
      case 'health':
        return { total: 1, at: () => ['', this.health()] };
      default:
        return this.#detail(view.slice('download/'.length));
    }
  }

  #detail(hash: string): List {
    const known = () => this.downloads.find((one) => one.hash === hash);
    return { total: known() ? 1 : 0, at: () => ['', (known() as Row | undefined) ?? null] };
  }

  #itemList(query: Query): List {
    let order = this.#order(String(query.sort ?? 'name'), query.desc === true || query.desc === 'true');
    const found = search(String(query.search ?? ''));
    if (found) {
      const mask = new Uint8Array(ITEMS);
      for (const i of found) mask[i] = 1;
      order = order.filter((i) => mask[i] === 1);
    }
    if (query.kind || query.min || query.max) {
      order = order.filter((i) => {
        const { kind, size } = itemAt(i);
        return (
          (!query.kind || kind === query.kind) &&
          size >= Number(query.min ?? 0) &&
          size <= Number(query.max ?? Infinity)
        );
      });
    }
    const at = (place: number): [string, Row] => {
      const item = this.item(order[place] ?? 0);
      return [item.hash, item];
    };
    return { total: order.length, at };
  }

  #order(sort: string, desc: boolean): Uint32Array {
    const key = `${sort} ${desc}`;
    let order = this.#orders.get(key);
    if (!order) {
      order = Uint32Array.from({ length: this.items }, (_, i) => i);
      if (sort !== 'name') {
        const field = { age: 'added', holders: 'seeds' }[sort] ?? sort;
        const keys = Float64Array.from(order, (i) => Number((itemAt(i) as unknown as Row)[field] ?? 0));
        order.sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
      }
      if (desc) order.reverse();
      this.#orders.set(key, order);
    }
    return order;
  }
}

function table(source: readonly object[], key: string, { search: text, sort = key, desc }: Query): List {
  const wanted = String(text ?? '').toLowerCase();
  const field =
    { progress: 'bytes_done', rate: 'rate_down', size: 'size', connected: 'connected_seconds', added: '' }[
      String(sort)
    ] ?? String(sort);
  const rows = (source as Row[]).filter((row) => JSON.stringify(row).toLowerCase().includes(wanted));
  const value = (row: Row) => row[field] as number | string;
  if (field) rows.sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
  if (desc === true || desc === 'true') rows.reverse();
  const keys = rows.map((row) => String(row[key]));
  return {
    total: rows.length,
    at: (place) => [keys[place] ?? '', (source as Row[]).includes(rows[place] ?? {}) ? (rows[place] ?? null) : null],
  };
}

function peers(count: number): PoolPeer[] {
  return Array.from({ length: count }, (_, i) => ({
    peer_id: chance(i + 1)
      .toString(16)
      .padStart(40, '0'),
    name: `desk-${String(i).padStart(3, '0')}`,
    address: `192.0.2.${i % 250}:${6_881 + (i % 7)}`,
    agent: i % 9 === 0 ? 'Transmission 4.0.6' : 'Peerpool 0.1.0',
    items: chance(i) % 4_000,
    connected_seconds: chance(i + 2) % 500_000,
    ...(i % 11 === 0 ? {} : { reachable: i % 5 !== 0 }),
    this: i === 3,
  }));
}

/** The next item that takes a while to fetch. */
export function big(from: number): number {
  let i = from;
  while (itemAt(i).size < 2 * 1024 ** 3) i += 1;
  return i;
}

export function download(i: number, state: string): Download {
  const { hash, name, size, pieces } = itemAt(i);
  const share = state === 'complete' ? 1 : ((chance(i) % 80) + 10) / 100;
  const going = state === 'fetching';
  const reason = { waiting: 'no_holder', paused: 'paused', stopped: 'stopped', failed: 'failed' }[state];
  const stalled = {
    waiting: 'nobody who has it is online; it goes on when somebody comes',
    failed: 'the disk is full: make room, then resume',
  }[state];
  return {
    state,
    ...(state === 'failed' ? { code: 'disk_full', cause: stalled } : {}),
    ...(reason ? { reason, stalled: stalled ?? `it is ${state}: \`resume\` goes on with it` } : {}),
    hash,
    name,
    bytes_total: size,
    bytes_done: Math.floor(size * share),
    pieces_total: pieces,
    pieces_done: Math.floor(pieces * share),
    rate_down: going ? 24_000_000 : 0,
    rate_up: going ? 3_000_000 : 0,
    seconds: 312,
    ...(going ? { time_left: Math.floor((size * (1 - share)) / 24_000_000) } : {}),
    sources: going ? [0, 1, 2, 3].map((k) => source(i, k, pieces)) : [],
    pieces: bitmap(pieces, share, i),
    curve: { down: curve(i, 24_000_000), up: curve(i + 1, 3_000_000) },
  } as Download;
}

function source(i: number, k: number, pieces: number) {
  return {
    peer_id: `${k}`.repeat(40),
    name: ['desk-001', 'desk-014', 'lab\u202Eevil', 'Transmission 4.0.6'][k] ?? '',
    address: `192.0.2.${k + 4}:6881`,
    connected: k !== 3,
    pieces: k === 0 ? pieces : Math.floor(pieces / (k + 1)),
    bytes: 400_000_000 / (k + 1),
    rate: k === 3 ? 0 : 12_000_000 / (k + 1) + i,
    sent: k === 2 ? 90_000_000 : 0,
    rate_up: k === 2 ? 2_000_000 : 0,
  };
}

function bitmap(pieces: number, share: number, seed: number): string {
  const bytes = Buffer.alloc(Math.ceil(pieces / 8));
  for (let p = 0; p < pieces; p++) {
    const have = p < (pieces * share) / 2 || chance(p * 31 + seed) % 1_000 < share * 700;
    if (have || share === 1) bytes[p >> 3] = (bytes[p >> 3] ?? 0) | (0x80 >> (p & 7));
  }
  return bytes.toString('base64');
}

function curve(seed: number, top: number): number[] {
  return Array.from({ length: 300 }, (_, s) =>
    Math.floor(top * (0.6 + 0.3 * Math.sin((s + seed) / 17) + (chance(s + seed) % 100) / 1_000)),
  );
}

function advance(one: Download, seconds: number): void {
  one.rate_down = Math.floor(24_000_000 * (1 + 0.2 * Math.sin(seconds + one.name.length)));
  // Slower than it says, so that it still arrives while somebody looks.
  one.bytes_done = Math.min(one.bytes_total, one.bytes_done + one.rate_down / 40);
  one.pieces_done = Math.floor((one.pieces_total * one.bytes_done) / one.bytes_total);
  one.time_left = Math.floor((one.bytes_total - one.bytes_done) / one.rate_down);
  if (one.bytes_done === one.bytes_total) Object.assign(one, { state: 'complete', rate_down: 0, time_left: null });
}

function shared(i: number): SharedItem {
  const { hash, name, kind, size, files } = itemAt(i);
  const state = i === 17 ? 'hashing' : i % 5 === 0 ? 'partial' : 'shared';
  const takers = chance(i + 7) % 4;
  const uploaded = size * (chance(i) % 5) + takers;
  return { hash, name, kind, size, files, state, uploaded, takers, rate_up: takers * 3_100_000 };
}

const outcomes = [{ result: 'complete' }, { result: 'served' }, { result: 'removed' }, { result: 'complete' }] as const;

function finished(i: number): HistoryEntry {
  const { hash, name, size } = itemAt(i);
  return {
    number: 5_000 - i,
    direction: i % 4 === 1 ? 'up' : 'down',
    hash,
    name,
    size,
    bytes: size,
    peers: (i % 6) + 1,
    begun: 1_795_000_000 - i * 9_000 - 60,
    ended: 1_795_000_000 - i * 9_000,
    seconds: 60,
    rate: 18_000_000,
    ...outcomes[i % 4],
  } as HistoryEntry;
}
