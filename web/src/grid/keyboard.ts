import { type Geometry, page } from './geometry';

/** Where a key moves the active row to; `undefined` when it moves nothing. */
export function moved(key: string, row: number, geometry: Geometry, singleKeys: boolean): number | undefined {
  const step = stepOf(key, row, geometry, singleKeys);
  if (step === undefined || geometry.total === 0) return undefined;
  return Math.min(Math.max(0, row + step), geometry.total - 1);
}

function stepOf(key: string, row: number, geometry: Geometry, singleKeys: boolean): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return 1;
    case 'ArrowUp':
      return -1;
    case 'PageDown':
      return page(geometry);
    case 'PageUp':
      return -page(geometry);
    case 'Home':
      return -row;
    case 'End':
      return geometry.total - 1 - row;
    case 'j':
      return singleKeys ? 1 : undefined;
    case 'k':
      return singleKeys ? -1 : undefined;
    default:
      return undefined;
  }
}
