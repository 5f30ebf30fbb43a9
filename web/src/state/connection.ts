import { browserWorld } from '../api/browser';
import { Client } from '../api/client';
import { Live } from '../api/live';
import type { Window } from '../api/messages';
import { PolledSocket } from '../api/polled';

/** Whose page this is. The document says it. */
export type Face = 'tracker' | 'peer';
export const face: Face = document.documentElement.dataset.face === 'peer' ? 'peer' : 'tracker';

/** What says how the server is: one row. */
export const own = face === 'peer' ? 'status' : 'health';
export const ownWindow: Window = { view: own, query: {}, from: 0, count: 1 };

export const client = new Client(new URL('.', document.baseURI));
export const live = new Live(
  browserWorld(client.url('/api/v1/live'), () => new PolledSocket(client, `/api/v1/${own}`)),
);
