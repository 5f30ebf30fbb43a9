import type { components } from './peer.gen';

// Resources that the API's description does not have yet, in the form of `*.gen.ts`. What the description has by the
// same path takes precedence (`client.ts`), so an entry here ends by itself.

type Json<T> = { content: { 'application/json': T } };
type Read<T> = { get: { responses: { 200: Json<T> } } };
type Write<B, T> = { post: { requestBody: Json<B>; responses: { 200: Json<T> } } };

/** One entry of a folder item: a file, a link, or a folder with all below it. */
export interface FileEntry {
  name: string;
  /** From the item's root, with `/`. */
  path: string;
  kind: 'file' | 'folder' | 'link';
  /** Bytes; of a folder those of all files below it. */
  size: number;
  /** Files below a folder. */
  files?: number;
}

/** A transfer that is over. */
export interface HistoryEntry {
  /** Counts up; the later a transfer ended, the higher it is. */
  number: number;
  direction: 'down' | 'up';
  hash: string;
  name: string;
  /** Bytes that were asked for; of an upload, those of the item. */
  size: number;
  /** Bytes that were fetched, or given. */
  bytes: number;
  /** How many peers gave or took some of it. */
  peers: number;
  /** Unix seconds of its end. */
  ended: number;
  /** Bytes a second, over the time in which something was transferred. */
  rate: number;
  result: 'complete' | 'failed' | 'removed' | 'served';
  /** Why it failed, for people. */
  cause?: string;
}

/** Limits in bytes a second; `null` is none. */
export interface Limits {
  up: number | null;
  down: number | null;
  per_item_up?: number | null;
  per_item_down?: number | null;
  per_peer_up?: number | null;
  per_peer_down?: number | null;
  schedules?: unknown[];
}

export interface LogLine {
  /** Counts up; the key of a line. */
  seq: number;
  /** Unix milliseconds. */
  time: number;
  level: string;
  target?: string;
  message: string;
}

export interface paths {
  '/api/v1/session': Write<{ secret: string }, { key: string }>;
  '/api/v1/items/{hash}/files': Read<{ total: number; entries: FileEntry[] }>;
  '/api/v1/history': Read<{ total: number; offset: number; transfers: HistoryEntry[] }>;
  '/api/v1/limits': Read<Limits> & { put: { requestBody: Json<Limits>; responses: { 200: Json<Limits> } } };
  '/api/v1/downloads/{hash}/priority': Write<{ priority: string }, components['schemas']['Download']>;
}
