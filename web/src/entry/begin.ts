import { type ComponentProps, mount } from 'svelte';

import App from '../App.svelte';
import { app } from '../state/app.svelte';
import { settings } from '../state/settings.svelte';

type Pages = ComponentProps<typeof App>['pages'];
type Drop = NonNullable<ComponentProps<typeof App>['drop']>;

/** A tab that nobody sees draws nothing: after so long, in milliseconds, it is not waited for. */
const DRAWN_AT_LATEST = 100;

/** A server that is close has answered by then, in milliseconds; for another one the frame stands meanwhile. */
const ANSWERED_AT_LATEST = 50;

/** So long, in milliseconds, what nobody waits for waits for a browser with nothing to do. */
const IDLE_AT_LATEST = 2_000;

/**
 * Shows the page, and connects. The language comes first, so that no text changes before one's eyes, and what the document
 * itself shows is drawn before the page is made, which takes longer. The server answers meanwhile: `asked` resolves when it
 * has, with true if there are rows, and the page is then made with them. To connect takes a slow machine a while, so it
 * comes after rows that are there.
 */
export async function begin(asked: Promise<boolean>, pages: Pages, drop?: Drop): Promise<void> {
  const [rows] = await Promise.all([within(ANSWERED_AT_LATEST, asked), settings.load(), drawn()]);
  const connecting = rows ? next().then(() => app.start()) : app.start();
  document.querySelector('.boot')?.remove();
  mount(App, { target: document.body, props: { pages, ...(drop ? { drop: () => idle().then(drop) } : {}) } });
  await connecting;
  await app.probe();
}

/** After what has been shown so far is drawn. */
function drawn(): Promise<void> {
  return performance.getEntriesByType('paint').length > 0 ? Promise.resolve() : next();
}

/** After the next frame. */
function next(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, DRAWN_AT_LATEST);
    // A frame's callbacks run before it is drawn, a task after.
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

/** What comes, or false if it does not come in time. */
function within(milliseconds: number, what: Promise<boolean>): Promise<boolean> {
  return Promise.race([what, new Promise<boolean>((resolve) => setTimeout(resolve, milliseconds, false))]);
}

function idle(): Promise<unknown> {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(resolve, { timeout: IDLE_AT_LATEST });
    else setTimeout(resolve, IDLE_AT_LATEST);
  });
}
