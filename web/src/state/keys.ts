import type { Page } from './route';

/** What a key means, wherever the focus is. */
export type Command = { do: 'go'; page: Page } | { do: 'search' } | { do: 'help' } | { do: 'resort' };

/** How long after `g` its letter may come, in milliseconds. */
const PATIENCE = 1_500;

/** The letters after `g`. */
export const destinations: Readonly<Record<string, Page>> = {
  c: 'catalogue',
  t: 'transfers',
  r: 'repository',
  p: 'peers',
  m: 'members',
  h: 'health',
  s: 'settings',
};

/** Reads keys in sequence. */
export class Keys {
  #goSince = Number.NEGATIVE_INFINITY;

  /** The command that `key` completes at `now` (milliseconds), if it completes one. */
  press(key: string, now: number, singleKeys: boolean): Command | undefined {
    const going = now - this.#goSince < PATIENCE;
    this.#goSince = Number.NEGATIVE_INFINITY;
    if (key === '/') return { do: 'search' };
    if (key === '?') return { do: 'help' };
    if (!singleKeys) return undefined;
    const page = destinations[key];
    if (going && page) return { do: 'go', page };
    if (key === 'g') this.#goSince = now;
    if (key === 'a') return { do: 'go', page: 'add' };
    if (key === '.') return { do: 'resort' };
    return undefined;
  }
}

/** Whether what has the focus takes letters itself. */
export function takesText(element: Element | null): boolean {
  if (!(element instanceof HTMLElement)) return false;
  return element.isContentEditable || element.matches('input:not([type=checkbox], [type=radio]), textarea, select');
}
