import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';

import { hashAt } from '../mock/items';
import { big } from '../mock/pool';
import type { Mock } from '../mock/server';
import { launch, mocked, open } from './browser';

const folder = resolve(import.meta.dirname, '../../../docs/pictures');
/** One of those that the pool is downloading. */
const fetched = big(6_003);

// The pictures of README.md, taken anew by `PICTURES=1 npm run browser pictures`.
describe.runIf(process.env.PICTURES)('the pictures of the README', () => {
  let browser: Browser;
  const mocks = new Map<string, Mock>();

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    browser = await launch();
    for (const face of ['tracker', 'peer'] as const) mocks.set(face, await mocked(face));
  });
  afterAll(async () => {
    await browser.close();
    for (const mock of mocks.values()) await mock.close();
  });

  const pictures = {
    catalogue: ['peer', '?q=lecture', 'light'],
    item: ['peer', `?page=item&item=${hashAt(fetched)}`, 'light'],
    transfers: ['peer', `?page=transfers&item=${hashAt(fetched)}`, 'dark'],
    repository: ['peer', '?page=repository', 'dark'],
  } as const;
  for (const [name, [face, query, colorScheme]] of Object.entries(pictures)) {
    test(name, async () => {
      const viewport = { width: 1120, height: 700 };
      const tab = await open(browser, `${mocks.get(face)?.url}${query}`, { viewport, colorScheme });
      await tab.page.waitForTimeout(1_500);
      await tab.page.screenshot({ path: join(folder, `${name}.png`) });
      await tab.close();
    });
  }
});
