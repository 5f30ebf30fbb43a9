import { describe, expect, test } from 'vitest';

import { patched } from '../../src/state/rows.svelte';
import { Keys } from '../../src/state/keys';
import { returned } from '../../src/state/returned';
import { href, parseRoute } from '../../src/state/route';

describe('a route', () => {
  test('what is written is read back', () => {
    const address = href('transfers', { q: 'a & b', state: '', item: undefined, sort: 'name' });
    expect(address).toBe('?page=transfers&q=a+%26+b&sort=name');
    expect(parseRoute(address)).toEqual({ page: 'transfers', params: { q: 'a & b', sort: 'name' } });
  });

  test('the catalogue is home', () => {
    expect(parseRoute('')).toEqual({ page: 'catalogue', params: {} });
    expect(href('catalogue')).toBe('?');
  });

  test('a page that is not there is missing, and nothing else', () => {
    expect(parseRoute('?page=__proto__').page).toBe('missing');
  });
});

describe('keys', () => {
  test('g and a letter go to a page, within a moment', () => {
    const keys = new Keys();
    expect(keys.press('g', 0, true)).toBeUndefined();
    expect(keys.press('t', 1_000, true)).toEqual({ do: 'go', page: 'transfers' });
    keys.press('g', 2_000, true);
    expect(keys.press('t', 4_000, true)).toBeUndefined();
  });

  test('another key between forgets the g', () => {
    const keys = new Keys();
    keys.press('g', 0, true);
    keys.press('z', 1, true);
    expect(keys.press('t', 2, true)).toBeUndefined();
  });

  test('with single letters off, only signs are commands', () => {
    const keys = new Keys();
    expect(keys.press('a', 0, false)).toBeUndefined();
    expect(keys.press('g', 0, false)).toBeUndefined();
    expect(keys.press('p', 1, false)).toBeUndefined();
    expect(keys.press('/', 2, false)).toEqual({ do: 'search' });
    expect(keys.press('?', 3, false)).toEqual({ do: 'help' });
  });
});

describe('a patch', () => {
  test('changed fields are changed, null ones gone, others as they were', () => {
    expect(patched({ a: 1, b: 2, c: 3 }, { a: 5, b: null, d: 0 })).toEqual({ a: 5, c: 3, d: 0 });
  });
});

describe('what a provider of accounts sends back', () => {
  test('it is read where a provider sends browsers to, and nowhere else', () => {
    const search = '?code=a%2Bb&state=s&iss=https%3A%2F%2Fid.example';
    expect(returned({ pathname: '/signed-in', search })).toEqual({
      code: 'a+b',
      state: 's',
      iss: 'https://id.example',
    });
    expect(returned({ pathname: '/', search })).toBeUndefined();
  });

  test('a refusal has a reason in the place of a code', () => {
    const refusal = { pathname: '/signed-in', search: '?error=access_denied&state=s' };
    expect(returned(refusal)).toEqual({ error: 'access_denied', state: 's' });
    expect(returned({ pathname: '/signed-in', search: '' })).toEqual({ state: '' });
  });
});
