import { type ComponentProps, mount } from 'svelte';

import App from '../App.svelte';
import { type Face, app } from '../state/app.svelte';
import { settings } from '../state/settings.svelte';

type Pages = ComponentProps<typeof App>['pages'];
type Drop = NonNullable<ComponentProps<typeof App>['drop']>;

/** A tab that nobody sees draws nothing: after so long, in milliseconds, it is not waited for. */
const DRAWN_AT_LATEST = 100;

/**
 * Shows the page of a face, and connects. The language comes first, so that no text changes before one's eyes, and what
 * the document itself shows is drawn before the page is made, which takes longer. The server answers meanwhile.
 */
export async function begin(face: Face, pages: Pages, drop?: Drop): Promise<void> {
  app.face = face;
  const connecting = app.start();
  await Promise.all([settings.load(), drawn()]);
  document.querySelector('.boot')?.remove();
  mount(App, { target: document.body, props: { pages, ...(drop ? { drop } : {}) } });
  await connecting;
}

function drawn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, DRAWN_AT_LATEST);
    // A frame's callbacks run before it is drawn, a task after.
    requestAnimationFrame(() => setTimeout(resolve));
  });
}
