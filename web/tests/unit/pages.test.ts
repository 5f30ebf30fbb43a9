import { describe, expect, test } from 'vitest';

import { itemQuery, narrowed } from '../../src/pages/catalogue/filters';
import { parseLimit, writeLimit } from '../../src/pages/settings/limits';
import { area, ceiling, outline } from '../../src/pages/transfers/curve';
import { decodeBitmap, density } from '../../src/pages/transfers/pieces';
import { WEEKS, weeksOf } from '../../src/pages/transfers/weeks';

const byName = { by: 'name', desc: false };

describe('filters of the catalogue', () => {
  test('what the address says is asked of the server', () => {
    expect(itemQuery({ q: 'film', kind: 'file', size: 'large', holder: 'first' }, byName)).toEqual({
      sort: 'name',
      desc: false,
      search: 'film',
      kind: 'file',
      holder: 'first',
      min: 1024 ** 3,
    });
  });

  test('an order narrows nothing', () => {
    expect(narrowed({ sort: 'size', desc: 'true' })).toBe(false);
    expect(narrowed({ q: 'x' })).toBe(true);
  });
});

describe('a map of pieces', () => {
  test('the first piece is the highest bit of the first byte', () => {
    expect([...density(decodeBitmap(btoa('\x80')), 8, 8)]).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('many pieces share a cell by how many of them are here', () => {
    expect([...density(new Uint8Array([0xff, 0x0f]), 16, 2)]).toEqual([1, 0.5]);
  });

  test('a piece fills several cells where there are few', () => {
    expect([...density(new Uint8Array([0x40]), 2, 4)]).toEqual([0, 0, 1, 1]);
  });

  test('a bitmap that is too short leaves the rest empty', () => {
    expect([...density(new Uint8Array([0xff]), 16, 2)]).toEqual([1, 0]);
  });
});

describe('a curve', () => {
  test('the newest value is at the right, and the highest at the top', () => {
    expect(outline([0, 10], 10, 5)).toBe('M75 100L100 0');
    expect(area([0, 10], 10, 5)).toBe('M75 100L100 0L100 100L75 100Z');
  });

  test('nothing is drawn of nothing', () => {
    expect(outline([], 10, 300)).toBe('');
    expect(area([0, 0], 0, 300)).toBe('');
  });

  test('its scale is a round figure at or above the highest value', () => {
    expect(ceiling([24 * 1024 ** 2])).toBe(30 * 1024 ** 2);
    expect(ceiling([4 * 1024 ** 2])).toBe(5 * 1024 ** 2);
    expect(ceiling([1])).toBe(1);
    expect(ceiling([1_023 * 1024])).toBe(1024 ** 2);
    expect(ceiling([])).toBe(0);
  });
});

describe('limits', () => {
  test('nothing is no limit, and what is no number is refused', () => {
    expect(parseLimit(' ')).toBeNull();
    expect(parseLimit('1,5')).toBe(1_572_864);
    expect(parseLimit('fast')).toBeUndefined();
    expect(parseLimit('-1')).toBeUndefined();
    expect(parseLimit('0')).toBeUndefined();
  });

  test('a limit is shown as it was written', () => {
    expect(writeLimit(parseLimit('12.5'))).toBe('12.5');
    expect(writeLimit(null)).toBe('');
  });
});

describe('what went in the last weeks', () => {
  const NOW = 1_795_000_000;
  const DAY = 86_400;
  const went = (direction: 'down' | 'up', days: number, bytes: number) => ({
    direction,
    bytes,
    ended: NOW - days * DAY,
  });

  test('a transfer counts in the week in which it ended, each way for itself', () => {
    const weeks = weeksOf([went('down', 1, 5), went('down', 6, 2), went('up', 6, 3), went('down', 8, 40)], NOW);
    expect(weeks).toHaveLength(WEEKS);
    expect(weeks.at(-1)).toEqual({ begin: NOW - 7 * DAY, down: 7, up: 3 });
    expect(weeks.at(-2)).toEqual({ begin: NOW - 14 * DAY, down: 40, up: 0 });
  });

  test('what is older is left out, and what ends by another clock in the future is of the last week', () => {
    const weeks = weeksOf([went('up', 57, 9), went('up', -1, 4)], NOW);
    expect(weeks.map(({ up }) => up)).toEqual([0, 0, 0, 0, 0, 0, 0, 4]);
  });
});
