import type { Client } from '../api/client';

/** How a browser shows a file inside the page. */
export type Look = 'video' | 'audio' | 'image' | 'text';

/** By the end of the name, as the server types what it gives (docs/api.md): it lets nothing else be shown inline. */
const looks: Record<Look, string> = {
  video: 'mp4 m4v webm ogv mkv mov',
  audio: 'mp3 m4a aac ogg oga opus flac wav',
  image: 'jpg jpeg png gif webp avif bmp',
  text: 'txt md log nfo srt vtt csv json xml yaml yml toml ini',
};

/** One file of an item that is here, or on its way. */
export interface File {
  /** Info-hash of its item. */
  hash: string;
  /** Its path in the item; that of an item of one file is its name. */
  path: string;
  size: number;
}

/** How a file of this name can be shown; `undefined` for one that can only be saved. */
export function lookOf(name: string): Look | undefined {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return (Object.keys(looks) as Look[]).find((look) => looks[look].split(' ').includes(extension));
}

/** Whether it is played, and not only looked at. */
export function isPlayed(look: Look): boolean {
  return look === 'video' || look === 'audio';
}

/** The address of a file: as a download, or `inline` for what the page or another tab shows. */
export function addressOf(client: Client, { hash, path }: Pick<File, 'hash' | 'path'>, inline = false): string {
  const parts = path.split('/').map(encodeURIComponent).join('/');
  const url = client.url(`/api/v1/content/${encodeURIComponent(hash)}/${parts}`);
  // The value of the parameter says nothing.
  return inline ? `${url.href}?inline` : url.href;
}

/** The address of an item, or of a folder of it, as a zip file. */
export function zipOf(client: Client, hash: string, under?: string): string {
  return client.url(`/api/v1/content/${encodeURIComponent(hash)}.zip`, { query: { under } }).href;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
