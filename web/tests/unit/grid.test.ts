import { describe, expect, test } from 'vitest';

import { fitting, tracks } from '../../src/grid/columns';
import { moved } from '../../src/grid/keyboard';

const columns = [
  { id: 'name', width: 200, rank: 0, grow: 1 },
  { id: 'size', width: 100, rank: 2 },
  { id: 'holders', width: 100, rank: 1 },
];
const geometry = { total: 100, rowHeight: 32, viewport: 320 };

describe('columns', () => {
  test('those of the highest rank give way first, and the order stays', () => {
    expect(fitting(columns, new Set(), 400).map(({ id }) => id)).toEqual(['name', 'size', 'holders']);
    expect(fitting(columns, new Set(), 399).map(({ id }) => id)).toEqual(['name', 'holders']);
  });

  test('the first one stays however narrow it becomes', () => {
    expect(fitting(columns, new Set(), 10).map(({ id }) => id)).toEqual(['name']);
  });

  test('a hidden one leaves its room to another', () => {
    expect(fitting(columns, new Set(['holders']), 300).map(({ id }) => id)).toEqual(['name', 'size']);
  });

  test('what is left over goes to columns that grow', () => {
    expect(tracks(columns)).toBe('minmax(200px, 1fr) 100px 100px');
  });
});

describe('keys that move in a list', () => {
  test('they stop at both ends', () => {
    expect(moved('ArrowUp', 0, geometry, true)).toBe(0);
    expect(moved('PageDown', 98, geometry, true)).toBe(99);
    expect(moved('End', 3, geometry, true)).toBe(99);
    expect(moved('Home', 3, geometry, true)).toBe(0);
  });

  test('a page keeps one row of the page before', () => {
    expect(moved('PageDown', 0, geometry, true)).toBe(9);
  });

  test('letters move only where single letters are commands', () => {
    expect(moved('j', 4, geometry, true)).toBe(5);
    expect(moved('j', 4, geometry, false)).toBeUndefined();
  });

  test('nothing moves in an empty list', () => {
    expect(moved('ArrowDown', 0, { ...geometry, total: 0 }, true)).toBeUndefined();
  });
});
