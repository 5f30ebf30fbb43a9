import type { Snippet } from 'svelte';

/** A column of a grid. */
export type Column<R> = Place & Content<R>;

interface Place {
  id: string;
  label: string;
  /** Its least width in px; what is left over goes to columns that `grow`. */
  width: number;
  grow?: number;
  align?: 'start' | 'end';
  /** The name under which the server sorts by it. */
  sort?: string;
  /** Which columns give way first where the width does not suffice: those of the highest number. */
  rank: number;
}

/** What stands in a cell: most are a text, which a grid of a hundred cells draws at once; the others say it all. */
type Content<R> =
  { text: (row: R) => string; look?: 'muted' | 'mono muted'; cell?: never } | { cell: Snippet<[R]>; text?: never };

/** The columns that are shown: without those that a person hid, and as many as the width holds. */
export function fitting<C extends { id: string; width: number; rank: number }>(
  columns: readonly C[],
  hidden: ReadonlySet<string>,
  width: number,
): C[] {
  const wanted = columns.filter(({ id }) => !hidden.has(id));
  const inRank = [...wanted].sort((a, b) => a.rank - b.rank);
  let left = width;
  const kept = new Set<string>();
  for (const column of inRank) {
    left -= column.width;
    if (left < 0 && kept.size > 0) break;
    kept.add(column.id);
  }
  return wanted.filter(({ id }) => kept.has(id));
}

/** The tracks of a CSS grid for some columns. */
export function tracks(columns: readonly { width: number; grow?: number }[]): string {
  return columns.map(({ width, grow }) => (grow ? `minmax(${width}px, ${grow}fr)` : `${width}px`)).join(' ');
}
