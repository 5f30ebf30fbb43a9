import { type Problem, asProblem } from '../../api/problem';
import type { FileEntry } from '../../api/shapes';
import { app } from '../../state/app.svelte';

/** Entries that are fetched at a time. */
const PAGE = 100;

/** One folder of an item. Its entries are fetched when it is opened, a page at a time. */
export class Folder {
  readonly path: string;
  open = $state(false);
  entries = $state.raw<FileEntry[]>([]);
  /** How many entries it has; not known before the first page. */
  total = $state<number>();
  problem = $state.raw<Problem>();
  readonly #hash: string;
  readonly #folders = new Map<string, Folder>();

  constructor(hash: string, path: string) {
    this.#hash = hash;
    this.path = path;
  }

  get left(): number {
    return (this.total ?? 0) - this.entries.length;
  }

  async toggle(): Promise<void> {
    this.open = !this.open;
    if (this.open && this.total === undefined) await this.more();
  }

  async more(): Promise<void> {
    try {
      const query = { under: this.path, offset: this.entries.length, limit: PAGE };
      const page = await app.client.get('/api/v1/items/{hash}/files', { path: { hash: this.#hash }, query });
      this.entries = [...this.entries, ...page.entries];
      this.total = page.total;
      this.problem = undefined;
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
  }

  /** The folder of one of the entries. */
  folder(entry: FileEntry): Folder {
    let folder = this.#folders.get(entry.path);
    if (!folder) {
      folder = new Folder(this.#hash, entry.path);
      this.#folders.set(entry.path, folder);
    }
    return folder;
  }
}
