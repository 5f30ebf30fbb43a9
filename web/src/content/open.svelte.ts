import type { Item } from '../api/shapes';
import { app } from '../state/app.svelte';
import { attempt } from '../state/toasts.svelte';
import { words } from '../text/problems';
import { type File, addressOf, lookOf, nameOf, zipOf } from './file';

/** The file that is shown over the page. */
class Viewing {
  file = $state.raw<File>();
}

export const viewing = new Viewing();

type Named = Pick<Item, 'hash' | 'name' | 'kind'>;

/** Sees to it that a file is here or on its way: a peer begins to download what it does not have. */
async function fetched({ hash, name, kind }: Named, path: string, here: boolean): Promise<boolean> {
  if (here || app.face === 'tracker') return true;
  const files = kind === 'folder' && path ? { files: [path] } : {};
  const begun = await attempt(
    () => app.client.post('/api/v1/downloads', { body: { what: { item: hash }, ...files } }),
    (problem) => `${name}: ${words(problem)}`,
  );
  return begun !== undefined;
}

/** Plays or shows a file of an item, while it arrives if need be. `here` says that the item is here or on its way. */
export async function openFile(item: Named, path: string, size: number, here: boolean): Promise<void> {
  if (lookOf(nameOf(path)) && (await fetched(item, path, here))) viewing.file = { hash: item.hash, path, size };
}

/** Has the browser save a file of an item. */
export async function saveFile(item: Named, path: string, here: boolean): Promise<void> {
  if (await fetched(item, path, here)) save(addressOf(app.client, { hash: item.hash, path }), nameOf(path));
}

/** Has the browser save a folder as a zip file. */
export async function saveZip(item: Named, under: string | undefined, here: boolean): Promise<void> {
  const name = under ? nameOf(under) : item.name;
  if (await fetched(item, under ?? '', here)) save(zipOf(app.client, item.hash, under), `${name}.zip`);
}

/** The server sends it as an attachment, so the page stays. */
function save(address: string, name: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}
