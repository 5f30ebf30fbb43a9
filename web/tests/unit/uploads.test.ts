import { describe, expect, test } from 'vitest';

import { Client } from '../../src/api/client';
import { ofChosen } from '../../src/content/dropped';
import { type Upload, Uploads } from '../../src/content/uploads.svelte';

const CHUNK = 8 * 1024 * 1024;

/** A server that keeps one upload, and answers as often as told with something else. */
class Server {
  offset = 0;
  readonly asked: string[] = [];
  /** Answers that come before the right ones: a status, or no connection. */
  instead: (number | undefined)[] = [];

  readonly fetch = (async (url: URL, { method, body }: RequestInit) => {
    this.asked.push(`${method} ${url.pathname}${url.search}`);
    if (method === 'PATCH' && this.instead.length > 0) {
      const status = this.instead.shift();
      if (status === undefined) throw new TypeError('no connection');
      return Response.json({ code: 'conflict', detail: 'no' }, { status });
    }
    if (method === 'PATCH') this.offset = Number(url.searchParams.get('offset')) + (body as Blob).size;
    return Response.json({ id: 'u1', offset: this.offset });
  }) as typeof fetch;
}

function uploading(server: Server) {
  let finish: (upload: Upload) => void;
  const finished = new Promise<Upload>((resolve) => (finish = resolve));
  const client = new Client(new URL('http://host/'), server.fetch);
  return {
    uploads: new Uploads(
      client,
      (upload) => finish(upload),
      async () => {},
    ),
    finished,
  };
}

const file = (size: number) => new File([new Uint8Array(size)], 'film.mkv');

describe('an upload', () => {
  test('goes in chunks of 8 MiB, each with its offset', async () => {
    const server = new Server();
    const { uploads, finished } = uploading(server);
    uploads.add(ofChosen([file(CHUNK + 5)]));
    const upload = await finished;
    expect(server.asked).toEqual([
      'POST /api/v1/uploads',
      'PATCH /api/v1/uploads/u1?offset=0',
      `PATCH /api/v1/uploads/u1?offset=${CHUNK}`,
    ]);
    expect([upload.state, upload.done, uploads.list.length]).toEqual(['done', CHUNK + 5, 0]);
  });

  test('goes on from where the server is, after a connection that broke or an offset that was wrong', async () => {
    const server = new Server();
    server.instead = [undefined, 409];
    const { uploads, finished } = uploading(server);
    uploads.add(ofChosen([file(10)]));
    expect((await finished).done).toBe(10);
    expect(server.asked.filter((line) => line === 'GET /api/v1/uploads/u1').length).toBe(2);
  });

  test('that is refused stays in the list with the reason, and goes on when asked to', async () => {
    const server = new Server();
    server.instead = [413];
    const { uploads, finished } = uploading(server);
    uploads.add(ofChosen([file(10)]));
    await expect.poll(() => uploads.list[0]?.state).toBe('failed');
    const [failed] = uploads.list;
    expect(failed?.problem?.status).toBe(413);
    if (failed) uploads.again(failed);
    expect((await finished).state).toBe('done');
  });

  test('about whose offset the server never agrees ends', async () => {
    const server = new Server();
    server.instead = Array.from({ length: 100 }, () => 409);
    const { uploads } = uploading(server);
    uploads.add(ofChosen([file(10)]));
    await expect.poll(() => uploads.list[0]?.state).toBe('failed');
    expect(server.asked.length).toBeLessThan(10);
  });

  test('of a folder names its files by their paths below it', () => {
    const inner = new File(['x'], 'a.txt');
    Object.defineProperty(inner, 'webkitRelativePath', { value: 'photos/2024/a.txt' });
    const [folder] = ofChosen([inner]);
    expect(folder).toMatchObject({ name: 'photos', folder: true, files: [{ path: '2024/a.txt' }] });
  });
});
