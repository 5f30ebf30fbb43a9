import { FIRST_ROWS } from '../../api/messages';
import { sortOf } from '../../grid/sort';
import { client } from '../../state/connection';
import type { FirstRows, ViewQuery } from '../../state/rows.svelte';
import { BY_NAME, type Params, itemQuery } from './filters';

let asked: { query: string; rows: Promise<FirstRows | undefined> } | undefined;

/** Asks for the rows that the catalogue shows first, before there is a catalogue. Resolves when there is an answer. */
export function askAhead(params: Params): Promise<FirstRows | undefined> {
  const query = itemQuery(params, sortOf('catalogue', BY_NAME, params));
  const rows = first(query);
  asked = { query: JSON.stringify(query), rows };
  return rows;
}

/** What was asked for ahead, if it is what `query` asks: once, since it grows old. */
export function takeAhead(query: string): Promise<FirstRows | undefined> | undefined {
  const taken = asked?.query === query ? asked.rows : undefined;
  asked = undefined;
  return taken;
}

async function first(query: ViewQuery): Promise<FirstRows | undefined> {
  try {
    const { order, total, items } = await client.get('/api/v1/items', { query: { ...query, limit: FIRST_ROWS } });
    // A tracker of an earlier version says neither of its order nor how many there are.
    if (!order || total == null) return undefined;
    return { order, total, rows: items.map((item) => [item.hash, item]) };
  } catch {
    // The connection says what is wrong.
    return undefined;
  }
}
