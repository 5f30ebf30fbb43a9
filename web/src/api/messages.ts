// The messages of `/api/v1/live`: one WebSocket a tab, text frames of JSON.

/** A row is an object of the API; its key identifies it in its view. */
export type Fields = Record<string, unknown>;

/** What somebody looks at: `count` rows from `from` of a view, as `query` searches, sorts and filters it. */
export interface Window {
  view: string;
  query: Record<string, string | number | boolean>;
  from: number;
  count: number;
}

/** So many rows a list follows before it knows how many there is room for. */
export const FIRST_ROWS = 60;

/** At most so many rows stand in one window. */
export const MAX_WINDOW = 200;

export type ToServer =
  | { type: 'hello'; key?: string }
  | ({ type: 'subscribe'; id: number } & Window)
  | { type: 'move'; id: number; from: number; count: number }
  | { type: 'sort'; id: number }
  | { type: 'unsubscribe'; id: number }
  | { type: 'ack'; seq: number }
  | { type: 'visible'; yes: boolean };

export interface Snapshot {
  type: 'snapshot';
  seq: number;
  id: number;
  /** Names the frozen order in which the rows stand. */
  order: string;
  total: number;
  from: number;
  /** A row that is `null` has left the list since the order was frozen. */
  rows: [string, Fields | null][];
}

export interface Patch {
  type: 'patch';
  seq: number;
  id: number;
  /** Changed fields alone; a field that is `null` is gone, and so is a row that is `null`. */
  rows: [string, Fields | null][];
  /** Rows that are new or gone, or would stand elsewhere, since the order was frozen. */
  changed: number;
  /** How many rows there would be. */
  total: number;
}

export type FromServer =
  | { type: 'welcome'; cursor: string; version: string }
  | Snapshot
  | Patch
  | { type: 'events'; cursor: string; list: Fields[] }
  | { type: 'reset'; why: string }
  | { type: 'error'; id?: number; problem: unknown };

/** Reads one frame; `undefined` for what this page does not know, which a newer server may send. */
export function parse(frame: unknown): FromServer | undefined {
  if (typeof frame !== 'string') return undefined;
  try {
    const message: unknown = JSON.parse(frame);
    const typed = typeof message === 'object' && message !== null && 'type' in message;
    return typed ? (message as FromServer) : undefined;
  } catch {
    return undefined;
  }
}
