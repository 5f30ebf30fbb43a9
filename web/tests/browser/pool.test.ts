import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Tab, launch, open } from './browser';
import { NGINX, Nginx } from './nginx';
import { RealPool, program } from './program';

const HOSTILE = '<img src=x onerror=alert(1)>\u202Egpj.exe';

describe.runIf(existsSync(program))('a real pool', () => {
  let browser: Browser;
  let pool: RealPool;
  const tabs: Tab[] = [];

  beforeAll(async () => {
    browser = await launch();
    pool = await RealPool.start();
    const shared = await pool.repository('giver');
    await writeFile(join(shared, 'film.mkv'), Buffer.alloc(3_000_000, 7));
    await writeFile(join(shared, HOSTILE), 'bait');
    await writeFile(join(shared, 'Bài giảng.pdf'), 'lecture');
    await pool.startPeer('giver');
  });
  afterAll(async () => {
    await browser.close();
    await pool.end();
  });

  async function tab(url: string): Promise<Tab> {
    const opened = await open(browser, url);
    tabs.push(opened);
    return opened;
  }

  const row = ({ page }: Tab, name: string) => page.locator('[role=row].row', { hasText: name });
  const asTracker = () => tab(`http://${pool.tracker}/`);
  const asPeer = async (name: string) => tab(await pool.command(name, 'web', '--no-open'));

  test('a tracker’s page shows what its peers share, and finds it as it is typed', async () => {
    const one = await asTracker();
    await row(one, 'film.mkv').waitFor();
    await row(one, 'gpj.exe').waitFor();
    expect(await one.page.locator('img[src=x]').count()).toBe(0);
    await one.page.getByRole('searchbox').fill('bai giang');
    await row(one, 'film.mkv').waitFor({ state: 'detached' });
    await row(one, 'Bài giảng.pdf').waitFor();
    await row(one, 'Bài giảng.pdf').locator('a').click();
    await one.page.getByRole('heading', { name: 'Bài giảng.pdf', level: 1 }).waitFor();
    expect(one.faults).toEqual([]);
  });

  test('an item is got in a browser, and is in the repository afterwards', async () => {
    await pool.startPeer('taker');
    const one = await asPeer('taker');
    await row(one, 'film.mkv').hover();
    await row(one, 'film.mkv').getByRole('button', { name: 'Get' }).click();
    await one.page.getByText('film.mkv is on its way.').waitFor();
    await one.page.goto(`${new URL('.', one.page.url()).href}?page=transfers`);
    await row(one, 'film.mkv').getByText('Complete').waitFor();
    const got = await readFile(join(await pool.repository('taker'), 'film.mkv'));
    expect(got.equals(Buffer.alloc(3_000_000, 7))).toBe(true);
    expect(one.faults).toEqual([]);
  });

  test('a link lets one browser in, once', async () => {
    const link = await pool.command('giver', 'web', '--no-open');
    const first = await tab(link);
    await row(first, 'film.mkv').waitFor();
    const second = await tab(link);
    await second.page.getByText('This page has no key.').waitFor();
    await second.close();
  });

  test('a tracker that is killed is missed, and found again by itself', async () => {
    const one = await asTracker();
    await row(one, 'film.mkv').waitFor();
    await pool.kill('tracker');
    await one.page.getByText('does not answer').waitFor();
    await pool.startTracker();
    await one.page.getByText('does not answer').waitFor({ state: 'detached' });
    await row(one, 'film.mkv').waitFor();
  });

  test('the keyboard alone gets an item', async () => {
    await pool.startPeer('typist');
    const one = await asPeer('typist');
    await row(one, 'film.mkv').waitFor();
    await one.page.keyboard.press('/');
    await one.page.keyboard.type('film');
    await row(one, 'gpj.exe').waitFor({ state: 'detached' });
    await one.page.keyboard.press('ArrowDown');
    await one.page.keyboard.press('d');
    await one.page.getByText('film.mkv is on its way.').waitFor();
    await one.page.keyboard.press('g');
    await one.page.keyboard.press('t');
    await row(one, 'film.mkv').getByText('Complete').waitFor();
    expect(one.faults).toEqual([]);
  });

  test('eight tabs follow the pool at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, asTracker));
    for (const one of all) await row(one, 'film.mkv').waitFor();
    await writeFile(join(await pool.repository('giver'), 'new.txt'), 'news');
    for (const one of all) await one.page.getByRole('button', { name: /^1 change/ }).waitFor();
    for (const one of all) {
      expect(one.faults).toEqual([]);
      await one.close();
    }
  });

  test.runIf(existsSync(NGINX))('below a path of nginx both the page and what it follows come through', async () => {
    const nginx = await Nginx.before(pool);
    try {
      const one = await tab(nginx.url);
      await row(one, 'film.mkv').locator('a').click();
      await one.page.getByRole('heading', { name: 'film.mkv', level: 1 }).waitFor();
      expect(new URL(one.page.url()).pathname).toBe('/pool/');
      expect(one.faults).toEqual([]);
    } finally {
      await nginx.end();
    }
  });
});
