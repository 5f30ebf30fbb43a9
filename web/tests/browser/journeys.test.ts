import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { ITEMS, nameAt } from '../mock/items';
import { type Mock, serve } from '../mock/server';
import { type Tab, dist, launch, mocked, open } from './browser';

let browser: Browser;
let mock: Mock;
let tab: Tab;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
afterEach(async () => {
  expect(tab.faults).toEqual([]);
  await tab.close();
  await mock.close();
});

const row = (index: number) => tab.page.locator(`[role=row][aria-rowindex="${index + 2}"]`);
const heading = (text: string) => tab.page.getByRole('heading', { name: text, level: 1 });

describe('on a tracker’s page', () => {
  beforeEach(async () => {
    mock = await mocked('tracker');
    tab = await open(browser, mock.url);
    await row(8).waitFor();
  });

  test('what is typed is searched, without accents, and the address keeps it', async () => {
    await tab.page.getByRole('searchbox').pressSequentially('bai coral');
    await tab.page.waitForFunction(() => document.querySelector('[role=row].row')?.textContent?.includes('coral'));
    expect(await row(0).textContent()).toMatch(/coral/);
    expect(tab.page.url()).toContain('q=bai+coral');
    await tab.page.reload();
    expect(await tab.page.getByRole('searchbox').inputValue()).toBe('bai coral');
  });

  test('the keyboard alone finds an item, opens it and comes back', async () => {
    await tab.page.keyboard.press('/');
    await tab.page.keyboard.type('castle cobalt 1977');
    await tab.page.waitForURL(/q=castle/);
    await tab.page.waitForFunction(() =>
      document.querySelector('[role=row].row')?.textContent?.includes('Castle cobalt 1977'),
    );
    await tab.page.keyboard.press('ArrowDown');
    await tab.page.keyboard.press('Enter');
    await heading('Castle cobalt 1977').waitFor();
    await tab.page.goBack();
    await row(0).waitFor();
    await tab.page.locator('[role=grid]').focus();
    await tab.page.keyboard.press('g');
    await tab.page.keyboard.press('p');
    await heading('Peers').waitFor();
  });

  test('the last of a million rows is one key away', async () => {
    await tab.page.locator('[role=grid]').focus();
    await tab.page.keyboard.press('End');
    await row(ITEMS - 1)
      .getByText(nameAt(ITEMS - 1))
      .waitFor();
    await tab.page.keyboard.press('Home');
    await row(0).waitFor();
  });

  test('a wheel moves a million rows by as many px as it turns', async () => {
    await tab.page.locator('[role=grid]').hover();
    await tab.page.mouse.wheel(0, 320);
    await row(15).waitFor();
    await tab.page.waitForFunction(
      () => document.querySelector('[role=row].row')?.getAttribute('aria-rowindex') === '12',
    );
  });

  test('rows stay in their order while they change, and take a new one when asked to', async () => {
    mock.feed.changes = 4_000;
    const before = await tab.page.locator('[role=row] .name').allTextContents();
    const pill = tab.page.locator('[data-resort]');
    await pill.waitFor();
    const holders = () => tab.page.locator('[role=row].row [aria-colindex="4"]').allTextContents();
    const first = (await holders()).join();
    await expect.poll(async () => (await holders()).join()).not.toBe(first);
    expect(await tab.page.locator('[role=row] .name').allTextContents()).toEqual(before);
    mock.feed.changes = 0;
    await pill.click();
    await pill.waitFor({ state: 'detached' });
  });

  test('a name can neither run nor turn what is around it', async () => {
    expect(await row(0).locator('bdi').textContent()).toBe('<img src=x onerror=alert(1)>.mkv');
    expect(await row(1).locator('bdi').textContent()).toBe('holidayU+202Egpj.exe');
    expect(await tab.page.locator('img[src=x]').count()).toBe(0);
  });

  test('a server that goes away is told of, and comes back by itself', async () => {
    const port = Number(new URL(mock.url).port);
    await mock.close();
    await tab.page.getByText('does not answer').waitFor({ timeout: 20_000 });
    expect(await row(8).count()).toBe(1);
    mock = await serve(dist, 'tracker', mock.feed.pool, { port });
    await tab.page.getByText('does not answer').waitFor({ state: 'detached', timeout: 20_000 });
    tab.faults = tab.faults.filter((fault) => !fault.includes('ERR_CONNECTION'));
  });

  test('the language stays chosen, and the document says which it is', async () => {
    await tab.page.goto(`${mock.url}?page=settings`);
    await tab.page.getByText('Tiếng Việt').click();
    await heading('Cài đặt').waitFor();
    await tab.page.reload();
    await heading('Cài đặt').waitFor();
    expect(await tab.page.locator('html').getAttribute('lang')).toBe('vi');
  });
});

