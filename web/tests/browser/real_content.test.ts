import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Tab, launch, open } from './browser';
import { RealPool, program } from './program';

/** Opens a text of another peer's by its row, and saves it. */
async function readAndSave({ page, faults }: Tab): Promise<void> {
  await page.locator('[role=row].row', { hasText: 'read me.txt' }).locator('a').click();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('dialog').getByText('<b>words</b>').waitFor();
  await page.keyboard.press('Escape');
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save file' }).click();
  expect(await readFile((await (await saved).path()) ?? '', 'utf8')).toBe('<b>words</b>');
  expect(faults).toEqual([]);
}

describe.runIf(existsSync(program))('content of a tracker with a gateway', () => {
  let browser: Browser;
  let pool: RealPool;
  let tab: Tab;

  beforeAll(async () => {
    browser = await launch();
    pool = await RealPool.start({ options: ['--gateway', '64M'] });
    await writeFile(join(await pool.repository('giver'), 'read me.txt'), '<b>words</b>');
    await pool.startPeer('giver');
    tab = await open(browser, `http://${pool.tracker}/`);
  });
  afterAll(async () => {
    await browser.close();
    await pool.end();
  });

  test('a text is shown and saved by a browser without a peer', async () => {
    await readAndSave(tab);
  });
});

describe.runIf(existsSync(program))('content of a real peer', () => {
  let browser: Browser;
  let pool: RealPool;
  let tab: Tab;

  beforeAll(async () => {
    browser = await launch();
    pool = await RealPool.start();
    await writeFile(join(await pool.repository('giver'), 'read me.txt'), '<b>words</b>');
    await pool.startPeer('giver');
    await pool.startPeer('taker');
    tab = await open(browser, await pool.command('taker', 'web', '--no-open'));
  });
  afterAll(async () => {
    await browser.close();
    await pool.end();
  });

  test('a text that another peer has is got and shown by one click', async () => {
    await readAndSave(tab);
  });

  test('a file that is chosen in the page is in the repository byte for byte, and shared', async () => {
    await tab.page.getByRole('link', { name: 'Add' }).click();
    const chooser = tab.page.waitForEvent('filechooser');
    await tab.page.getByRole('button', { name: 'Choose files …' }).click();
    const buffer = Buffer.from(Uint8Array.from({ length: 9_000_001 }, (_, i) => (i * 7) % 251));
    await (await chooser).setFiles([{ name: 'thesis.pdf', mimeType: 'application/pdf', buffer }]);
    await tab.page.getByText('thesis.pdf is here.').waitFor();
    expect((await readFile(join(await pool.repository('taker'), 'thesis.pdf'))).equals(buffer)).toBe(true);
    // A list under the pointer keeps its order.
    await tab.page.mouse.move(5, 5);
    const row = tab.page.locator('[role=row].row', { hasText: 'thesis.pdf' });
    await row.getByText('Shared').waitFor();
    expect(tab.faults).toEqual([]);
  });
});
