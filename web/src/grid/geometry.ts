// Where rows stand. A browser caps the height of an element (Firefox at 17.9 million px, Chromium at 33.5 million), and
// 1,000,000 rows of 32 px need 32 million. So the element that is scrolled has at most 8 million px, and `top`, the
// offset in the height that the rows would need, is kept beside the element's own offset, `real`.

/** The tallest element that is asked of a browser, in px. */
export const MAX_HEIGHT = 8_000_000;

export interface Geometry {
  /** How many rows there are. */
  total: number;
  /** Of one row, in px. */
  rowHeight: number;
  /** Height of what is visible of the rows, in px. */
  viewport: number;
}

export interface Position {
  /** The offset of the scrolled element, in px. */
  real: number;
  /** The offset in the full height, in px. */
  top: number;
}

/** The height that all rows need, in px. */
export function fullHeight(geometry: Geometry): number {
  return geometry.total * geometry.rowHeight;
}

/** The height of the element that is scrolled, in px. */
export function realHeight(geometry: Geometry): number {
  return Math.min(fullHeight(geometry), MAX_HEIGHT);
}

function limits(geometry: Geometry): Position {
  return {
    real: Math.max(0, realHeight(geometry) - geometry.viewport),
    top: Math.max(0, fullHeight(geometry) - geometry.viewport),
  };
}

/** Where `top` is, with the scrollbar where it belongs. */
export function moveTo(geometry: Geometry, top: number): Position {
  const most = limits(geometry);
  const clamped = clamp(top, most.top);
  return { top: clamped, real: most.top === 0 ? 0 : (clamped / most.top) * most.real };
}

/**
 * The position after the browser scrolled from `before` to the offset `real`.
 *
 * A step of less than two screens is a wheel or a finger, and moves the rows by as many px. A longer one is the
 * scrollbar being dragged, and moves them in proportion. At both ends the rows end with the scrollbar.
 */
export function scrollTo(geometry: Geometry, before: Position, real: number): Position {
  const most = limits(geometry);
  if (real <= 0) return { real: 0, top: 0 };
  if (real >= most.real) return { real, top: most.top };
  const step = real - before.real;
  if (Math.abs(step) < 2 * geometry.viewport) return { real, top: clamp(before.top + step, most.top) };
  return { real, top: (real / most.real) * most.top };
}

/** The rows of which something is visible: from `first` up to, and without, `end`. */
export function visibleRows(geometry: Geometry, top: number): { first: number; end: number } {
  const first = Math.min(Math.floor(top / geometry.rowHeight), Math.max(0, geometry.total - 1));
  const end = Math.min(geometry.total, Math.ceil((top + geometry.viewport) / geometry.rowHeight));
  return { first: Math.max(0, first), end: Math.max(0, end) };
}

/** The offset nearest to `top` at which the row is visible as a whole. */
export function reveal(geometry: Geometry, top: number, row: number): number {
  const above = row * geometry.rowHeight;
  const below = above + geometry.rowHeight - geometry.viewport;
  return Math.max(Math.min(top, above), below);
}

/** Rows in a step of Page Up or Page Down: a screen, less one row to keep one's place. */
export function page(geometry: Geometry): number {
  return Math.max(1, Math.floor(geometry.viewport / geometry.rowHeight) - 1);
}

/**
 * The window to ask the server for so that `visible` and a margin are in it; `current` while that will do.
 *
 * It holds at most `most` rows, those that are visible in its middle.
 */
export function windowFor(
  visible: { first: number; end: number },
  total: number,
  most: number,
  current?: { from: number; count: number },
): { from: number; count: number } {
  const margin = 10;
  const from = Math.max(0, visible.first - margin);
  const end = Math.min(total, visible.end + margin);
  if (current && current.from <= from && current.from + current.count >= end) return current;
  const shown = Math.min(most, visible.end - visible.first);
  const spare = Math.min(most - shown, 2 * Math.max(40, shown));
  const start = Math.max(0, visible.first - Math.floor(spare / 2));
  return { from: start, count: Math.min(most, shown + spare) };
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(0, value), most);
}
