import { router } from '../state/router.svelte';
import { store, stored } from '../state/stored';
import { type Sort, keepSort, sortOf } from './sort';

/**
 * How a list of one page is sorted, and which columns it has.
 *
 * The order lives in the address, so that it can be sent and Back takes it back; the last one is remembered for the next
 * visit. Columns are a habit of the person and are remembered alone.
 */
export class ListState {
  readonly #page: string;
  readonly #first: Sort;
  hidden = $state.raw<ReadonlySet<string>>(new Set());

  constructor(page: string, first: Sort, hidden: readonly string[] = []) {
    this.#page = page;
    this.#first = first;
    const kept = stored(`${page}.hidden`);
    this.hidden = new Set(kept === undefined ? hidden : kept.split(',').filter(Boolean));
  }

  get sort(): Sort {
    return sortOf(this.#page, this.#first, router.route.params);
  }

  sortBy(by: string, desc: boolean): void {
    keepSort(this.#page, { by, desc });
    router.change({ sort: by, desc: desc ? 'true' : undefined });
  }

  /** Shows or hides a column. */
  toggle(column: string): void {
    const next = new Set(this.hidden);
    if (!next.delete(column)) next.add(column);
    this.hidden = next;
    store(`${this.#page}.hidden`, [...next].join(','));
  }
}
