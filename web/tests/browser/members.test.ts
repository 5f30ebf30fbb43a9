import { readFileSync } from 'node:fs';

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { hashAt } from '../mock/items';
import { MockMembers } from '../mock/members';
import { Pool } from '../mock/pool';
import type { Mock } from '../mock/server';
import { type Tab, launch, mocked, open } from './browser';

describe('the page of a members’ pool', () => {
  let browser: Browser;
  let mock: Mock;
  let tab: Tab;
  const pool = new Pool();

  beforeAll(async () => {
    browser = await launch();
    mock = await mocked('tracker', pool);
  });
  afterAll(async () => {
    await browser.close();
    await mock.close();
  });
  beforeEach(() => {
    pool.members = new MockMembers();
  });
  afterEach(() => tab.close());

  const row = (page: Page, text: string) => page.locator('[role=row].row', { hasText: text });
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  async function show(query: string): Promise<Page> {
    tab = await open(browser, `${mock.url}?page=members${query}`);
    return tab.page;
  }

  test('an open pool says that it is open, and nobody is asked who looks', async () => {
    pool.members = undefined;
    tab = await open(browser, 'about:blank');
    const asked: string[] = [];
    tab.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await tab.page.goto(`${mock.url}?page=members`);
    await tab.page.getByText('Everybody who reaches the tracker is a member.').waitFor();
    await tab.page.goto(`${mock.url}?page=item&item=${hashAt(3)}`);
    await tab.page.getByRole('heading', { name: 'Details' }).waitFor();
    expect(asked).not.toContain('/api/v1/me');
    expect(tab.faults).toEqual([]);
  });

  test('who is no administrator sees members and devices, and changes nobody', async () => {
    if (pool.members) pool.members.me = { ...pool.members.me, name: 'Søren', role: 'member' };
    const page = await show('&tab=invites');
    await row(page, 'mai').waitFor();
    expect(await page.getByRole('radio', { name: 'Invites' }).count()).toBe(0);
    await row(page, 'mai').dblclick();
    expect(await page.locator('dialog').count()).toBe(0);
    expect(await button(page, 'Invite').count()).toBe(0);
  });

  test('an invite is a link and its picture', async () => {
    const page = await show('');
    await button(page, 'Invite').click();
    const dialog = page.locator('dialog');
    await dialog.getByLabel('Role').selectOption('reader');
    await dialog.getByLabel('film').check();
    await dialog.getByLabel('How often').fill('3');
    await button(page, 'Make the link').click();
    await page.getByText('/join#1.').waitFor();
    await page.getByRole('img', { name: 'The link as a QR code' }).waitFor();
    expect(pool.members?.invites.at(-1)).toMatchObject({ role: 'reader', groups: ['film'], uses: 3 });
    expect(tab.faults).toEqual([]);
  });

  test('the keyboard alone suspends a member, and those who did not confirm it are named', async () => {
    const page = await show('');
    await row(page, 'Søren').waitFor();
    await page.getByRole('grid').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.locator('dialog').getByLabel('Name').waitFor();
    await button(page, 'Suspend').press('Enter');
    await page.getByText('2 connected peers have confirmed it.').waitFor();
    await page.getByText('desk-003').waitFor();
    await row(page, 'visitor').getByText('Suspended').waitFor();
  });

  test('a double tap opens a member, and presses nothing of what comes up below the finger', async () => {
    const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    tab = await open(browser, `${mock.url}?page=members`, phone);
    const { page } = tab;
    await row(page, 'Søren').dblclick();
    await page.getByRole('dialog').getByLabel('Name').waitFor();
    expect(pool.members?.members[1]?.state).toBe('active');
    await button(page, 'Suspend').click();
    await row(page, 'Søren').getByText('Suspended').waitFor();
  });

  test('where no peer is concerned, none is said to have confirmed it', async () => {
    if (pool.members) pool.members.connected = [];
    const page = await show('&tab=devices&q=mai%20laptop');
    await row(page, 'mai').dblclick();
    await button(page, 'Revoke').click();
    await page.getByText('Done.').waitFor();
    expect(await page.getByText('confirmed').count()).toBe(0);
  });

  test('an empty pool says first how a machine becomes a device', async () => {
    const empty = new Pool(0);
    empty.members = new MockMembers();
    const other = await mocked('tracker', empty);
    tab = await open(browser, other.url);
    const { page } = tab;
    await page.getByText('peerpool join', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Make a machine a device of yours' }).click();
    await button(page, 'Add a device').waitFor();
    expect(tab.faults).toEqual([]);
    await tab.page.close();
    await other.close();
  });

  test('a member is removed only by a second button', async () => {
    const page = await show('');
    await row(page, 'Søren').dblclick();
    await button(page, 'Remove …').click();
    expect(pool.members?.members[1]?.state).toBe('active');
    await button(page, 'Remove for good').click();
    await row(page, 'Søren').getByText('Removed').waitFor();
    await row(page, 'Søren').dblclick();
    expect(await page.locator('dialog').count()).toBe(0);
  });

  test('a device is revoked', async () => {
    const page = await show('&tab=devices&q=mai%20laptop');
    await row(page, 'mai').dblclick();
    await button(page, 'Revoke').click();
    await row(page, 'mai').getByText('Revoked').waitFor();
  });

  test('a group is made, and a member is in it until a day', async () => {
    const page = await show('&tab=groups');
    await button(page, 'New group').click();
    await page.getByLabel('Name of the group').fill('maps');
    await button(page, 'Make it').click();
    await row(page, 'maps').dblclick();
    const dialog = page.locator('dialog');
    await dialog.getByLabel('Member').selectOption('mai');
    await dialog.getByLabel('Until').fill('2030-01-31');
    await button(page, 'Put in').click();
    await dialog.getByText('until Jan 31, 2030').waitFor();
    await button(page, 'Take mai out').click();
    await page.getByText('Nobody is in it.').waitFor();
  });

  test('an invite is withdrawn', async () => {
    const page = await show('&tab=invites');
    await row(page, 'device of mai').dblclick();
    await button(page, 'Withdraw').click();
    await row(page, 'device of mai').waitFor({ state: 'detached' });
  });

  test('the log is filtered and saved as it is shown, without formulas', async () => {
    const page = await show('&tab=audit');
    await row(page, 'made a group').waitFor();
    await page.getByRole('searchbox').fill('made hyperlink');
    await row(page, 'gave another role').waitFor({ state: 'detached' });
    const saved = page.waitForEvent('download');
    await button(page, 'Save as CSV').click();
    const text = readFileSync(await (await saved).path(), 'utf8');
    expect(text.trim().split('\r\n')).toEqual([
      'Time,Who,What,On what,Details',
      `${new Date((pool.members?.audit[0]?.at ?? 0) * 1000).toISOString()},mai,group_added,"'=HYPERLINK(""film"")",`,
    ]);
    expect(tab.faults).toEqual([]);
  });

  test('what was done to an item leads from the log to it', async () => {
    pool.members?.stock.items.push(hashAt(3));
    tab = await open(browser, `${mock.url}?page=item&item=${hashAt(3)}`);
    const { page } = tab;
    await button(page, 'Keep them out …').click();
    await button(page, 'Keep them out').click();
    await page.getByText('may not fetch this item').waitFor();
    await page.goto(`${mock.url}?page=members&tab=audit`);
    await row(page, 'kept stock clients out of').getByRole('link').click();
    await page.getByRole('heading', { name: 'Details' }).waitFor();
    expect(tab.faults).toEqual([]);
  });

  test('who fetched what from whom is told as both sides tell it, and stock clients are marked', async () => {
    const page = await show('&tab=transfers');
    await row(page, 'Søren').getByText('700 MiB').waitFor();
    await row(page, 'Søren').getByText('668 MiB').waitFor();
    const stock = row(page, 'visitor of the reading room');
    await stock.getByText('stock client', { exact: true }).waitFor();
    await stock.getByText('–', { exact: true }).waitFor();
    expect(await row(page, 'dddddddd').getByRole('link').count()).toBe(0);
    await page.getByRole('searchbox').fill('stock client');
    await row(page, 'dddddddd').waitFor({ state: 'detached' });
    await page.getByRole('grid').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Details' }).waitFor();
    expect(page.url()).toContain(hashAt(321));
    expect(tab.faults).toEqual([]);
  });

  test('transfers are saved as they are shown, without formulas, and earlier ones come when wanted', async () => {
    const [first] = pool.members?.transfers ?? [];
    if (!first || !pool.members) throw new Error('the mock has none');
    const { last } = first;
    pool.members.transfers = Array.from({ length: 501 }, (_, i) => ({ ...first, seq: 501 - i, last: last - i }));
    Object.assign(pool.members.transfers[500] ?? {}, { taker: '=1+1', name: 'the first, "of all"', taken: undefined });
    const page = await show('&tab=transfers&q=of%20all');
    await page.getByText('Nothing matches.').waitFor();
    expect(await button(page, 'Save as CSV').isDisabled()).toBe(true);
    await button(page, 'Show earlier ones').press('Enter');
    await row(page, 'the first').waitFor();
    expect(await button(page, 'Show earlier ones').count()).toBe(0);
    const saved = page.waitForEvent('download');
    await button(page, 'Save as CSV').press('Enter');
    const text = readFileSync(await (await saved).path(), 'utf8');
    const at = new Date((last - 500) * 1000).toISOString();
    expect(text.trim().split('\r\n')).toEqual([
      'Time,Who fetched,Item,Hash,From whom,Given,Taken,Announce key',
      `${at},'=1+1,"the first, ""of all""",${first.item},mai,${first.given},,`,
    ]);
    expect(tab.faults).toEqual([]);
  });

  test('transfers are told on a phone and in Vietnamese, too, and so is that there are none', async () => {
    const phone = { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true, locale: 'vi-VN' };
    tab = await open(browser, `${mock.url}?page=members&tab=transfers`, phone);
    const { page } = tab;
    await row(page, 'Søren từ mai').getByText('Đã nhận').waitFor();
    await row(page, 'visitor').getByText('chương trình khác').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    if (pool.members) pool.members.transfers = [];
    await page.reload();
    await page.getByText('Chưa có gì được tải.').waitFor();
    expect(tab.faults).toEqual([]);
  });

  test('who may get an item is said with its reason', async () => {
    tab = await open(browser, `${mock.url}?page=item&item=${hashAt(3)}`);
    const { page } = tab;
    await page.getByText('This item has no rule of its own.').waitFor();
    await page.getByLabel('To whom').selectOption('group:film');
    await page.getByLabel('Right').selectOption('get');
    await button(page, 'Allow').click();
    await button(page, 'Take “Get” from group film').waitFor();
    await page.getByLabel('Member', { exact: true }).selectOption('Søren');
    await button(page, 'Ask').click();
    await page.getByText('by the rules of this item: group film').first().waitFor();
    await button(page, 'Take “Get” from group film').click();
    await page.getByText('This item has no rule of its own.').waitFor();
    expect(tab.faults).toEqual([]);
  });

  test('stock clients are let in by a second button, which says that it is weaker', async () => {
    tab = await open(browser, `${mock.url}?page=item&item=${hashAt(3)}`);
    const { page } = tab;
    await button(page, 'Let them in …').click();
    await page.getByRole('dialog').getByText('not encrypted').waitFor();
    expect(pool.members?.stock.items).toEqual([]);
    await button(page, 'Let them in').click();
    await page.getByText('may fetch this item').waitFor();
    await page.getByText('No key holds.').waitFor();
    expect(pool.members?.stock.items).toEqual([hashAt(3)]);
    await button(page, 'Keep them out …').click();
    await button(page, 'Keep them out').click();
    await page.getByText('may not fetch this item').waitFor();
    expect(tab.faults).toEqual([]);
  });

  test('the keyboard alone saves a .torrent file with a key, and revokes the key', async () => {
    pool.members?.stock.items.push(hashAt(3));
    tab = await open(browser, `${mock.url}?page=item&item=${hashAt(3)}`);
    const { page } = tab;
    const saved = page.waitForEvent('download');
    await button(page, 'Save a .torrent file').press('Enter');
    const file = await saved;
    expect(file.suggestedFilename()).toMatch(/\.torrent$/);
    expect(readFileSync(await file.path(), 'latin1')).toContain('/announce/');
    await page.getByText('not used since the tracker began').waitFor();
    const revoke = page.getByRole('button', { name: /^Revoke the key .* of mai$/ });
    await revoke.press('Enter');
    await page.getByRole('dialog').getByText('within five seconds').waitFor();
    await button(page, 'Revoke').press('Enter');
    await revoke.waitFor({ state: 'detached' });
    await page.getByText('No key holds.').waitFor();
    expect(tab.faults).toEqual([]);
  });

  test('who decides nothing sees its own keys alone, and nothing of an item that is for members', async () => {
    if (pool.members) pool.members.me = { ...pool.members.me, name: 'Søren', role: 'member' };
    const stock = pool.members?.stock;
    stock?.items.push(hashAt(3));
    stock?.add(hashAt(3), 'mai');
    stock?.add(hashAt(3), 'Søren');
    if (stock) stock.decides = false;
    tab = await open(browser, `${mock.url}?page=item&item=${hashAt(3)}`);
    const { page } = tab;
    await page.getByRole('button', { name: /of Søren$/ }).waitFor();
    expect(await page.getByRole('button', { name: /^Revoke the key/ }).count()).toBe(1);
    expect(await button(page, 'Keep them out …').count()).toBe(0);
    await page.goto(`${mock.url}?page=item&item=${hashAt(4)}`);
    await page.getByRole('heading', { name: 'Access' }).waitFor();
    expect(await page.getByRole('heading', { name: 'Stock clients' }).count()).toBe(0);
  });

  test('an item of v2 alone stays for members, and what the tracker refuses is told', async () => {
    tab = await open(browser, `${mock.url}?page=item&item=${hashAt(5)}`);
    const { page } = tab;
    await page.getByText('it stays for members').waitFor();
    expect(await button(page, 'Let them in …').count()).toBe(0);
    pool.members?.stock.items.push(hashAt(3));
    if (pool.members) pool.members.stock.mayGet = false;
    await page.goto(`${mock.url}?page=item&item=${hashAt(3)}`);
    await button(page, 'Save a .torrent file').click();
    await page.getByText('you may not get this item: a rule has to let you').waitFor();
    expect(await page.getByRole('button', { name: /^Revoke the key/ }).count()).toBe(0);
  });

  test('it speaks Vietnamese, too', async () => {
    tab = await open(browser, `${mock.url}?page=members`, { locale: 'vi-VN' });
    await tab.page.getByText('Bạn là mai.').waitFor();
    await row(tab.page, 'Quản trị').waitFor();
  });

  test('who has not signed in is shown nothing else, and a password opens the pool', async () => {
    const members = new MockMembers();
    members.password = 'correct horse';
    pool.members = members;
    tab = await open(browser, mock.url);
    const { page } = tab;
    await page.getByLabel('Name').fill('mai');
    await page.getByLabel('Password', { exact: true }).last().fill('wrong horse');
    await button(page, 'Sign in').click();
    await page.getByText('The name or the password is wrong.').waitFor();
    expect(await page.getByRole('grid').count()).toBe(0);
    await page.getByLabel('Password', { exact: true }).last().fill('correct horse');
    await button(page, 'Sign in').click();
    await page.getByRole('grid').waitFor();
    await page.goto(`${mock.url}?page=members`);
    await button(page, 'Sign out').click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  test('an invite is traded for a password', async () => {
    const members = new MockMembers();
    members.password = 'correct horse';
    pool.members = members;
    tab = await open(browser, mock.url);
    const { page } = tab;
    await page.getByText('Invite', { exact: true }).click();
    await page.getByLabel('Link').fill(`https://192.0.2.7:6969/join#1.${'R'.repeat(43)}.${'C'.repeat(22)}`);
    await page.getByLabel('Name').fill('new one');
    await page.getByLabel('Password', { exact: true }).last().fill('battery staple');
    await button(page, 'Sign in').click();
    await page.getByRole('grid').waitFor();
    await page.goto(`${mock.url}?page=members`);
    await page.getByText('You are new one.').waitFor();
  });
});
