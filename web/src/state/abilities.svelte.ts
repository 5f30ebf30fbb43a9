import { app } from './app.svelte';

/** What the server can do beyond what every version can, as its description says. */
class Abilities {
  /** Takes files of this browser into the repository. */
  uploads = $state(false);
  /** Gives folders as zip files. */
  zip = $state(false);
  #asked: Promise<void> | undefined;

  /** Asks, the first time. A server that does not answer can do nothing more for now. */
  load(): Promise<void> {
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  async #ask(): Promise<void> {
    const description = (await app.client.fetch('/api/v1/openapi.json').catch(() => ({}))) as { paths?: object };
    const paths = Object.keys(description.paths ?? {});
    this.uploads = paths.includes('/api/v1/uploads');
    this.zip = paths.some((path) => path.startsWith('/api/v1/content/') && path.endsWith('.zip'));
  }
}

export const abilities = new Abilities();
