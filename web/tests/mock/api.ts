import type { IncomingMessage, ServerResponse } from 'node:http';

import { content } from './content';
import { chance, numberOf } from './items';
import { type Pool, download } from './pool';

/** A refusal, thrown by a route. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

type Body = Record<string, unknown>;
export type Route = (parts: string[], query: URLSearchParams, body: Body) => unknown;

/** Answers a request to `/api/v1`. False when it is for somebody else. */
export async function answer(pool: Pool, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const url = new URL(request.url ?? '/', 'http://mock');
  if (!url.pathname.startsWith('/api/v1/')) return false;
  const [resource = '', ...parts] = url.pathname.slice('/api/v1/'.length).split('/').map(decodeURIComponent);
  if (resource === 'content') return content(url, request, response);
  if (resource === 'uploads') {
    await pool.uploads.answer(url, request, response);
    return true;
  }
  try {
    const body = (await read(request)) as Body;
    if (pool.members?.admits(request.headers['x-peerpool-key'], resource) === false) {
      throw new Refused(401, 'no_key', 'sign in first');
    }
    const name = `${request.method} ${resource}`;
    const route = routes(pool)[name] ?? pool.members?.routes()[name];
    if (!route) throw new Refused(404, 'not_found', `there is no ${request.method} ${url.pathname}`);
    write(response, 200, 'application/json', route(parts, url.searchParams, body));
  } catch (thrown) {
    const { status, code, message } =
      thrown instanceof Refused ? thrown : new Refused(400, 'bad_request', String(thrown));
    write(response, status, 'application/problem+json', {
      type: 'about:blank',
      title: 'Refused',
      status,
      code,
      detail: message,
    });
  }
  return true;
}

async function read(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text ? JSON.parse(text) : {};
}

function write(response: ServerResponse, status: number, type: string, body: unknown): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(JSON.stringify(body));
}

function routes(pool: Pool): Record<string, Route> {
  const one = (hash = '') => {
    const number = numberOf(hash);
    if (number === undefined) throw new Refused(404, 'not_found', `the pool does not know ${hash}`);
    return number;
  };
  const page = (view: string, query: URLSearchParams) => {
    const list = pool.list(view, Object.fromEntries(query));
    const offset = Number(query.get('offset') ?? 0);
    const end = Math.min(list.total, offset + Number(query.get('limit') ?? 100));
    const rows = Array.from({ length: Math.max(0, end - offset) }, (_, i) => list.at(offset + i)[1]);
    return { total: list.total, offset, rows };
  };
  return {
    'POST session': () => ({ key: 'k'.repeat(32) }),
    'GET status': () => pool.status(),
    'GET health': () => pool.health(),
    'GET items': ([hash, what], query) => {
      if (!hash) {
        const { rows, ...rest } = page('items', query);
        return { ...rest, order: '1', items: rows };
      }
      const number = one(hash);
      if (what === 'files') return files(number, query.get('under') ?? '', Number(query.get('offset') ?? 0));
      if (what === 'holders') return holders(number, pool);
      return detail(number, pool);
    },
    'GET downloads': (_, query) => page('downloads', query).rows,
    'POST downloads': ([hash, what], _, body) => {
      if (!hash) return begin(pool, body, one);
      const found = pool.downloads.find((known) => known.hash === hash);
      if (!found) throw new Refused(404, 'not_found', 'no such download');
      const state = { pause: 'paused', resume: 'fetching', stop: 'stopped' }[what ?? ''];
      if (state) Object.assign(found, { ...download(one(hash), state), bytes_done: found.bytes_done });
      return found;
    },
    'DELETE downloads': ([hash]) => {
      pool.downloads = pool.downloads.filter((known) => known.hash !== hash);
      return {};
    },
    'GET history': (_, query) => {
      const { rows, ...rest } = page('history', query);
      return { ...rest, transfers: rows };
    },
    'GET repository': (_, query) => {
      const wanted = query.get('search') ?? '';
      const items = pool.shares.filter(({ name }) => name.includes(wanted));
      return { path: '/srv/reading-room', items, problems: pool.problems() };
    },
    'POST share': (_, __, body) => {
      throw new Refused(404, 'not_shareable', `${String(body.path)} is not there`);
    },
    'POST unshare': (_, __, body) => {
      pool.shares = pool.shares.filter(({ name }) => name !== body.name);
      return {};
    },
    'POST update': () => ({ items: [], more: false, silent: [] }),
    'POST start': () => {
      pool.tracker = { state: 'connected', name: 'library', url: 'http://192.0.2.7:6969' } as typeof pool.tracker;
      return { items: [], more: false, silent: [] };
    },
    'GET limits': () => pool.limits,
    'PUT limits': (_, __, body) => Object.assign(pool.limits, body),
  };
}

function begin(pool: Pool, body: Body, one: (hash: string) => number): unknown {
  const what = body.what as { item?: string; magnet?: string };
  const number = what.item ? one(what.item) : 77;
  const known = pool.downloads.find(({ hash }) => hash === download(number, 'fetching').hash);
  if (known) return known;
  const begun = { ...download(number, 'fetching'), bytes_done: 0, pieces_done: 0 };
  pool.downloads.push(begun);
  return begun;
}

function holders(number: number, pool: Pool) {
  const { seeds, partial, pieces } = pool.item(number);
  return Array.from({ length: seeds + partial }, (_, i) => ({
    peer_id: `${i}`.repeat(40),
    name: i === 2 ? null : `desk-00${i}`,
    addresses: [`192.0.2.${i + 4}:6881`],
    complete: i < seeds,
    pieces: i < seeds ? pieces : Math.floor(pieces / (i + 2)),
  }));
}

function detail(number: number, pool: Pool) {
  const item = pool.item(number);
  const variants = item.variants
    ? [pool.item(number + 1), pool.item(number + 2)].map((other) => ({ ...other, name: item.name }))
    : [];
  return { item, holders: holders(number, pool), twins: [], variants, magnet: `magnet:?xt=urn:btmh:1220${item.hash}` };
}

function files(number: number, under: string, offset: number) {
  const deep = under.split('/').length > 3;
  const folders = deep
    ? []
    : ['appendix', 'plates', 'volume 1', 'volume 2'].map((name) => ({
        name,
        path: under ? `${under}/${name}` : name,
        kind: 'folder',
        size: 900_000_000,
        files: 120,
      }));
  const loose = Array.from({ length: 260 }, (_, i) => {
    const name = i === 3 ? 'page\u202Efdp.exe' : `page ${String(i).padStart(3, '0')}.tif`;
    return {
      name,
      path: under ? `${under}/${name}` : name,
      kind: i === 5 ? 'link' : 'file',
      size: chance(number + i) % 40_000_000,
    };
  });
  const shown = ['cover.jpg', 'lecture 01.mkv', 'read me.txt', 'track 01.wav'].map((name) => ({
    name,
    path: under ? `${under}/${name}` : name,
    kind: 'file',
    size: name.endsWith('txt') ? 1_840 : 60_000_000,
  }));
  const all = [...folders, ...shown, ...loose];
  return { total: all.length, entries: all.slice(offset, offset + 100) };
}
