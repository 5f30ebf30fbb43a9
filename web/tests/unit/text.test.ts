import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { en } from '../../src/text/en';
import { ago, bytes, percent, rate, span } from '../../src/text/format';
import { speak } from '../../src/text/index.svelte';
import { bestLanguage } from '../../src/text/language';
import { getCommand, magnet } from '../../src/text/links';
import { plain, visible } from '../../src/text/names';
import { vi } from '../../src/text/vi';

const v1 = 'a'.repeat(40);
const v2 = 'b'.repeat(64);

describe('names', () => {
  test('a character that turns the writing is shown as its code', () => {
    expect(plain('holiday\u202Egpj.exe')).toBe('holidayU+202Egpj.exe');
    expect(visible('a\u202Eb')).toEqual([
      { text: 'a', hidden: false },
      { text: 'U+202E', hidden: true },
      { text: 'b', hidden: false },
    ]);
  });

  test('every control and every invisible character is shown', () => {
    for (const hidden of [
      '\0',
      '\t',
      '\n',
      '\u001b',
      '\u007f',
      '\u009b',
      '\u200b',
      '\u2028',
      '\u2066',
      '\ufeff',
      '\u{e0041}',
      '\u3164',
    ]) {
      expect(visible(hidden)[0]?.hidden, hidden.codePointAt(0)?.toString(16)).toBe(true);
    }
  });

  test('every script stays as it is written', () => {
    for (const name of ['Bài giảng', 'مجموعة', 'हिन्दी', '日本語', '👩‍👩‍👧', 'نمی\u200cخواهم'])
      expect(plain(name)).toBe(name);
  });
});

describe('links and commands', () => {
  test('a hybrid item is named by both of its hashes', () => {
    const link = magnet({ hash: `${v1}:${v2}`, name: 'a & b' });
    expect(link).toBe(`magnet:?xt=urn:btih:${v1}&xt=urn:btmh:1220${v2}&dn=a%20%26%20b`);
  });

  test('a shell reads a command as one name, whatever the name contains', () => {
    expect(getCommand({ hash: v2, name: 'film.mkv' })).toBe('peerpool get film.mkv@bbbbbbbb');
    expect(getCommand({ hash: v2, name: "it's; rm -rf $HOME" })).toBe(
      String.raw`peerpool get 'it'\''s; rm -rf $HOME@bbbbbbbb'`,
    );
    expect(getCommand({ hash: v2, name: 'two\nlines' })).toBe(`peerpool get ${v2}`);
    expect(getCommand({ hash: v2, name: '--help' })).toBe(`peerpool get ${v2}`);
  });
});

describe('figures', () => {
  test('sizes have three digits or so, in binary units', () => {
    expect([0, 1_023, 1_024, 104_857_600, 4_617_089_843].map(bytes)).toEqual([
      '0 B',
      '1,023 B',
      '1.0 KiB',
      '100 MiB',
      '4.3 GiB',
    ]);
    expect(rate(11_534_336)).toBe('11.0 MiB/s');
  });

  test('a share is never rounded to all or to nothing', () => {
    expect([0, 0.00001, 0.5, 0.99999, 1].map(percent)).toEqual(['0%', '0.1%', '50.0%', '99.9%', '100%']);
  });

  test('spans have one unit or two', () => {
    expect([3, 75, 900, 3_660, 200_000].map(span)).toEqual(['3 s', '1 min 15 s', '15 min', '1 h 1 min', '2 days']);
    expect(ago(1_000, 1_020)).toBe('just now');
    expect(ago(1_000, 8_200)).toBe('2 h ago');
  });

  describe('in Vietnamese', () => {
    beforeAll(() => {
      Object.assign(globalThis, { document: { documentElement: {} } });
      return speak('vi');
    });
    afterAll(async () => {
      await speak('en');
      Reflect.deleteProperty(globalThis, 'document');
    });

    test('they have a comma and its words', () => {
      expect(bytes(4_617_089_843)).toBe('4,3 GiB');
      expect(ago(1_000, 8_200)).toBe('2 giờ trước');
    });
  });
});

describe('languages', () => {
  test('the first one wanted that the page has is taken, and English else', () => {
    expect(bestLanguage(['fr-FR', 'vi-VN', 'en'])).toBe('vi');
    expect(bestLanguage(['de'])).toBe('en');
    expect(bestLanguage(['vi'], 'en')).toBe('en');
    expect(bestLanguage(['vi'], 'tlh')).toBe('vi');
  });

  test('no sentence of one language is left in the other', () => {
    const sentences = (texts: object): string[] =>
      Object.values(texts).flatMap((text: unknown) => {
        if (typeof text === 'string') return text.includes(' ') ? [text] : [];
        if (typeof text === 'function')
          return [String((text as (...figures: string[]) => unknown)('1', '2', '3'))].filter((said) =>
            / \p{L}/u.test(said),
          );
        return sentences(text as object);
      });
    const english = new Set(sentences(en));
    const units = ['1 min', '1 h', '1 s'];
    expect(sentences(vi).filter((text) => english.has(text) && !units.includes(text))).toEqual([]);
  });
});
