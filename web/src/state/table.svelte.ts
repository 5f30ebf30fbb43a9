import { untrack } from 'svelte';

import { type Problem, asProblem } from '../api/problem';
import type { RowSource, Shown } from '../grid/source';
import type { Sort } from '../grid/sort';

/** Rows that are here whole, such as the members of a pool: searched and sorted in the browser. */
export class Table<R extends object> implements RowSource<R> {
  ready = $state(false);
  problem = $state.raw<Problem>();
  list = $state(0);
  readonly changed = 0;
  #all = $state.raw<R[]>([]);
  #search = $state('');
  #sort = $state.raw<Sort>({ by: '', desc: false });
  readonly #shown = $derived(sorted(found(this.#all, this.#search), this.#sort));
  readonly #load: () => Promise<R[]>;

  constructor(load: () => Promise<R[]>) {
    this.#load = load;
  }

  /** The rows that are shown, in their order. */
  get rows(): readonly R[] {
    return this.#shown;
  }

  get total(): number {
    return this.#shown.length;
  }

  get order(): string {
    return `${this.list}`;
  }

  at(index: number): Shown<R> | undefined {
    const row = this.#shown[index];
    return row && { row, gone: false };
  }

  look(): void {
    // All of it is here.
  }

  sort(): void {
    // Nothing changes by itself.
  }

  /** Shows what has all words of a search somewhere, in an order. */
  show(search: string, sort: Sort): void {
    this.#search = search;
    this.#sort = sort;
    this.list = untrack(() => this.list) + 1;
  }

  /** Asks the server for all rows. */
  async load(): Promise<void> {
    try {
      this.#all = await this.#load();
      this.problem = undefined;
      this.ready = true;
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
  }
}

function found<R extends object>(rows: readonly R[], search: string): readonly R[] {
  const words = fold(search).split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = fold(Object.values(row).flat().map(plainText).join(' '));
    return words.every((word) => text.includes(word));
  });
}

function plainText(value: unknown): string {
  return typeof value === 'object' && value !== null ? Object.values(value).join(' ') : String(value);
}

/** Without accents and case, as the catalogue searches. */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'd').toLowerCase();
}

function sorted<R extends object>(rows: readonly R[], { by, desc }: Sort): readonly R[] {
  if (!by) return rows;
  const value = (row: R) => (row as Record<string, unknown>)[by];
  const order = (a: R, b: R) => compare(value(a), value(b));
  return [...rows].sort(desc ? (a, b) => order(b, a) : order);
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return plainText(a).localeCompare(plainText(b));
}
