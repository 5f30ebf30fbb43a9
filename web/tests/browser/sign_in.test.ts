import { existsSync } from 'node:fs';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { launch, open } from './browser';
import { RealPool, program } from './program';

describe.runIf(existsSync(program))('a real pool for members', () => {
  let browser: Browser;
  let pool: RealPool;

  beforeAll(async () => {
    browser = await launch();
    pool = await RealPool.empty();
  });
  afterAll(async () => {
    await browser.close();
    await pool.end();
  });

  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const password = (page: Page) => page.locator('input[type=password]');

  test('its first administrator gets in by the link, keeps it, and comes back by the password', async () => {
    const link = (await pool.startTrackerOfMembers()).trim();
    const address = new URL('.', link).href;
    // Its certificate is its own.
    const tab = await open(browser, address, { ignoreHTTPSErrors: true });
    const { page } = tab;
    await page.getByText('Invite', { exact: true }).click();
    await page.getByLabel('Link').fill(link);
    await page.getByLabel('Name').fill('mai');
    await password(page).fill('correct horse');
    await button(page, 'Sign in').click();
    await page.getByText('The pool is empty.').waitFor();

    await page.goto(`${address}?page=members&tab=groups`);
    await page.getByText('You are mai.').waitFor();
    await button(page, 'New group').click();
    await page.getByLabel('Name of the group').fill('maps');
    await button(page, 'Make it').click();
    await page.locator('[role=row].row', { hasText: 'maps' }).waitFor();

    await button(page, 'Sign out').click();
    await page.getByLabel('Name').fill('mai');
    await password(page).fill('wrong horse');
    await button(page, 'Sign in').click();
    await page.getByText('The name or the password is wrong.').waitFor();
    await password(page).fill('correct horse');
    await button(page, 'Sign in').click();
    await page.getByText('You are mai.').waitFor();
    await page.goto(`${address}?page=members&tab=audit`);
    await page.locator('[role=row].row', { hasText: 'made a group' }).waitFor();
    const refused = tab.faults.filter((fault) => !/401|no valid credentials/.test(fault));
    await tab.close();
    expect(refused).toEqual([]);
  });
});
