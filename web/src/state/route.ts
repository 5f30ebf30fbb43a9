// Where one is, as the query of the one document: `?page=item&item=HASH`. Paths are the reverse proxy's, which may put
// the page below any, and the fragment is the secret's that a peer's link carries.

export const pages = [
  'catalogue',
  'item',
  'transfers',
  'repository',
  'peers',
  'members',
  'health',
  'settings',
  'add',
] as const;
export type Page = (typeof pages)[number];

export interface Route {
  page: Page | 'missing';
  /** Everything else of the query: what is searched, sorted, filtered and opened. */
  params: Readonly<Record<string, string>>;
}

export type Params = Record<string, string | undefined>;

export function parseRoute(query: string): Route {
  const { page = 'catalogue', ...params } = Object.fromEntries(new URLSearchParams(query));
  return { page: pages.find((known) => known === page) ?? 'missing', params };
}

/** The address of a route, relative to the document. */
export function href(page: Page, params: Params = {}): string {
  const query = new URLSearchParams();
  if (page !== 'catalogue') query.set('page', page);
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') query.set(name, value);
  }
  return `?${query.toString()}`;
}
