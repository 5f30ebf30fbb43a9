import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Accounts, SECRET } from './accounts';
import { launch, open } from './browser';
import { freePort } from './nginx';
import { RealPool, program } from './program';

describe.runIf(existsSync(program))('a real provider of accounts', () => {
  let browser: Browser;
  let pool: RealPool;
  let accounts: Accounts;
  let tracker: string;
  let link: string;

  beforeAll(async () => {
    browser = await launch();
    const listen = `127.0.0.1:${await freePort()}`;
    pool = await RealPool.empty({ listen });
    tracker = `https://${listen}`;
    accounts = await Accounts.start(pool.folder, tracker);
    const secret = join(pool.folder, 'secret');
    await writeFile(secret, SECRET);
    // The authority of the provider is trusted by this tracker alone.
    pool.variables = { SSL_CERT_FILE: accounts.authority };
    const provider = ['--oidc-issuer', accounts.issuer, '--oidc-client-id', 'peerpool', '--oidc-name', 'Example'];
    link = (await pool.startTrackerOfMembers(...provider, '--oidc-client-secret-file', secret)).trim();
  });
  afterAll(async () => {
    await browser.close();
    await pool.end();
    await accounts.end();
  });

  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

  /** Says at the provider who one is, and lets the tracker know. */
  async function signInThere(page: Page, account: string): Promise<void> {
    await page.waitForURL(`${accounts.issuer}/**`);
    await page.locator('input[name=login]').fill(account);
    await page.locator('input[name=password]').fill('anything');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${tracker}/**`);
  }

  test('it lets somebody in by an invite, and again; an account is linked and removed', async () => {
    // Neither the tracker's certificate nor the provider's is known to the browser.
    const tab = await open(browser, tracker, { ignoreHTTPSErrors: true });
    const { page } = tab;
    await page.getByText('Invite', { exact: true }).click();
    await page.getByLabel('Link').fill(link);
    await page.getByLabel('Name').fill('mai');
    await button(page, 'With Example').click();
    await signInThere(page, 'mai-there');
    await page.getByText('The pool is empty.').waitFor();
    expect(new URL(page.url()).search).toBe('');
    expect(new URL(page.url()).pathname).toBe('/');

    // Out and in again by the same account, which the provider still knows.
    await page.goto(`${tracker}/?page=members`);
    await page.getByText('You are mai.').waitFor();
    await button(page, 'Sign out').click();
    await button(page, 'With Example').click();
    await page.getByText('The pool is empty.').waitFor();

    // The last way in stays; with a password beside it, the account goes, and is linked again.
    await page.goto(`${tracker}/?page=members&tab=signIns`);
    await page.getByText('mai-there@example.org').first().waitFor();
    await page.getByLabel('New password').fill('correct horse');
    await button(page, 'Set the password').click();
    await page.getByText('You can sign in with a password.').waitFor();
    await button(page, 'Remove mai-there@example.org').click();
    await button(page, 'Remove').click();
    await page.getByText('No account elsewhere lets you in.').waitFor();
    await button(page, 'Link your account at Example').click();
    await page.getByText('mai-there@example.org').first().waitFor();
    await tab.close();
    // The provider's own pages want a font and an icon; and who has just signed out may still try to follow the pool.
    const expected = ['Failed to load resource', "/live' failed: HTTP Authentication failed"];
    expect(tab.faults.filter((fault) => !expected.some((text) => fault.includes(text)))).toEqual([]);
  });

  test('who has an account and no invite is told how to get one', async () => {
    const tab = await open(browser, tracker, { ignoreHTTPSErrors: true });
    await button(tab.page, 'With Example').click();
    await signInThere(tab.page, 'stranger');
    await tab.page.getByText('this account belongs to no member', { exact: false }).waitFor();
    await tab.close();
  });
});
