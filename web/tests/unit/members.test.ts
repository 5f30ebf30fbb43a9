import { describe, expect, test } from 'vitest';

import { csv } from '../../src/pages/members/csv';
import { decoded, encoded, hindrance } from '../../src/pages/members/passkey';
import { Table } from '../../src/state/table.svelte';

describe('a log as CSV', () => {
  test('what separates cells is quoted, and a quote is doubled', () => {
    expect(csv([['a', 'b,c', 'say "no"', 'two\nlines', 3]])).toBe('a,"b,c","say ""no""","two\nlines",3\r\n');
  });

  test('no cell is a formula', () => {
    expect(csv([['=1+1', '+1', '-1', '@x', '\tx', -1]])).toBe("'=1+1,'+1,'-1,'@x,'\tx,-1\r\n");
  });
});

describe('a table', () => {
  const people = [
    { name: 'Søren', groups: ['film'], devices: 1 },
    { name: 'Đào', groups: ['staff'], devices: 10 },
    { name: 'mai', groups: ['staff', 'film'], devices: 2 },
  ];
  const names = (table: Table<(typeof people)[number]>) => table.rows.map(({ name }) => name);

  test('every word is found somewhere in a row, without accents', async () => {
    const table = new Table(() => Promise.resolve(people));
    await table.load();
    table.show('dao', { by: 'name', desc: false });
    expect(names(table)).toEqual(['Đào']);
    table.show('film staff', { by: 'name', desc: false });
    expect(names(table)).toEqual(['mai']);
    expect(table.at(0)?.row.name).toBe('mai');
    expect(table.at(1)).toBeUndefined();
  });

  test('figures are ordered as figures', async () => {
    const table = new Table(() => Promise.resolve(people));
    await table.load();
    table.show('', { by: 'devices', desc: true });
    expect(names(table)).toEqual(['Đào', 'mai', 'Søren']);
  });

  test('what a server refuses is told, and gone when it answers', async () => {
    let answers = false;
    const table = new Table(() => (answers ? Promise.resolve(people) : Promise.reject(new Error('no'))));
    await table.load();
    expect([table.problem?.message, table.ready]).toEqual(['no', false]);
    answers = true;
    await table.load();
    expect([table.problem, table.total]).toEqual([undefined, 3]);
  });
});

describe('a passkey', () => {
  test('bytes are read as they are written, in the alphabet of addresses and without padding', () => {
    const bytes = Uint8Array.from([0xfb, 0xff, 0xbf, 0]);
    expect(encoded(bytes.buffer)).toBe('-_-_AA');
    expect(decoded('-_-_AA')).toEqual(bytes);
  });

  test('what keeps it from being used is said, the nearest reason first', () => {
    const modern = { isSecureContext: true, PublicKeyCredential: Object };
    expect(hindrance(true, modern)).toBe(undefined);
    expect(hindrance(false, modern)).toBe('address');
    expect(hindrance(true, { isSecureContext: true })).toBe('browser');
    expect(hindrance(false, { isSecureContext: false })).toBe('insecure');
  });
});
