import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  MAX_HEIGHT,
  fullHeight,
  moveTo,
  realHeight,
  reveal,
  scrollTo,
  visibleRows,
  windowFor,
} from '../../src/grid/geometry';

const small = { total: 100, rowHeight: 32, viewport: 640 };
const million = { total: 1_000_000, rowHeight: 32, viewport: 640 };
const anyGeometry = fc.record({
  total: fc.integer({ min: 1, max: 3_000_000 }),
  rowHeight: fc.constantFrom(32, 44, 60),
  viewport: fc.integer({ min: 40, max: 3_000 }),
});

describe('the geometry of a grid', () => {
  test('a short list is as high as its rows', () => {
    expect(realHeight(small)).toBe(3_200);
  });

  test('a million rows need no element that a browser would cap', () => {
    expect(fullHeight(million)).toBe(32_000_000);
    expect(realHeight(million)).toBe(MAX_HEIGHT);
  });

  test('a turn of the wheel moves a million rows by as many px as it says', () => {
    const middle = moveTo(million, 16_000_000);
    const after = scrollTo(million, middle, middle.real + 100);
    expect(after.top - middle.top).toBeCloseTo(100);
  });

  test('a dragged scrollbar reaches every part of a million rows', () => {
    const real = (MAX_HEIGHT - million.viewport) / 2;
    expect(scrollTo(million, { real: 0, top: 0 }, real).top).toBeCloseTo((32_000_000 - 640) / 2);
  });

  test('the scrollbar and the rows end together', () => {
    fc.assert(
      fc.property(anyGeometry, fc.double({ min: 0, max: 1, noNaN: true }), (geometry, share) => {
        const before = moveTo(geometry, share * fullHeight(geometry));
        const end = scrollTo(geometry, before, realHeight(geometry) - geometry.viewport);
        expect(scrollTo(geometry, before, 0).top).toBe(0);
        expect(end.top).toBeCloseTo(Math.max(0, fullHeight(geometry) - geometry.viewport), 5);
      }),
    );
  });

  test('a revealed row is visible as a whole, wherever one was', () => {
    const places = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(anyGeometry, places, places, (geometry, from, to) => {
        fc.pre(geometry.viewport >= geometry.rowHeight);
        const row = Math.floor(to * (geometry.total - 1));
        const { top } = moveTo(geometry, reveal(geometry, from * fullHeight(geometry), row));
        expect(row * geometry.rowHeight).toBeGreaterThanOrEqual(top - 0.001);
        expect((row + 1) * geometry.rowHeight).toBeLessThanOrEqual(top + geometry.viewport + 0.001);
      }),
    );
  });

  test('a row that is visible already stays where it is', () => {
    expect(reveal(small, 320, 12)).toBe(320);
  });

  test('no row is visible of an empty list', () => {
    expect(visibleRows({ ...small, total: 0 }, 0)).toEqual({ first: 0, end: 0 });
  });

  test('rows beyond the end of a list that has shrunk are not asked for', () => {
    const { first, end } = visibleRows({ ...small, total: 5 }, 2_000);
    expect(first).toBeLessThan(5);
    expect(end).toBe(5);
  });
});

describe('the window that is asked of the server', () => {
  test('it holds what is visible, and never more than it may', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_900 }), fc.integer({ min: 1, max: 100 }), (first, count) => {
        const visible = { first, end: first + count };
        const window = windowFor(visible, 1_000_000, 200);
        expect(window.count).toBeLessThanOrEqual(200);
        expect(window.from).toBeLessThanOrEqual(first);
        expect(window.from + window.count).toBeGreaterThanOrEqual(visible.end);
      }),
    );
  });

  test('it stays while one scrolls inside it', () => {
    const window = windowFor({ first: 500, end: 520 }, 1_000_000, 200);
    expect(windowFor({ first: 505, end: 525 }, 1_000_000, 200, window)).toBe(window);
  });

  test('it moves when the margin would leave it', () => {
    const window = windowFor({ first: 500, end: 520 }, 1_000_000, 200);
    expect(windowFor({ first: 600, end: 620 }, 1_000_000, 200, window)).not.toBe(window);
  });
});
