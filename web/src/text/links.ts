import { plain } from './names';

interface Hashes {
  hash: string;
  name: string;
  v1?: string | null;
  v2?: string | null;
}

/** The magnet link of an item (BEP 9, BEP 52 "magnet"), without a tracker: peers of the pool know theirs. */
export function magnet({ hash, name, v1, v2 }: Hashes): string {
  const hashes = { v1, v2 };
  if (!v1 && !v2) {
    for (const part of hash.split(':')) hashes[part.length === 64 ? 'v2' : 'v1'] = part;
  }
  const topics = [];
  if (hashes.v1) topics.push(`xt=urn:btih:${hashes.v1}`);
  if (hashes.v2) topics.push(`xt=urn:btmh:1220${hashes.v2}`);
  return `magnet:?${[...topics, `dn=${encodeURIComponent(name)}`].join('&')}`;
}

/** The command that fetches an item, safe to paste into a shell whatever the name contains. */
export function getCommand({ hash, name }: Hashes): string {
  const safe = /^[\p{L}\p{N}._@+-]+$/u.test(name) && !name.startsWith('-');
  if (safe) return `peerpool get ${name}@${hash.slice(0, 8)}`;
  const readable = plain(name) === name && !name.startsWith('-');
  if (readable) return `peerpool get '${name.replaceAll("'", String.raw`'\''`)}@${hash.slice(0, 8)}'`;
  return `peerpool get ${hash}`;
}
