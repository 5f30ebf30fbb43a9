import { asProblem } from '../api/problem';
import type { Selection } from '../grid/selection';
import { count } from '../text/format';
import { t } from '../text/index.svelte';
import { plain } from '../text/names';
import { words } from '../text/problems';
import type { Rows } from './rows.svelte';
import { toasts } from './toasts.svelte';

/** At most so many rows are acted upon at once. */
export const MOST = 200;

/** Does something to each of several things, one after the other, and says what failed. True when nothing did. */
export async function forEach<T extends { name: string }>(
  things: readonly T[],
  action: (thing: T) => Promise<unknown>,
  done: (count: number) => string,
): Promise<boolean> {
  const failed: string[] = [];
  for (const thing of things) {
    try {
      await action(thing);
    } catch (thrown) {
      failed.push(`${plain(thing.name)}: ${words(asProblem(thrown))}`);
    }
  }
  if (failed.length > 0) toasts.fail(t().bulk.failed(count(failed.length)), failed);
  const good = things.length - failed.length;
  if (good > 0) toasts.say(done(good));
  return failed.length === 0;
}

/**
 * The selected rows of a list. Those that never stood in the window are fetched by `page`, a page of the same order.
 *
 * Says so, and gives nothing, when more than {@link MOST} are selected.
 */
export async function selectedRows<R>(
  rows: Rows<R>,
  selection: Selection,
  page: (offset: number, limit: number) => Promise<R[]>,
): Promise<R[]> {
  if (selection.size > MOST) {
    toasts.fail(t().grid.tooMany(count(MOST)));
    return [];
  }
  const found: R[] = [];
  for (const { from, end } of selection.ranges) {
    const known = Array.from({ length: end - from }, (_, i) => rows.at(from + i)?.row);
    const all = known.every((row) => row !== undefined);
    found.push(...(all ? (known as R[]) : await page(from, end - from)));
  }
  return found;
}
