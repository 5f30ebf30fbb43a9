import type { paths as PeerPaths } from './peer.gen';
import { Problem } from './problem';
import type { paths as TrackerPaths } from './tracker.gen';

type Paths = PeerPaths & Omit<TrackerPaths, keyof PeerPaths>;

export type Method = 'get' | 'post' | 'put' | 'delete';
type PathsOf<M extends Method> = { [P in keyof Paths]: Paths[P] extends Record<M, object> ? P : never }[keyof Paths];
type Operation<M extends Method, P> = P extends keyof Paths ? (Paths[P] extends Record<M, infer O> ? O : never) : never;
type Success<R> = R extends { 200: { content: { 'application/json': infer T } } } ? T : unknown;
export type Answer<M extends Method, P> = Operation<M, P> extends { responses: infer R } ? Success<R> : never;
type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? B : undefined;

export type Query = Record<string, string | number | boolean | undefined>;

export interface Options<B> {
  /** Values of the `{…}` in the path. */
  path?: Record<string, string>;
  query?: Query;
  body?: B;
  signal?: AbortSignal;
}

/** The header that carries the key of a peer's door. */
const KEY_HEADER = 'x-peerpool-key';

/**
 * Requests to the server that this page came from, typed by its description.
 *
 * Every refusal is thrown as a {@link Problem}, a server that does not answer as one of code `unreachable`. An abort by
 * `signal` is thrown as the `DOMException` that it is.
 */
export class Client {
  readonly #base: URL;
  readonly #fetch: typeof fetch;
  #key: string | undefined;

  /** `base` is the page's own address: the API lies beside it, below whatever path a proxy has put both. */
  constructor(base: URL, fetcher: typeof fetch = (...request) => fetch(...request)) {
    this.#base = base;
    this.#fetch = fetcher;
  }

  /** Commands carry this key from now on. */
  set key(key: string | undefined) {
    this.#key = key;
  }

  get key(): string | undefined {
    return this.#key;
  }

  /** The absolute address of a path of the API. */
  url(path: string, options: Pick<Options<unknown>, 'path' | 'query'> = {}): URL {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(options.path?.[name] ?? ''));
    const url = new URL(filled.replace(/^\//, ''), this.#base);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
    }
    return url;
  }

  get<P extends PathsOf<'get'>>(path: P, options: Options<undefined> = {}): Promise<Answer<'get', P>> {
    return this.#send('get', path, options) as Promise<Answer<'get', P>>;
  }

  post<P extends PathsOf<'post'>>(
    path: P,
    options: Options<Body<Operation<'post', P>>> = {},
  ): Promise<Answer<'post', P>> {
    return this.#send('post', path, options) as Promise<Answer<'post', P>>;
  }

  put<P extends PathsOf<'put'>>(path: P, options: Options<Body<Operation<'put', P>>> = {}): Promise<Answer<'put', P>> {
    return this.#send('put', path, options) as Promise<Answer<'put', P>>;
  }

  delete<P extends PathsOf<'delete'>>(path: P, options: Options<undefined> = {}): Promise<Answer<'delete', P>> {
    return this.#send('delete', path, options) as Promise<Answer<'delete', P>>;
  }

  /** Reads a path that is known only when it is asked. */
  fetch(path: string, query: Query = {}): Promise<unknown> {
    return this.#send('get', path, { query });
  }

  /** Asks something of a path that is known only then. `bytes` are sent as they are, and else `body` as JSON. */
  raw(
    method: Method | 'patch',
    path: string,
    options: Pick<Options<unknown>, 'query' | 'body'> & { bytes?: Blob } = {},
  ): Promise<unknown> {
    return this.#send(method, path, options);
  }

  async #send(method: Method | 'patch', path: string, options: Options<unknown> & { bytes?: Blob }): Promise<unknown> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.#key !== undefined) headers[KEY_HEADER] = this.#key;
    if (options.body !== undefined) headers['content-type'] = 'application/json';
    const request: RequestInit = { method: method.toUpperCase(), headers, credentials: 'same-origin' };
    if (options.bytes) headers['content-type'] = 'application/octet-stream';
    if (options.bytes) request.body = options.bytes;
    if (options.body !== undefined) request.body = JSON.stringify(options.body);
    if (options.signal) request.signal = options.signal;
    const response = await this.#reach(this.url(path, options), request);
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw Problem.from(response.status, body);
    return body;
  }

  async #reach(url: URL, request: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(url, request);
    } catch (thrown) {
      if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
      throw new Problem('unreachable', url.host);
    }
  }
}
