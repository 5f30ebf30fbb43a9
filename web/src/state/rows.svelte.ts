import type { Live, Subscription } from '../api/live';
import { FIRST_ROWS, type Fields, MAX_WINDOW, type Patch, type Snapshot } from '../api/messages';
import type { Problem } from '../api/problem';
import { windowFor } from '../grid/geometry';

export type ViewQuery = Record<string, string | number | boolean>;

/** A row as it stands now. Its fields change where it is; it never moves. */
export class Cell<R> {
  readonly key: string;
  row = $state.raw() as R;
  /** Whether it has left the list since the order was frozen. */
  gone = $state(false);

  constructor(key: string, row: R) {
    this.key = key;
    this.row = row;
  }
}

/** The first rows of a list, out of an answer to a plain request. */
export type FirstRows = Pick<Snapshot, 'order' | 'total' | 'rows'>;

/** Rows that were seen are kept up to this number, so that scrolling back shows them at once. */
const KEPT = 2_000;

/** How often a person who scrolls asks for another window at most, in milliseconds. */
const PACE = 60;

/**
 * A list of the server, however long, of which a window is followed.
 *
 * The order is frozen: rows are addressed by their place in it, and {@link changed} counts what a new order would show
 * otherwise, until {@link sort} takes it.
 */
export class Rows<R> {
  total = $state(0);
  changed = $state(0);
  /** Whether the first rows have come. */
  ready = $state(false);
  problem = $state.raw<Problem>();
  /** Names the frozen order; the server gives pages of the same order under it for a while. */
  order = $state('');
  /** Counts the lists that were followed one after the other: another one begins at its beginning. */
  list = $state(0);

  #fresh = true;
  #sorting = false;
  #version = $state(0);
  #cells = new Map<number, Cell<R>>();
  #keys = new Map<string, Cell<R>>();
  #visible = { first: 0, end: 0 };
  #window: { from: number; count: number } = { from: 0, count: FIRST_ROWS };
  #subscription: Subscription | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #live: Live;

  constructor(live: Live) {
    this.#live = live;
  }

  /**
   * Follows another list from its beginning. What was shown stays until the new rows come: those of `first`, if they were
   * asked for before and come before the connection has any.
   */
  follow(view: string, query: ViewQuery, first?: Promise<FirstRows | undefined>): void {
    this.close();
    this.#fresh = true;
    this.#window = { from: 0, count: Math.max(FIRST_ROWS, this.#window.count) };
    const subscription = this.#live.follow({ view, query, ...this.#window }, this.#follower());
    this.#subscription = subscription;
    void first?.then((rows) => {
      if (rows && this.#fresh && this.#subscription === subscription) this.#snapshot({ ...rows, from: 0 });
    });
  }

  /** The row at a place of the order, where it is known. */
  at(index: number): Cell<R> | undefined {
    void this.#version;
    return this.#cells.get(index);
  }

  /** Says which rows are on the screen. */
  look(first: number, end: number): void {
    this.#visible = { first, end };
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#move();
    }, PACE);
  }

  /** Takes the order anew. */
  sort(): void {
    this.#sorting = true;
    this.#subscription?.sort();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#subscription?.close();
    this.#subscription = undefined;
  }

  #move(): void {
    const next = windowFor(this.#visible, this.total, MAX_WINDOW, this.#window);
    if (next === this.#window) return;
    this.#window = next;
    this.#subscription?.move(next.from, next.count);
  }

  #follower() {
    return {
      snapshot: (snapshot: Snapshot) => this.#snapshot(snapshot),
      patch: (patch: Patch) => this.#patch(patch),
      refused: (problem: Problem) => {
        this.problem = problem;
      },
    };
  }

  #snapshot({ order, total, from, rows }: FirstRows & { from: number }): void {
    const anew = this.#fresh || this.#sorting || order !== this.order;
    // A row that is in the new order, too, stays what it is, and is not drawn again.
    const before = this.#keys;
    if (anew || this.#cells.size > KEPT) this.#forget();
    if (anew) this.changed = 0;
    if (this.#fresh) this.list += 1;
    this.#fresh = this.#sorting = false;
    this.order = order;
    this.total = total;
    this.ready = true;
    this.problem = undefined;
    rows.forEach(([key, fields], i) => {
      const known = before.get(key);
      if (known) {
        known.gone = fields === null;
        if (fields && !isSame(known.row as Fields, fields)) known.row = fields as R;
      }
      // Of a row that left before it was seen there is nothing to show.
      if (!known && fields === null) return;
      const cell = known ?? new Cell<R>(key, fields as R);
      this.#cells.set(from + i, cell);
      this.#keys.set(key, cell);
    });
    this.#version += 1;
  }

  #patch({ rows, changed, total }: Patch): void {
    for (const [key, fields] of rows) {
      const cell = this.#keys.get(key);
      if (!cell) continue;
      cell.gone = fields === null;
      if (fields) cell.row = patched(cell.row as Fields, fields) as R;
    }
    this.changed = changed;
    // Where nothing is shown, nothing can jump.
    if (this.total === 0 && total > 0) this.sort();
  }

  #forget(): void {
    this.#cells = new Map();
    this.#keys = new Map();
  }
}

function isSame(one: Fields, other: Fields): boolean {
  const names = Object.keys(other);
  return names.length === Object.keys(one).length && names.every((name) => one[name] === other[name]);
}

/** A row with some fields changed; what is `null` is gone. */
export function patched(row: Fields, changes: Fields): Fields {
  const next = { ...row, ...changes };
  for (const [name, value] of Object.entries(changes)) if (value === null) Reflect.deleteProperty(next, name);
  return next;
}

/** A view of one row. */
export class Single<R> {
  row = $state.raw<R>();
  gone = $state(false);
  problem = $state.raw<Problem>();
  #subscription: Subscription | undefined;
  readonly #live: Live;

  constructor(live: Live) {
    this.#live = live;
  }

  follow(view: string, query: ViewQuery = {}): void {
    this.close();
    this.row = undefined;
    this.gone = false;
    const put = (fields: Fields | null | undefined, whole: boolean) => {
      this.gone = !fields;
      if (fields) this.problem = undefined;
      if (fields) this.row = (whole || !this.row ? fields : patched(this.row as Fields, fields)) as R;
    };
    this.#subscription = this.#live.follow(
      { view, query, from: 0, count: 1 },
      {
        snapshot: ({ rows }) => put(rows[0]?.[1], true),
        patch: ({ rows }) => rows.forEach(([, fields]) => put(fields, false)),
        refused: (problem) => {
          this.problem = problem;
          this.gone = problem.code === 'not_found';
        },
      },
    );
  }

  close(): void {
    this.#subscription?.close();
    this.#subscription = undefined;
  }
}
