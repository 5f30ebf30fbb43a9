import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Tab, launch, open } from './browser';
import { RealPool, program } from './program';

/** What the tracker answers to a client that opens this .torrent file. */
async function announced(torrent: Buffer): Promise<string> {
  const written = torrent.toString('latin1');
  const url = /http:\/\/[^:]+:\d+\/announce\/[\w-]+\/announce/.exec(written)?.[0];
  // The info dictionary is the last of the file.
  const info = torrent.subarray(written.indexOf('4:info') + '4:info'.length, -1);
  const hash = createHash('sha1').update(info).digest('hex').replace(/../g, '%$&');
  const query = `info_hash=${hash}&peer_id=-XX0001-123456789012&port=7&left=1&compact=1`;
  // No `fetch`, which asks as a web page does.
  return new Promise((answer, fail) => get(`${url}?${query}`, (response) => answer(text(response))).on('error', fail));
}

describe.runIf(existsSync(program))('stock clients of a real pool for members', () => {
  let browser: Browser;
  let pool: RealPool;
  let tab: Tab;

  beforeAll(async () => {
    browser = await launch();
    pool = await RealPool.empty();
    const link = await pool.startTrackerOfMembers();
    tab = await open(browser, new URL('.', link).href, { ignoreHTTPSErrors: true });
    const { page } = tab;
    await page.getByText('Invite', { exact: true }).click();
    await page.getByLabel('Link').fill(link);
    await page.getByLabel('Name').fill('mai');
    await page.locator('input[type=password]').fill('correct horse');
    await button(page, 'Sign in').click();
    await page.getByText('The pool is empty.').waitFor();
    // A peer of hers brings the film in.
    await page.goto(`${new URL('.', link).href}?page=members&tab=devices`);
    await button(page, 'Add a device').click();
    await button(page, 'Make the link').click();
    await pool.join((await page.locator('dialog code').textContent()) ?? '', 'mai');
    await writeFile(join(await pool.repository('giver'), 'film.mkv'), Buffer.alloc(3_000_000, 7));
    await pool.startPeer('giver');
    await page.goto(new URL('.', link).href);
    await page.locator('[role=row].row', { hasText: 'film.mkv' }).locator('a').click();
  });
  afterAll(async () => {
    await browser.close();
    await pool.end();
  });

  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

  test('they are let in, announce by a saved .torrent file, and are out when its key is revoked', async () => {
    const { page } = tab;
    await button(page, 'Let them in …').click();
    await page.getByRole('dialog').getByText('not encrypted').waitFor();
    await button(page, 'Let them in').click();
    await page.getByText('may fetch this item').waitFor();

    const saved = page.waitForEvent('download');
    await button(page, 'Save a .torrent file').click();
    const file = await saved;
    expect(file.suggestedFilename()).toBe('film.mkv.torrent');
    const torrent = readFileSync(await file.path());
    await page.getByText('not used since the tracker began').waitFor();
    await expect.poll(() => announced(torrent)).toMatch(/5:peers6:/);
    await page.reload();
    await page.getByText('used just now').waitFor();

    await page.getByRole('button', { name: /^Revoke the key/ }).click();
    await button(page, 'Revoke').click();
    await page.getByText('No key holds.').waitFor();
    expect(await announced(torrent)).toContain('failure reason');

    await button(page, 'Keep them out …').click();
    await button(page, 'Keep them out').click();
    await page.getByText('may not fetch this item').waitFor();
    await page.goto(`${new URL('.', page.url()).href}?page=members&tab=audit`);
    await page.locator('[role=row].row', { hasText: 'ended an announce key' }).getByRole('link').waitFor();
    expect(tab.faults.filter((fault) => !/401|no valid credentials/.test(fault))).toEqual([]);
  });
});
