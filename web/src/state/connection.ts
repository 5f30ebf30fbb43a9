import { Client } from '../api/client';

/** Whose page this is. The document says it. */
export type Face = 'tracker' | 'peer';
export const face: Face = document.documentElement.dataset.face === 'peer' ? 'peer' : 'tracker';

export const client = new Client(new URL('.', document.baseURI));
