import { type Page, type Params, type Route, href, parseRoute } from './route';

/** The route that is shown. The browser's history is its memory. */
class Router {
  route = $state.raw<Route>(parseRoute(location.search));

  constructor() {
    addEventListener('popstate', () => {
      this.route = parseRoute(location.search);
    });
  }

  /** Goes to a page. */
  go(page: Page, params: Params = {}): void {
    this.#show(href(page, params), 'pushState');
    scrollTo(0, 0);
  }

  /** Goes to a page in the place of the one that is shown, to which no way leads back. */
  replace(page: Page, params: Params = {}): void {
    this.#show(href(page, params), 'replaceState');
  }

  /** Changes some parameters of the page that is shown, without a step in the history: what is typed is no step. */
  change(params: Params): void {
    if (this.route.page === 'missing') return;
    this.#show(href(this.route.page, { ...this.route.params, ...params }), 'replaceState');
  }

  /** Changes some parameters as a step that Back takes back. */
  step(params: Params): void {
    if (this.route.page === 'missing') return;
    this.#show(href(this.route.page, { ...this.route.params, ...params }), 'pushState');
  }

  /** Follows a plain click on a link of the page without loading it anew. */
  click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a[href^="?"]') : null;
    if (!link || link.hasAttribute('target')) return;
    event.preventDefault();
    this.#show(link.getAttribute('href') ?? '?', 'pushState');
    scrollTo(0, 0);
  }

  #show(address: string, how: 'pushState' | 'replaceState'): void {
    history[how](null, '', address);
    this.route = parseRoute(address);
  }
}

export const router = new Router();
