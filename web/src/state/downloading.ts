import type { Item } from '../api/shapes';
import { getCommand } from '../text/links';
import { t } from '../text/index.svelte';
import { plain } from '../text/names';
import { count } from '../text/format';
import { app } from './app.svelte';
import { forEach } from './bulk';
import { copying } from './copying.svelte';

type Named = Pick<Item, 'hash' | 'name'>;

/** Begins to download items; of a folder only `files`, where some are named. */
export function getItems(items: readonly Named[], files?: string[]): Promise<boolean> {
  const begin = ({ hash }: Named) =>
    app.client.post('/api/v1/downloads', { body: { what: { item: hash }, ...(files ? { files } : {}) } });
  const first = items[0];
  return forEach(items, begin, (done) =>
    done === 1 && items.length === 1 && first ? t().add.started(plain(first.name)) : t().add.startedMany(count(done)),
  );
}

/** Copies the commands that fetch items, one a line. */
export function copyGetCommands(items: readonly Named[]): Promise<void> {
  return copying.copy(items.map(getCommand).join('\n'));
}
