import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Pool } from './pool';

interface Kept {
  name: string;
  files: { path: string; length: number; offset: number }[];
  folder: boolean;
}

/** The uploads of a pool that does not exist, as docs/api.md says. Bytes are counted and forgotten. */
export class MockUploads {
  readonly #pool: Pool;
  readonly #kept = new Map<string, Kept>();
  #next = 1;
  /** So many requests from now on find no connection. */
  breaks = 0;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async answer(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = url.pathname.split('/')[4] ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === 'PATCH' && this.breaks > 0) {
      this.breaks -= 1;
      request.socket.destroy();
      return;
    }
    const bytes = Buffer.concat(chunks);
    const [status, body] = this.#route(request.method ?? '', id, url.searchParams, bytes);
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
  }

  #route(method: string, id: string, query: URLSearchParams, bytes: Buffer): [number, unknown] {
    if (method === 'POST') return [200, this.#begin(JSON.parse(String(bytes)))];
    const kept = this.#kept.get(id);
    if (!kept) return [404, { code: 'not_found', detail: 'no such upload' }];
    if (method === 'DELETE') {
      this.#kept.delete(id);
      return [200, {}];
    }
    const file = kept.files[Number(query.get('file') ?? 0)];
    if (method === 'PATCH' && file) {
      if (Number(query.get('offset')) !== file.offset) return [409, { code: 'conflict', detail: 'another offset' }];
      file.offset += bytes.length;
      this.#finish(id, kept);
      return [200, { offset: file.offset }];
    }
    return [200, described(id, kept)];
  }

  #begin({ name, length, files }: { name: string; length?: number; files?: { path: string; length: number }[] }) {
    const id = `u${this.#next++}`;
    const all = files ?? [{ path: name, length: length ?? 0 }];
    const kept = { name, files: all.map((file) => ({ ...file, offset: 0 })), folder: files !== undefined };
    this.#kept.set(id, kept);
    this.#finish(id, kept);
    return described(id, kept);
  }

  #finish(id: string, { name, files, folder }: Kept): void {
    if (files.some(({ offset, length }) => offset < length)) return;
    this.#kept.delete(id);
    const size = files.reduce((sum, { length }) => sum + length, 0);
    const kind = folder ? 'folder' : 'file';
    this.#pool.shares = [
      ...this.#pool.shares,
      { name, kind, size, files: files.length, state: 'hashing', uploaded: 0 } as Pool['shares'][number],
    ];
  }
}

function described(id: string, { files, folder }: Kept) {
  return { id, ...(folder ? { files } : { offset: files[0]?.offset, length: files[0]?.length }) };
}
