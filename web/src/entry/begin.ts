import { type ComponentProps, mount } from 'svelte';

import App from '../App.svelte';
import { type Face, app } from '../state/app.svelte';
import { settings } from '../state/settings.svelte';

type Pages = ComponentProps<typeof App>['pages'];
type Drop = NonNullable<ComponentProps<typeof App>['drop']>;

/** Shows the page of a face, and connects. The language comes first, so that no text changes before one's eyes. */
export async function begin(face: Face, pages: Pages, drop?: Drop): Promise<void> {
  await settings.load();
  app.face = face;
  // What stood in the document until now.
  document.querySelector('.boot')?.remove();
  mount(App, { target: document.body, props: { pages, ...(drop ? { drop } : {}) } });
  await app.start();
}
