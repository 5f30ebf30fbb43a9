import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { Client } from '../../src/api/client';
import type { FromServer, ToServer } from '../../src/api/messages';
import { PolledSocket } from '../../src/api/polled';

type Answers = Record<string, unknown>;

/** A socket before a server of fixed answers, and what it says. */
function polled(answers: Answers): {
  socket: PolledSocket;
  said: FromServer[];
  asked: string[];
  say: (message: ToServer) => void;
} {
  const said: FromServer[] = [];
  const asked: string[] = [];
  const client = new Client(new URL('http://host/'), async (url) => {
    const { pathname, search } = new URL(String(url));
    asked.push(pathname + search);
    const answer = answers[pathname];
    if (answer === undefined) throw new TypeError('failed');
    return new Response(JSON.stringify(answer), { status: (answer as { code?: string }).code ? 404 : 200 });
  });
  const socket = new PolledSocket(client, '/api/v1/health');
  socket.onmessage = ({ data }) => said.push(JSON.parse(String(data)) as FromServer);
  return { socket, said, asked, say: (message) => socket.send(JSON.stringify(message)) };
}

const window = { view: 'peers', query: { sort: 'name' }, from: 0, count: 60 };
const peers = (...names: string[]) => ({
  total: names.length,
  offset: 0,
  peers: names.map((name) => ({ peer_id: name, items: 1 })),
});

describe('a connection out of requests', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const settle = () => vi.advanceTimersByTimeAsync(0);

  test('it opens when the server answers, and is lost when it does not', async () => {
    const events: string[] = [];
    for (const answers of [{ '/api/v1/health': {} }, {}]) {
      const { socket } = polled(answers);
      socket.onopen = () => events.push('open');
      socket.onclose = () => events.push('close');
      await settle();
    }
    expect(events).toEqual(['open', 'close']);
  });

  test('a window is a page, with its rows by key', async () => {
    const { said, asked, say } = polled({ '/api/v1/health': {}, '/api/v1/peers': peers('a', 'b') });
    say({ type: 'subscribe', id: 3, ...window });
    await settle();
    expect(asked).toContain('/api/v1/peers?sort=name&offset=0&limit=60');
    expect(said[0]).toMatchObject({
      type: 'snapshot',
      id: 3,
      total: 2,
      from: 0,
      rows: [
        ['a', { items: 1 }],
        ['b', {}],
      ],
    });
  });

  test('nothing is fetched again before what was told is drawn, or while nobody sees it', async () => {
    const { asked, say } = polled({ '/api/v1/health': {}, '/api/v1/peers': peers('a') });
    say({ type: 'subscribe', id: 1, ...window });
    await settle();
    const before = asked.length;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(asked.length).toBe(before);
    say({ type: 'ack', seq: 1 });
    say({ type: 'visible', yes: false });
    await vi.advanceTimersByTimeAsync(6_000);
    expect(asked.length).toBe(before);
    say({ type: 'visible', yes: true });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked.length).toBe(before + 1);
  });

  test('changed cells are told, and rows that would stand elsewhere are counted', async () => {
    const answers: Answers = { '/api/v1/health': {}, '/api/v1/peers': peers('a', 'b') };
    const { said, say } = polled(answers);
    say({ type: 'subscribe', id: 1, ...window });
    await settle();
    say({ type: 'ack', seq: 1 });
    const next = peers('new', 'a', 'b');
    Object.assign(next.peers[1] ?? {}, { items: 9 });
    answers['/api/v1/peers'] = next;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(said.at(-1)).toMatchObject({ type: 'patch', rows: [['a', { items: 9 }]], changed: 3, total: 3 });
  });

  test('a refusal is told of its window', async () => {
    const { said, say } = polled({
      '/api/v1/health': {},
      '/api/v1/downloads/ab': { code: 'not_found', detail: 'no such download' },
    });
    say({ type: 'subscribe', id: 5, ...window, view: 'download/ab' });
    await settle();
    expect(said).toEqual([{ type: 'error', id: 5, problem: { code: 'not_found', detail: 'no such download' } }]);
  });

  test('a list that is given as a whole is cut to the window', async () => {
    const downloads = Array.from({ length: 90 }, (_, i) => ({ hash: `h${i}` }));
    const { said, say } = polled({ '/api/v1/health': {}, '/api/v1/downloads': downloads });
    say({ type: 'subscribe', id: 1, ...window, view: 'downloads', from: 30, count: 20 });
    await settle();
    const [snapshot] = said;
    expect(snapshot).toMatchObject({ total: 90, from: 30 });
    expect(snapshot?.type === 'snapshot' && snapshot.rows[0]?.[0]).toBe('h30');
  });
});
