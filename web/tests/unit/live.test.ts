import { beforeEach, describe, expect, test } from 'vitest';

import { type Follower, type Link, Live, type Socket, type World } from '../../src/api/live';
import type { FromServer, ToServer } from '../../src/api/messages';

class FakeSocket implements Socket {
  sent: ToServer[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ToServer);
  }

  close(): void {
    this.closed = true;
  }

  receive(message: FromServer): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  types(): string[] {
    return this.sent.map(({ type }) => type);
  }
}

/** A world in which time and drawing happen when the test says so. */
class FakeWorld implements World {
  sockets: FakeSocket[] = [];
  time = 0;
  timers: { at: number; then: () => void }[] = [];
  drawings: (() => void)[] = [];

  connect(): Socket {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  }

  now(): number {
    return this.time;
  }

  random(): number {
    return 1;
  }

  later(milliseconds: number, then: () => void): () => void {
    const timer = { at: this.time + milliseconds, then };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  afterDraw(then: () => void): void {
    this.drawings.push(then);
  }

  draw(): void {
    this.drawings.splice(0).forEach((then) => then());
  }

  pass(milliseconds: number): void {
    this.time += milliseconds;
    const due = this.timers.filter(({ at }) => at <= this.time);
    this.timers = this.timers.filter(({ at }) => at > this.time);
    due.forEach(({ then }) => then());
  }

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (!last) throw new Error('nothing was connected');
    return last;
  }
}

const window = { view: 'items', query: { sort: 'name' }, from: 0, count: 60 };
const snapshot = (seq: number, id = 1): FromServer => ({
  type: 'snapshot',
  seq,
  id,
  order: 'a',
  total: 0,
  from: 0,
  rows: [],
});

describe('a live connection', () => {
  let world: FakeWorld;
  let links: Link[];
  let seen: string[];
  let live: Live;
  let follower: Follower;

  beforeEach(() => {
    world = new FakeWorld();
    links = [];
    seen = [];
    live = new Live(world);
    live.watch((link) => links.push(link));
    follower = {
      snapshot: ({ seq }) => seen.push(`snapshot ${seq}`),
      patch: ({ seq }) => seen.push(`patch ${seq}`),
      refused: ({ code }) => seen.push(`refused ${code}`),
    };
    live.start('secret');
  });

  test('the key comes before anything that needs it', () => {
    live.follow(window, follower);
    world.socket.onopen?.();
    expect(world.socket.sent).toEqual([
      { type: 'hello', key: 'secret' },
      { type: 'subscribe', id: 1, ...window },
    ]);
  });

  test('what came is acknowledged after it was drawn, once for all of it', () => {
    world.socket.onopen?.();
    live.follow(window, follower);
    world.socket.receive(snapshot(1));
    world.socket.receive(snapshot(2));
    expect(world.socket.types()).not.toContain('ack');
    world.draw();
    expect(world.socket.sent.filter(({ type }) => type === 'ack')).toEqual([{ type: 'ack', seq: 2 }]);
  });

  test('what was drawn of a lost connection is not acknowledged on the next', () => {
    world.socket.onopen?.();
    live.follow(window, follower);
    world.socket.receive(snapshot(7));
    world.socket.onclose?.();
    world.pass(10_000);
    world.socket.onopen?.();
    world.draw();
    expect(world.socket.types()).toEqual(['hello', 'subscribe']);
    world.socket.receive(snapshot(1));
    world.draw();
    expect(world.socket.sent.at(-1)).toEqual({ type: 'ack', seq: 1 });
  });

  test('a lost connection is made again, and every window is where it was', () => {
    world.socket.onopen?.();
    const subscription = live.follow(window, follower);
    subscription.move(120, 80);
    live.follow({ ...window, view: 'peers' }, follower).close();
    world.socket.onclose?.();
    world.pass(250);
    world.socket.onopen?.();
    expect(world.sockets).toHaveLength(2);
    expect(world.socket.sent.slice(1)).toEqual([{ type: 'subscribe', id: 1, ...window, from: 120, count: 80 }]);
  });

  test('pauses between attempts double up to ten seconds, and a welcome ends them', () => {
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      world.socket.onclose?.();
      const link = links.at(-1);
      if (link?.state === 'lost') pauses.push(link.retryAt - world.time);
      world.pass(10_000);
    }
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    world.socket.onopen?.();
    world.socket.receive({ type: 'welcome', cursor: '1.0', version: '0.1.0' });
    world.socket.onclose?.();
    expect(links.at(-1)).toEqual({ state: 'lost', attempts: 1, retryAt: world.time + 250 });
  });

  test('a person who does not want to wait connects at once, and once', () => {
    world.socket.onclose?.();
    live.retry();
    live.retry();
    world.pass(10_000);
    expect(world.sockets).toHaveLength(2);
  });

  test('a hidden tab says so, on a new connection too', () => {
    world.socket.onopen?.();
    live.visible(false);
    expect(world.socket.sent.at(-1)).toEqual({ type: 'visible', yes: false });
    world.socket.onclose?.();
    world.pass(250);
    world.socket.onopen?.();
    expect(world.socket.sent).toContainEqual({ type: 'visible', yes: false });
  });

  test('a window that was closed hears nothing more', () => {
    world.socket.onopen?.();
    live.follow(window, follower).close();
    world.socket.receive(snapshot(1));
    expect(seen).toEqual([]);
  });

  test('a refusal reaches the window that it is about', () => {
    world.socket.onopen?.();
    live.follow(window, follower);
    world.socket.receive({ type: 'error', id: 1, problem: { code: 'busy', detail: 'later' } });
    expect(seen).toEqual(['refused busy']);
  });

  test('a message that the page does not know changes nothing', () => {
    world.socket.onopen?.();
    world.socket.onmessage?.({ data: '{"type":"tomorrow"}' });
    world.socket.onmessage?.({ data: 'no JSON' });
    world.socket.onmessage?.({ data: new ArrayBuffer(3) });
    expect(world.socket.types()).toEqual(['hello']);
  });
});
