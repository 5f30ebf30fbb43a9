import { app } from '../../state/app.svelte';
import { forEach } from '../../state/bulk';
import { router } from '../../state/router.svelte';
import { count } from '../../text/format';
import { t } from '../../text/index.svelte';
import { torrentOf } from './torrents';

/** What a person pasted, as the API takes it: a magnet link, or what `peerpool get` understands. */
export function whatIs(text: string): { magnet: string } | { item: string } {
  const trimmed = text.trim();
  return /^magnet:/i.test(trimmed) ? { magnet: trimmed } : { item: trimmed };
}

/** Downloads what some .torrent files describe, and shows the transfers when all were taken. */
export async function addTorrents(files: readonly File[]): Promise<void> {
  const begin = async (file: File) =>
    app.client.post('/api/v1/downloads', { body: { what: { torrent: await torrentOf(file) } } });
  const all = await forEach(files, begin, (done) => t().add.startedMany(count(done)));
  if (all && files.length > 0) router.go('transfers');
}