describe('behind a proxy', () => {
  test('below a path, and without WebSockets, the page shows and follows the pool', async () => {
    mock = await serve(dist, 'tracker', undefined, { under: '/pool/', webSockets: false });
    tab = await open(browser, mock.url);
    await row(8).waitFor();
    await tab.page.getByRole('searchbox').fill('castle cobalt 1977');
    await row(0).getByText('Castle cobalt 1977').click();
    await heading('Castle cobalt 1977').waitFor();
    expect(new URL(tab.page.url()).pathname).toBe('/pool/');
    tab.faults = tab.faults.filter((fault) => !fault.includes('WebSocket'));
  });
});

describe('on a peer’s page', () => {
  beforeEach(async () => {
    mock = await mocked('peer');
    tab = await open(browser, mock.url);
    await row(8).waitFor();
  });

  test('a range that was drawn with Shift is got at once', async () => {
    await row(8).click();
    await row(12).click({ modifiers: ['Shift'] });
    await tab.page.getByText('5 selected').waitFor();
    const before = mock.feed.pool.downloads.length;
    await tab.page.getByRole('toolbar').getByRole('button', { name: 'Get', exact: true }).click();
    await tab.page.getByText('5 downloads are on their way.').waitFor();
    expect(mock.feed.pool.downloads.length).toBe(before + 5);
  });

  test('a download is paused, resumed and removed', async () => {
    await tab.page.goto(`${mock.url}?page=transfers&state=fetching`);
    await row(0).locator('a').click();
    const detail = tab.page.getByRole('region', { name: 'Details of the download' });
    await detail.getByRole('button', { name: 'Pause' }).click();
    await detail.getByText('Paused', { exact: true }).waitFor();
    await detail.getByRole('button', { name: 'Resume' }).click();
    await detail.getByText('Fetching', { exact: true }).waitFor();
    const before = mock.feed.pool.downloads.length;
    await detail.getByRole('button', { name: 'Remove' }).click();
    await tab.page.getByRole('button', { name: 'Remove, keep the data' }).click();
    await tab.page.getByText('not in the list any more').waitFor();
    expect(mock.feed.pool.downloads.length).toBe(before - 1);
  });

  test('chosen folders and files of an item are got, and no others', async () => {
    await tab.page.getByRole('searchbox').fill('atlas');
    await tab.page.getByText('Folders').click();
    await tab.page.waitForURL(/kind=folder/);
    await tab.page.waitForFunction(() => document.querySelector('[role=row].row')?.textContent?.includes('Atlas'));
    await row(0).locator('a').click();
    await tab.page.getByLabel('Choose plates').check();
    const asked = tab.page.waitForRequest((request) => request.method() === 'POST');
    await tab.page.getByRole('button', { name: 'Get 1 chosen' }).click();
    expect((await asked).postDataJSON()).toMatchObject({ files: ['plates'] });
    await tab.page.getByText('is on its way').waitFor();
  });

  test('a secret in the address is traded for a key and leaves the address', async () => {
    await tab.page.goto(`${mock.url}#t=once`);
    await tab.page.reload();
    await tab.page.waitForFunction(() => localStorage.getItem('peerpool.key') !== null);
    expect(new URL(tab.page.url()).hash).toBe('');
    const asked = tab.page.waitForRequest((request) => request.method() === 'POST');
    await tab.page.goto(`${mock.url}?page=repository`);
    await tab.page.getByRole('button', { name: 'Look for changes' }).click();
    expect((await asked).headers()['x-peerpool-key']).toBe('k'.repeat(32));
  });
});
