import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { hashAt, itemAt } from '../mock/items';
import { MockMembers } from '../mock/members';
import { Pool, download } from '../mock/pool';
import type { Mock } from '../mock/server';
import { launch, mocked, open } from './browser';

const folder = resolve(process.env.SCREENSHOTS ?? resolve(import.meta.dirname, '../../../target/screenshots'));
const sizes = { desk: [1280, 800], tablet: [820, 1180], phone: [360, 740] } as const;
const themes = ['light', 'dark'] as const;

// A folder with other versions of its name, so that its page has everything that there is to show.
const shown = Array.from({ length: 4_000 }, (_, i) => i * 41).find((i) => i > 300 && itemAt(i).kind === 'folder') ?? 0;

// A file, which stock clients may fetch in a members' pool.
const STOCK = 320;

/** Each with its face, its address, and the heading to which it is scrolled. */
const pages: Record<string, ['tracker' | 'peer', string, string?]> = {
  'tracker-catalogue': ['tracker', '?'],
  'tracker-nothing': ['tracker', '?q=xyzzy'],
  'tracker-item': ['tracker', `?page=item&item=${hashAt(shown)}`],
  'tracker-gone': ['tracker', `?page=item&item=${'0'.repeat(64)}`],
  'tracker-peers': ['tracker', '?page=peers'],
  'tracker-members': ['tracker', '?page=members'],
  'tracker-health': ['tracker', '?page=health'],
  'tracker-settings': ['tracker', '?page=settings'],
  'peer-catalogue': ['peer', '?'],
  'peer-item': ['peer', `?page=item&item=${hashAt(shown)}`],
  'peer-transfers': ['peer', '?page=transfers'],
  'peer-download': ['peer', `?page=transfers&item=${download(3, 'fetching').hash}`],
  'peer-waiting': ['peer', `?page=transfers&item=${download(2_003, 'waiting').hash}`],
  'peer-history': ['peer', '?page=transfers&tab=history'],
  'peer-repository': ['peer', '?page=repository'],
  'peer-peers': ['peer', '?page=peers'],
  'peer-health': ['peer', '?page=health'],
  'peer-settings': ['peer', '?page=settings'],
  'peer-add': ['peer', '?page=add'],
  'members-people': ['tracker', '?page=members'],
  'members-devices': ['tracker', '?page=members&tab=devices'],
  'members-groups': ['tracker', '?page=members&tab=groups'],
  'members-invites': ['tracker', '?page=members&tab=invites'],
  'members-log': ['tracker', '?page=members&tab=audit'],
  'members-transfers': ['tracker', '?page=members&tab=transfers'],
  'members-access': ['tracker', `?page=item&item=${hashAt(shown)}`, 'Access'],
  'members-stock': ['tracker', `?page=item&item=${hashAt(STOCK)}`, 'Stock clients'],
  'members-signins': ['tracker', '?page=members&tab=signIns'],
  'closed-signin': ['tracker', '?'],
  'empty-tracker': ['tracker', '?'],
  'empty-peer': ['peer', '?'],
  'empty-transfers': ['peer', '?page=transfers'],
  'empty-repository': ['peer', '?page=repository'],
};

describe('every page in both themes and three sizes', () => {
  let browser: Browser;
  const mocks = new Map<string, Mock>();

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    browser = await launch();
    for (const face of ['tracker', 'peer'] as const) {
      mocks.set(face, await mocked(face));
      mocks.set(`empty ${face}`, await mocked(face, new Pool(0)));
    }
    const pool = new Pool();
    pool.members = new MockMembers();
    const { stock } = pool.members;
    stock.items.push(hashAt(STOCK));
    stock.add(hashAt(STOCK), 'mai', 1_795_000_000);
    stock.add(hashAt(STOCK), 'visitor of the reading room');
    mocks.set('members tracker', await mocked('tracker', pool));
    const closed = new Pool(0);
    closed.members = new MockMembers();
    closed.members.password = 'correct horse';
    mocks.set('closed tracker', await mocked('tracker', closed));
  });

  afterAll(async () => {
    await browser.close();
    for (const mock of mocks.values()) await mock.close();
  });

  const wanted = process.env.ONLY ? new RegExp(process.env.ONLY) : /./;
  for (const [name, [face, query, heading]] of Object.entries(pages).filter(([page]) => wanted.test(page))) {
    test(`${name} fits and has no fault`, async () => {
      const [kind] = name.split('-');
      const mock = mocks.get(`${kind} ${face}`) ?? mocks.get(face);
      const widths: number[] = [];
      for (const theme of themes) {
        for (const [size, [width, height]] of Object.entries(sizes)) {
          const touch = size === 'phone';
          const options = {
            viewport: { width, height },
            colorScheme: theme,
            hasTouch: touch,
            isMobile: touch,
          } as const;
          const tab = await open(browser, `${mock?.url}${query}`, options);
          await tab.page.waitForSelector('h1, .empty, section h2');
          await tab.page.waitForTimeout(400);
          if (heading) await tab.page.getByRole('heading', { name: heading }).evaluate((it) => it.scrollIntoView());
          await tab.page.screenshot({ path: `${folder}/${name}-${theme}-${size}.png` });
          widths.push(await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth));
          const faults = tab.faults.filter((fault) => !/40[14]/.test(fault));
          await tab.close();
          expect(faults).toEqual([]);
        }
      }
      expect(Math.max(...widths)).toBe(0);
    });
  }
});
