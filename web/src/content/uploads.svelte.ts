import type { Client } from '../api/client';
import { type Problem, asProblem } from '../api/problem';
import { store, stored } from '../state/stored';
import type { Dropped } from './dropped';

/** So much is sent at once, in bytes: what a connection that breaks costs at most. */
const CHUNK = 8 * 1024 * 1024;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** The server and the page may differ about an offset so often in a row. */
const MOST_CONFLICTS = 3;

/** What the server says of an upload: how much of each file it has. */
interface Progress {
  id?: string;
  offset?: number;
  files?: { offset: number }[];
}

export type UploadState = 'queued' | 'sending' | 'waiting' | 'done' | 'failed' | 'cancelled';

/** One file or folder on its way into the repository. */
export class Upload {
  readonly what: Dropped;
  readonly total: number;
  done = $state(0);
  state = $state<UploadState>('queued');
  problem = $state.raw<Problem>();
  /** Under which name the server keeps it. */
  id: string | undefined;

  constructor(what: Dropped) {
    this.what = what;
    this.total = what.files.reduce((sum, { file }) => sum + file.size, 0);
  }

  /** What the same thing, dropped again after the tab was closed, is recognized by. */
  get key(): string {
    const { name, files } = this.what;
    const newest = files.reduce((latest, { file }) => Math.max(latest, file.lastModified), 0);
    return `upload.${name}.${files.length}.${this.total}.${newest}`;
  }
}

/**
 * Sends files into the repository, one after the other and each in chunks. A chunk that fails for want of a connection
 * is sent again from where the server says that it is, for as long as it takes; a refusal ends the upload.
 */
export class Uploads {
  list = $state.raw<Upload[]>([]);
  readonly #client: Client;
  readonly #finished: (upload: Upload) => void;
  readonly #pause: (milliseconds: number) => Promise<void>;
  #running = false;

  constructor(
    client: Client,
    finished: (upload: Upload) => void,
    pause = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds)),
  ) {
    this.#client = client;
    this.#finished = finished;
    this.#pause = pause;
  }

  add(all: readonly Dropped[]): void {
    this.list = [...this.list, ...all.filter(({ files }) => files.length > 0).map((what) => new Upload(what))];
    void this.#run();
  }

  /** Tries again what failed. */
  again(upload: Upload): void {
    upload.state = 'queued';
    upload.problem = undefined;
    void this.#run();
  }

  /** Ends an upload, and has the server forget what it has of it. */
  async cancel(upload: Upload): Promise<void> {
    upload.state = 'cancelled';
    this.#forget(upload);
    const { id } = upload;
    // An upload that nobody goes on with expires in any case.
    if (id !== undefined) await this.#client.raw('delete', `/api/v1/uploads/${encodeURIComponent(id)}`).catch(() => {});
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (;;) {
      const next = this.list.find(({ state }) => state === 'queued');
      if (!next) break;
      await this.#whole(next);
    }
    this.#running = false;
  }

  async #whole(upload: Upload): Promise<void> {
    let pause = FIRST_PAUSE;
    let conflicts = 0;
    while (upload.state !== 'cancelled') {
      upload.state = 'sending';
      const before = upload.done;
      try {
        await this.#send(upload);
        return;
      } catch (thrown) {
        const problem = asProblem(thrown);
        if ((upload.state as UploadState) === 'cancelled') return;
        conflicts = problem.status === 409 && upload.done <= before ? conflicts + 1 : 0;
        const passes = problem.code === 'unreachable' || (problem.status === 409 && conflicts < MOST_CONFLICTS);
        if (!passes) {
          Object.assign(upload, { state: 'failed', problem });
          return;
        }
        upload.state = 'waiting';
        pause = upload.done > before ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, pause * 2);
        await this.#pause(pause);
      }
    }
  }

  async #send(upload: Upload): Promise<void> {
    const { files } = upload.what;
    const offsets = await this.#begin(upload);
    upload.done = offsets.reduce((sum, offset) => sum + offset, 0);
    const path = `/api/v1/uploads/${encodeURIComponent(upload.id ?? '')}`;
    for (const [index, { file }] of files.entries()) {
      for (let offset = offsets[index] ?? 0; offset < file.size;) {
        if (upload.state === 'cancelled') return;
        const part = file.slice(offset, offset + CHUNK);
        const query = { offset, ...(upload.what.folder ? { file: index } : {}) };
        await this.#client.raw('patch', path, { query, bytes: part });
        offset += part.size;
        upload.done += part.size;
      }
    }
    this.#forget(upload);
    this.list = this.list.filter((other) => other !== upload);
    upload.state = 'done';
    this.#finished(upload);
  }

  /** How much of each file the server has: nothing of an upload that begins now. */
  async #begin(upload: Upload): Promise<number[]> {
    upload.id ??= stored(upload.key);
    if (upload.id !== undefined) {
      try {
        const known = await this.#client.raw('get', `/api/v1/uploads/${encodeURIComponent(upload.id)}`);
        return offsetsOf(known as Progress);
      } catch (thrown) {
        // It has expired, and begins anew.
        if (asProblem(thrown).status !== 404) throw thrown;
      }
    }
    const { name, files, folder } = upload.what;
    const body = folder
      ? { name, files: files.map(({ path, file }) => ({ path, length: file.size })) }
      : { name, length: upload.total };
    const begun = (await this.#client.raw('post', '/api/v1/uploads', { body })) as Progress;
    upload.id = begun.id;
    store(upload.key, begun.id);
    return offsetsOf(begun);
  }

  #forget(upload: Upload): void {
    store(upload.key, undefined);
    if (upload.state === 'cancelled') this.list = this.list.filter((other) => other !== upload);
  }
}

function offsetsOf({ offset, files }: Progress): number[] {
  return files?.map((file) => file.offset) ?? [offset ?? 0];
}
