// Runs before the rest of the page has come, and asks for what is shown first. A link with a secret is not for here, nor is
// what a provider of accounts gave: it has to be traded for a key before.
import { askAhead } from '../pages/catalogue/ahead';
import { client } from '../state/connection';
import { returned } from '../state/returned';
import { parseRoute } from '../state/route';
import { stored } from '../state/stored';
import { bestLanguage } from '../text/language';

/** Resolves when the server has answered, with whether there is something to show first. */
export let asked = Promise.resolve(false);

if (!location.hash && !returned(location)) {
  client.key = stored('key');
  const { page, params } = parseRoute(location.search);
  if (page === 'catalogue') asked = askAhead(params).then(Boolean);
}
if (bestLanguage(navigator.languages, stored('language')) === 'vi') void import('../text/vi');
