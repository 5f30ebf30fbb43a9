import type { Sort } from '../../grid/sort';
import type { ViewQuery } from '../../state/rows.svelte';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** The sizes to choose among, in bytes. */
export const sizes: readonly { id: string; min?: number; max?: number }[] = [
  { id: '' },
  { id: 'small', max: 10 * MIB },
  { id: 'middle', min: 10 * MIB, max: GIB },
  { id: 'large', min: GIB },
];

export type Params = Readonly<Record<string, string>>;

/** The order of the catalogue before anybody chose one. */
export const BY_NAME: Sort = { by: 'name', desc: false };

/** What the address says as the query of the view `items`. */
export function itemQuery(params: Params, sort: Sort): ViewQuery {
  const size = sizes.find(({ id }) => id === params.size);
  const query: ViewQuery = { sort: sort.by, desc: sort.desc };
  if (params.q) query.search = params.q;
  if (params.kind) query.kind = params.kind;
  if (params.holder) query.holder = params.holder;
  if (params.offline) query.offline = true;
  if (size?.min) query.min = size.min;
  if (size?.max) query.max = size.max;
  return query;
}

/** Whether the address narrows the catalogue at all. */
export function narrowed({ q, kind, size, holder }: Params): boolean {
  return Boolean(q || kind || size || holder);
}
