import { describe, expect, test } from 'vitest';

import { Client } from '../../src/api/client';
import { Problem } from '../../src/api/problem';

function answering(
  body: string,
  init: ResponseInit = {},
): { client: Client; asked: { url: string; request: RequestInit }[] } {
  const asked: { url: string; request: RequestInit }[] = [];
  const fetcher = async (url: URL | RequestInfo, request: RequestInit = {}) => {
    asked.push({ url: String(url), request });
    return new Response(body, init);
  };
  return { client: new Client(new URL('http://host:6969/pool/'), fetcher), asked };
}

describe('the client of the API', () => {
  test('it asks below the path that a proxy has put the page at', async () => {
    const { client, asked } = answering('{}');
    await client.get('/api/v1/items', { query: { search: 'bài giảng', limit: 5, cursor: undefined } });
    expect(asked[0]?.url).toBe('http://host:6969/pool/api/v1/items?search=b%C3%A0i+gi%E1%BA%A3ng&limit=5');
  });

  test('a value in a path cannot leave its place', () => {
    const { client } = answering('{}');
    expect(client.url('/api/v1/items/{hash}', { path: { hash: '../../x?y' } }).pathname).toBe(
      '/pool/api/v1/items/..%2F..%2Fx%3Fy',
    );
  });

  test('commands carry the key', async () => {
    const { client, asked } = answering('{}');
    client.key = 'k';
    await client.post('/api/v1/unshare', { body: { name: 'film' } });
    expect(asked[0]?.request.headers).toMatchObject({ 'x-peerpool-key': 'k', 'content-type': 'application/json' });
    expect(asked[0]?.request.body).toBe('{"name":"film"}');
  });

  test('a refusal is thrown with its code and what it says', async () => {
    const { client } = answering('{"code":"disk_full","detail":"make room","retry_after":3}', { status: 507 });
    const problem = await client.get('/api/v1/status').catch((thrown: unknown) => thrown);
    expect(problem).toMatchObject({ code: 'disk_full', status: 507, message: 'make room', retryAfter: 3 });
  });

  test('the error page of a proxy is a problem too', async () => {
    const { client } = answering('<h1>Bad gateway</h1>', { status: 502 });
    await expect(client.get('/api/v1/status')).rejects.toMatchObject({ code: 'unreadable', status: 502 });
  });

  test('a server that does not answer is called unreachable', async () => {
    const client = new Client(new URL('http://host:1/'), () => Promise.reject(new TypeError('failed')));
    await expect(client.get('/api/v1/status')).rejects.toEqual(new Problem('unreachable', 'host:1'));
  });

  test('an abort stays an abort', async () => {
    const abort = new DOMException('gone', 'AbortError');
    const client = new Client(new URL('http://host:1/'), () => Promise.reject(abort));
    await expect(client.get('/api/v1/status')).rejects.toBe(abort);
  });
});
