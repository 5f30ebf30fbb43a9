/** Where a provider of accounts sends browsers back to, below the page. */
const PATH = '/signed-in';

/** What a provider gives to the browser that it sends back. */
export interface Returned {
  state: string;
  code?: string;
  iss?: string;
  error?: string;
}

/** What stands in an address to which a provider has sent a browser back; nothing of another one. */
export function returned({ pathname, search }: Pick<Location, 'pathname' | 'search'>): Returned | undefined {
  if (!pathname.endsWith(PATH)) return undefined;
  const query = new URLSearchParams(search);
  const named = (name: string) => {
    const value = query.get(name);
    return value === null ? {} : { [name]: value };
  };
  return { state: query.get('state') ?? '', ...named('code'), ...named('iss'), ...named('error') };
}
