import type { Confirmed } from '../../api/members';
import type { Method } from '../../api/client';
import { app } from '../../state/app.svelte';
import { attempt, toasts } from '../../state/toasts.svelte';
import { count } from '../../text/format';
import { words } from '../../text/problems';
import { texts } from './texts.svelte';

/** A path below the API, of parts that may have any character. */
export function path(...parts: string[]): string {
  return ['/api/v1', ...parts.map(encodeURIComponent)].join('/');
}

/** All rows of a list. */
export async function all<R>(name: string, query: Record<string, string> = {}): Promise<R[]> {
  return (await app.client.fetch(path(name), query)) as R[];
}

/** Has the server change something, and says why it did not. True when it did. */
export async function change(method: Method | 'patch', where: string, body?: object): Promise<boolean> {
  const answer = await attempt(
    async () => (await app.client.raw(method, where, body ? { body } : {})) as Partial<Confirmed> | undefined,
    words,
  );
  if (answer === undefined) return false;
  const { confirmed, silent = [] } = answer;
  if (confirmed?.length === 0 && silent.length === 0) toasts.say(texts().done);
  else if (confirmed) toasts.say(texts().confirmed(count(confirmed.length), confirmed.length === 1));
  if (silent.length > 0) toasts.fail(texts().silent(count(silent.length), silent.length === 1), silent);
  return true;
}
