import type { Download, Reason } from '../../api/shapes';
import { app } from '../../state/app.svelte';
import { forEach } from '../../state/bulk';
import { count } from '../../text/format';
import { t } from '../../text/index.svelte';

type Named = Pick<Download, 'hash' | 'name'>;
/** Reasons of which the server says more than the page's words do. */
const particular: readonly Reason[] = [
  'tracker_lost',
  'superseded',
  'unreachable',
  'missing_pieces',
  'choked',
  'silent',
  'failed',
  'other',
];

export type Verb = 'pause' | 'resume' | 'stop';

/** Whether a command makes sense for a download as it stands. */
export function allows(verb: Verb, { state }: Pick<Download, 'state'>): boolean {
  switch (verb) {
    case 'pause':
      return state === 'fetching' || state === 'waiting';
    case 'resume':
      return state === 'paused' || state === 'stopped' || state === 'failed';
    case 'stop':
      return state === 'fetching' || state === 'waiting' || state === 'paused';
  }
}

function done(all: readonly unknown[]): (good: number) => string {
  return (good) => t().bulk.done(count(good), count(all.length));
}

export function command(verb: Verb, downloads: readonly Download[]): Promise<boolean> {
  const able = downloads.filter((download) => allows(verb, download));
  const send = ({ hash }: Named) => app.client.post(`/api/v1/downloads/{hash}/${verb}`, { path: { hash } });
  return forEach(able, send, done(able));
}

/** Lets downloads go before all others that share a limit with them, or puts them among the others again. */
export function prefer(downloads: readonly Named[], yes: boolean): Promise<boolean> {
  const priority = yes ? 'first' : 'normal';
  const send = ({ hash }: Named) =>
    app.client.post('/api/v1/downloads/{hash}/priority', { path: { hash }, body: { priority } });
  return forEach(downloads, send, done(downloads));
}

/** Takes downloads from the list. `data` deletes what was fetched of those that are not complete. */
export function remove(downloads: readonly Named[], data: boolean): Promise<boolean> {
  const send = ({ hash }: Named) => app.client.delete('/api/v1/downloads/{hash}', { path: { hash }, query: { data } });
  return forEach(downloads, send, done(downloads));
}

/** How many peers are connected for a download. */
export function sourcesOf({ sources, source_count }: Download): number {
  return source_count ?? sources?.filter(({ connected }) => connected).length ?? 0;
}

/** The share of a download that is here, from 0 to 1. */
export function shareOf({ bytes_done, bytes_total, state }: Download): number {
  if (state === 'complete') return 1;
  return bytes_total > 0 ? bytes_done / bytes_total : 0;
}

/** What the words of the page leave out: figures, names and causes that the server knows. */
export function particularsOf({ reason, stalled }: Download): string | undefined {
  return reason && particular.includes(reason) ? stalled : undefined;
}

/** Why a download stands still, in the words of the page's language; nothing while it does not. */
export function reasonOf({ reason, state }: Download): string | undefined {
  if (!reason || state === 'complete') return undefined;
  return t().reason[reason] ?? t().reason.other;
}
