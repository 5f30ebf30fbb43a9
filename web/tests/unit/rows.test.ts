import { beforeEach, describe, expect, test } from 'vitest';

import type { Follower, Live } from '../../src/api/live';
import type { Fields, Snapshot } from '../../src/api/messages';
import { Rows } from '../../src/state/rows.svelte';

interface Named extends Fields {
  name: string;
  size?: number;
}

/** Stands in for a connection: keeps who follows, and counts what is asked. */
class FakeLive {
  followers: Follower[] = [];
  sorted = 0;

  follow(_: unknown, follower: Follower) {
    this.followers.push(follower);
    return { move: () => {}, sort: () => (this.sorted += 1), close: () => {} };
  }
}

const snapshot = (names: string[], more: Partial<Snapshot> = {}): Snapshot => ({
  type: 'snapshot',
  seq: 1,
  id: 1,
  order: 'a',
  total: names.length,
  from: 0,
  rows: names.map((name) => [name, { name }]),
  ...more,
});

describe('followed rows', () => {
  let live: FakeLive;
  let rows: Rows<Named>;
  let follower: Follower;

  const names = (count: number) => Array.from({ length: count }, (_, i) => rows.at(i)?.row.name);

  beforeEach(() => {
    live = new FakeLive();
    rows = new Rows<Named>(live as unknown as Live);
    rows.follow('items', {});
    follower = live.followers[0] as Follower;
    follower.snapshot(snapshot(['x', 'y', 'z']));
  });

  test('a row that changes stays where it is', () => {
    const cell = rows.at(1);
    follower.patch({ type: 'patch', seq: 2, id: 1, rows: [['y', { size: 5 }]], changed: 1, total: 3 });
    expect(rows.at(1)).toBe(cell);
    expect(cell?.row).toEqual({ name: 'y', size: 5 });
    expect(rows.changed).toBe(1);
  });

  test('a row that leaves keeps its place and what it was', () => {
    follower.patch({ type: 'patch', seq: 2, id: 1, rows: [['y', null]], changed: 1, total: 2 });
    expect(rows.at(1)?.gone).toBe(true);
    expect(rows.at(1)?.row.name).toBe('y');
    expect(rows.total).toBe(3);
  });

  test('a new order forgets the old one and what had changed', () => {
    follower.patch({ type: 'patch', seq: 2, id: 1, rows: [], changed: 2, total: 2 });
    rows.sort();
    follower.snapshot(snapshot(['z', 'x']));
    expect(names(3)).toEqual(['z', 'x', undefined]);
    expect(rows.changed).toBe(0);
  });

  test('another list leaves no row of the one before, whatever its order is called', () => {
    rows.follow('items', { search: 'w' });
    expect(names(3)).toEqual(['x', 'y', 'z']);
    (live.followers[1] as Follower).snapshot(snapshot(['w'], { total: 3 }));
    expect(names(3)).toEqual(['w', undefined, undefined]);
  });

  test('another window of the same order leaves the rows that were seen', () => {
    follower.snapshot(snapshot(['p'], { from: 3, total: 4 }));
    expect(names(4)).toEqual(['x', 'y', 'z', 'p']);
  });

  test('a row that left before it was seen leaves its place empty', () => {
    follower.snapshot(
      snapshot(['x'], {
        total: 2,
        order: 'b',
        rows: [
          ['x', { name: 'x' }],
          ['gone', null],
        ],
      }),
    );
    expect(names(2)).toEqual(['x', undefined]);
  });

  test('an empty list takes its first rows at once, since nothing can jump', () => {
    rows.follow('items', {});
    const empty = live.followers[1] as Follower;
    empty.snapshot(snapshot([]));
    empty.patch({ type: 'patch', seq: 2, id: 1, rows: [], changed: 1, total: 1 });
    expect(live.sorted).toBe(1);
  });

  test('rows that were asked for ahead are there before the connection’s, and are not made again by them', async () => {
    const ahead = snapshot(['x', 'y'], { order: 'of a request' });
    rows.follow('items', { search: 'x' }, Promise.resolve(ahead));
    await Promise.resolve();
    expect(names(2)).toEqual(['x', 'y']);
    const [cell, row] = [rows.at(0), rows.at(0)?.row];
    live.followers[1]?.snapshot(snapshot(['x', 'z'], { order: 'b' }));
    expect(names(2)).toEqual(['x', 'z']);
    expect(rows.at(0)).toBe(cell);
    expect(rows.at(0)?.row).toBe(row);
  });

  test('rows that were asked for ahead and come late change nothing', async () => {
    let come: (rows: Snapshot) => void = () => {};
    rows.follow('items', { search: 'x' }, new Promise((resolve) => (come = resolve)));
    live.followers[1]?.snapshot(snapshot(['z'], { order: 'b' }));
    come(snapshot(['x', 'y']));
    await Promise.resolve();
    expect(names(2)).toEqual(['z', undefined]);
  });
});
