// What the browser keeps for this page. Storage may be missing or full (private windows, strict settings): then nothing
// is remembered, and all works.

const PREFIX = 'peerpool.';

export function stored(key: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a value; `undefined` forgets it. */
export function store(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // Nothing is remembered, then.
  }
}
