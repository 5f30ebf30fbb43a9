import { store, stored } from '../state/stored';

export interface Sort {
  by: string;
  desc: boolean;
}

/** The order of a page's list: the address says it, else it is the last one, else `first`. */
export function sortOf(page: string, first: Sort, { sort, desc }: Readonly<Record<string, string>>): Sort {
  if (sort) return { by: sort, desc: desc === 'true' };
  const [by, direction] = (stored(`${page}.sort`) ?? '').split(' ');
  return by ? { by, desc: direction === 'desc' } : first;
}

/** Remembers the order of a page's list for the next visit. */
export function keepSort(page: string, { by, desc }: Sort): void {
  store(`${page}.sort`, `${by} ${desc ? 'desc' : 'asc'}`);
}
