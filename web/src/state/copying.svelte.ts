import { t } from '../text/index.svelte';
import { copy } from '../ui/clipboard';
import { toasts } from './toasts.svelte';

/** What a person is to copy by hand, since the browser did not let the page. */
class Copying {
  byHand = $state<string>();

  async copy(text: string): Promise<void> {
    if (await copy(text)) toasts.say(t().copy.copied);
    else this.byHand = text;
  }
}

export const copying = new Copying();
