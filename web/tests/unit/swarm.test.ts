import { describe, expect, test } from 'vitest';

import type { Holder, Item, Source } from '../../src/api/shapes';
import { MOST, WIDTH, arc, heightFor, members, placed, thickness } from '../../src/pages/item/swarm';

const item = { pieces: 100 } as Item;
const holder = (peer_id: string, complete: boolean, pieces?: number) =>
  ({ peer_id, name: peer_id, complete, pieces, addresses: [] }) as Holder;

describe('the picture of a swarm', () => {
  test('who sends comes first, then who has most', () => {
    const sources: Source[] = [
      { peer_id: 'b', name: 'b', connected: true, pieces: 20, rate: 5, rate_up: 3, sent: 1, bytes: 1, address: '' },
    ];
    const found = members(item, [holder('a', false, 50), holder('b', false, 20), holder('c', true)], sources);
    expect(found.map(({ key }) => key)).toEqual(['b', 'c', 'a']);
    expect(found.map(({ share }) => share)).toEqual([0.2, 1, 0.5]);
    expect(found.map(({ rate, up }) => [rate, up])).toEqual([
      [5, 3],
      [0, 0],
      [0, 0],
    ]);
  });

  test('this peer stands in the middle and not around it', () => {
    expect(members(item, [holder('me', true), holder('a', true)], [], 'me').map(({ key }) => key)).toEqual(['a']);
  });

  test('no member stands outside, and no two at one place', () => {
    for (let count = 1; count <= MOST + 3; count++) {
      const ring = placed(
        members(
          item,
          Array.from({ length: count }, (_, i) => holder(`${i}`, true)),
          [],
        ),
      );
      expect(ring.length).toBe(Math.min(count, MOST));
      for (const { x, y } of ring) {
        expect(x).toBeGreaterThan(20);
        expect(x).toBeLessThan(WIDTH - 20);
        expect(y).toBeGreaterThan(15);
        expect(y).toBeLessThan(heightFor(ring.length) - 40);
      }
      expect(new Set(ring.map(({ x, y }) => `${x} ${y}`)).size).toBe(ring.length);
    }
  });

  test('an arc goes the long way round once it shows more than half', () => {
    expect(arc(0.25, 10)).toBe('M0 -10A10 10 0 0 1 10 0');
    expect(arc(0.75, 10)).toBe('M0 -10A10 10 0 1 1 -10 0');
    expect(arc(0, 10) + arc(1, 10)).toBe('');
  });

  test('a faster way is thicker, within bounds', () => {
    expect(thickness(0)).toBe(0);
    expect(thickness(1)).toBe(1.5);
    expect(thickness(1e6)).toBeGreaterThan(thickness(1e5));
    expect(thickness(1e12)).toBe(8);
  });
});
