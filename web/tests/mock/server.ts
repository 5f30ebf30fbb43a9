import { existsSync, readFileSync } from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

import { WebSocketServer } from 'ws';

import { answer } from './api';
import { LiveConnection } from './live';
import { Pool } from './pool';

/** What the real servers send with the page. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "media-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html',
].join('; ');

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Feeds live connections on a server, and changes the pool as fast as one wants. */
export class Feed {
  readonly pool: Pool;
  /** Items that change their holders in a second. */
  changes = 40;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #connections = new Set<LiveConnection>();
  #timer: ReturnType<typeof setInterval>;
  #moved = 0;

  constructor(pool: Pool) {
    this.pool = pool;
    this.#timer = setInterval(() => this.#turn(), 250);
  }

  /** Lets so many seconds of changes go by, as fast as pages draw them. */
  async hurry(seconds: number): Promise<void> {
    clearInterval(this.#timer);
    for (let turn = 0; turn < 4 * seconds; turn++) {
      this.#turn();
      await Promise.all([...this.#connections].map((one) => one.drawn()));
    }
    this.#timer = setInterval(() => this.#turn(), 250);
  }

  /** Bytes sent to all connections that are open. */
  get sent(): number {
    return [...this.#connections].reduce((sum, { sent }) => sum + sent, 0);
  }

  /** Takes the WebSockets of `/api/v1/live` on a server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      if (!new URL(request.url ?? '/', 'http://mock').pathname.endsWith('/api/v1/live')) return;
      this.#sockets.handleUpgrade(request, socket, head, (opened) => {
        const connection = new LiveConnection(opened, this.pool);
        this.#connections.add(connection);
        opened.on('close', () => this.#connections.delete(connection));
      });
    });
  }

  /** Ends every connection, as a server that is killed does. */
  drop(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  close(): void {
    clearInterval(this.#timer);
    this.drop();
  }

  #turn(): void {
    this.pool.turn(this.changes / 4);
    this.#moved += Math.ceil(this.changes / 40);
    for (const connection of this.#connections) connection.look(this.#moved);
  }
}

export interface Mock {
  url: string;
  feed: Feed;
  close(): Promise<void>;
}

export interface Serving {
  port?: number;
  /** The path of a proxy, such as `/pool/`, below which everything is. */
  under?: string;
  /** Whether WebSockets come through. */
  webSockets?: boolean;
}

/** Serves a built face of the page, its API and its live connection, on a port of its own. */
export async function serve(
  dist: string,
  face: 'tracker' | 'peer',
  pool = new Pool(),
  { port = 0, under = '/', webSockets = true }: Serving = {},
): Promise<Mock> {
  const feed = new Feed(pool);
  const server = createServer((request, response) => {
    if (!request.url?.startsWith(under)) return response.writeHead(404).end();
    request.url = request.url.slice(under.length - 1);
    return void respond(dist, face, pool, request, response);
  });
  if (webSockets) feed.attach(server);
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}${under}`,
    feed,
    close: () => {
      feed.close();
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

async function respond(
  dist: string,
  face: string,
  pool: Pool,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (await answer(pool, request, response)) return;
  const path = new URL(request.url ?? '/', 'http://mock').pathname;
  const file = join(dist, normalize(path === '/' ? `/${face}.html` : path));
  if (!existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response
    .writeHead(200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    })
    .end(readFileSync(file));
}
