import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Selection } from '../../src/grid/selection';

const TOTAL = 40;
const row = fc.integer({ min: 0, max: TOTAL - 1 });
const step = fc.oneof(
  fc.record({ do: fc.constant('only' as const), row }),
  fc.record({ do: fc.constant('toggle' as const), row }),
  fc.record({ do: fc.constant('extend' as const), row }),
  fc.record({ do: fc.constant('all' as const), row }),
  fc.record({ do: fc.constant('within' as const), row }),
);

/** The same in the plainest way: a set of rows. */
class Model {
  rows = new Set<number>();
  anchor = 0;

  apply(what: 'only' | 'toggle' | 'extend' | 'all' | 'within', at: number): void {
    const span = (from: number, end: number) => new Set(Array.from({ length: end - from }, (_, i) => from + i));
    if (what === 'only') this.rows = new Set([at]);
    if (what === 'toggle' && !this.rows.delete(at)) this.rows.add(at);
    if (what === 'extend') this.rows = span(Math.min(this.anchor, at), Math.max(this.anchor, at) + 1);
    if (what === 'all') this.rows = span(0, TOTAL);
    if (what === 'within') this.rows = new Set([...this.rows].filter((one) => one < at));
    if (what === 'only' || what === 'toggle') this.anchor = at;
    if (what === 'within') this.anchor = Math.min(this.anchor, Math.max(0, at - 1));
  }
}

describe('a selection', () => {
  test('it holds what a set of rows would hold after the same steps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const model = new Model();
        let selection = Selection.none;
        for (const { do: what, row: at } of steps) {
          model.apply(what, at);
          selection = what === 'all' ? selection.all(TOTAL) : selection[what](at);
          expect(selection.rows(TOTAL)).toEqual([...model.rows].sort((a, b) => a - b));
          expect(selection.size).toBe(model.rows.size);
        }
      }),
    );
  });

  test('its ranges are apart and in order, so that has() is as short as it looks', () => {
    fc.assert(
      fc.property(fc.array(row), (toggled) => {
        const { ranges } = toggled.reduce((selection, at) => selection.toggle(at), Selection.none);
        ranges.slice(1).forEach(({ from }, i) => expect(from).toBeGreaterThan(ranges[i]?.end ?? -1));
      }),
    );
  });

  test('a million selected rows are one range', () => {
    const all = Selection.none.all(1_000_000);
    expect(all.ranges).toHaveLength(1);
    expect(all.has(999_999)).toBe(true);
    expect(all.rows(3)).toEqual([0, 1, 2]);
  });
});
