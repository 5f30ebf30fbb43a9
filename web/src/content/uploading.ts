import { app } from '../state/app.svelte';
import { router } from '../state/router.svelte';
import { toasts } from '../state/toasts.svelte';
import { count } from '../text/format';
import { t } from '../text/index.svelte';
import { plain } from '../text/names';
import { type Dropped, MOST_FILES } from './dropped';
import { Uploads } from './uploads.svelte';

/** What this tab sends into the repository. */
export const uploads = new Uploads(app.client, ({ what }) => toasts.say(t().upload.done(plain(what.name))));

addEventListener('beforeunload', (event) => {
  if (uploads.list.some(({ state }) => state !== 'failed')) event.preventDefault();
});

/** Sends files and folders into the repository, and shows how it goes. */
export function upload(all: readonly Dropped[]): void {
  const tooMany = all.filter(({ files }) => files.length > MOST_FILES);
  for (const { name } of tooMany) toasts.fail(t().upload.tooMany(plain(name), count(MOST_FILES)));
  uploads.add(all.filter((one) => !tooMany.includes(one)));
  if (uploads.list.length > 0) router.go('repository');
}
