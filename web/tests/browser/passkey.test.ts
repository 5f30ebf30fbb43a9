import { existsSync } from 'node:fs';

import type { Browser, Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';

import { type Tab, launch, open } from './browser';
import { RealPool, program } from './program';

describe.runIf(existsSync(program))('a passkey in a real pool for members', () => {
  let browser: Browser | undefined;
  let pool: RealPool | undefined;
  let tab: Tab | undefined;

  afterEach(async () => {
    await tab?.close();
    await browser?.close();
    await pool?.end();
    [tab, browser, pool] = [undefined, undefined, undefined];
  });

  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

  /** A page of a new pool under this host, with an authenticator; and the link of the first invite. */
  async function begin(host: string) {
    pool = await RealPool.empty();
    const link = (await pool.startTrackerOfMembers()).trim();
    browser = await launch();
    const address = new URL('.', link);
    address.hostname = host;
    // Its certificate is its own.
    tab = await open(browser, 'about:blank', { ignoreHTTPSErrors: true });
    const devtools = await tab.page.context().newCDPSession(tab.page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await tab.page.goto(address.href);
    return { page: tab.page, faults: tab.faults, address: address.href, link, devtools, authenticatorId };
  }

  test('an invite is taken by one, which signs in again without a name, and a second one is added and removed', async () => {
    const { page, faults, address, link, devtools, authenticatorId } = await begin('localhost');
    await page.getByText('Invite', { exact: true }).click();
    await page.getByLabel('Link').fill(link);
    await page.getByLabel('Name').fill('mai');
    await button(page, 'With a passkey').click();
    await page.getByText('The pool is empty.').waitFor();

    await page.goto(`${address}?page=members`);
    await button(page, 'Sign out').click();
    await button(page, 'With a passkey').focus();
    await page.keyboard.press('Enter');
    await page.getByText('You are mai.').waitFor();

    await page.goto(`${address}?page=members&tab=signIns`);
    await page.getByText('localhost ·').waitFor();
    const name = page.getByLabel('Name of the new passkey');
    await name.fill('second');
    await button(page, 'Add a passkey').click();
    await page.getByText('This device has a passkey for you already.').waitFor();
    await devtools.send('WebAuthn.clearCredentials', { authenticatorId });
    await button(page, 'Add a passkey').click();
    await button(page, 'Remove second').waitFor();
    await button(page, 'Remove mai').click();
    await button(page, 'Remove').click();
    await button(page, 'Remove mai').waitFor({ state: 'detached' });

    await button(page, 'Sign out').click();
    await button(page, 'With a passkey').click();
    await page.getByText('You are mai.').waitFor();
    await page.goto(`${address}?page=members&tab=audit`);
    await page.locator('[role=row].row', { hasText: 'removed a passkey' }).waitFor();
    expect(await page.locator('[role=row].row', { hasText: 'added a passkey' }).count()).toBe(2);
    expect(faults.filter((fault) => !/401|no valid credentials/.test(fault))).toEqual([]);
  });

  test('nobody who was not verified gets in, and an address has none and says why', async () => {
    const { page, address, link, devtools, authenticatorId } = await begin('localhost');
    await page.getByText('Invite', { exact: true }).click();
    await page.getByLabel('Link').fill(link);
    await page.getByLabel('Name').fill('mai');
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await button(page, 'With a passkey').click();
    await page.getByText('No passkey was taken.').waitFor();

    const byAddress = new URL(address);
    byAddress.hostname = '127.0.0.1';
    await page.goto(byAddress.href);
    await page.getByText('There are no passkeys here: they belong to a name.').waitFor();
    expect(await button(page, 'With a passkey').count()).toBe(0);
  });
});
