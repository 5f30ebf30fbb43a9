import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { ITEMS, hashAt, itemAt } from '../mock/items';
import type { Mock } from '../mock/server';
import { type Tab, launch, mocked, open } from './browser';

/** An item of many files, which the peer neither has nor downloads. */
const folder = Array.from({ length: ITEMS / 1_000 }, (_, i) => 300 + i).find((i) => itemAt(i).kind === 'folder') ?? 0;

describe('content in the browser', () => {
  let browser: Browser;
  let mock: Mock;
  let tab: Tab;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    mock = await mocked('peer');
    tab = await open(browser, `${mock.url}?page=item&item=${hashAt(folder)}`);
    await tab.page.getByRole('button', { name: 'Get', exact: true }).waitFor();
  });
  afterEach(async () => {
    expect(tab.faults).toEqual([]);
    await tab.close();
    await mock.close();
  });

  const dialog = (name: string) => tab.page.getByRole('dialog', { name });

  test('a file that is not here is got and shown at once, and as text whatever it contains', async () => {
    const asked = tab.page.waitForRequest((request) => request.method() === 'POST');
    await tab.page.getByRole('button', { name: 'Open read me.txt here' }).click();
    expect((await asked).postDataJSON()).toMatchObject({ what: { item: hashAt(folder) }, files: ['read me.txt'] });
    await dialog('read me.txt').getByText('<b>not markup</b>').first().waitFor();
    await tab.page.keyboard.press('Escape');
    await tab.page.locator('.own').getByText('%').waitFor();
  });

  test('a sound plays in the page', async () => {
    await tab.page.getByRole('button', { name: 'Open track 01.wav here' }).click();
    const audio = dialog('track 01.wav').locator('audio');
    await audio.waitFor();
    await expect.poll(() => audio.evaluate((element: HTMLAudioElement) => element.duration)).toBeCloseTo(0.5, 1);
  });

  test('what no browser shows says so, and can still be saved', async () => {
    await tab.page.getByRole('button', { name: 'Open lecture 01.mkv here' }).click();
    await dialog('lecture 01.mkv').getByText('This browser cannot show this file').waitFor();
    const saved = tab.page.waitForEvent('download');
    await dialog('lecture 01.mkv').getByRole('link', { name: 'Save file' }).click();
    expect((await saved).suggestedFilename()).toBe('lecture 01.mkv');
  });

  test('a folder is saved as a zip file', async () => {
    const saved = tab.page.waitForEvent('download');
    await tab.page.getByRole('button', { name: 'Save plates as a zip file' }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe('plates.zip');
    expect(download.url()).toMatch(/\/api\/v1\/content\/[0-9a-f]{64}\.zip\?under=plates$/);
  });

  test('files that are chosen arrive in the repository, also after connections that break', async () => {
    await tab.page.goto(`${mock.url}?page=add`);
    mock.feed.pool.uploads.breaks = 2;
    const chooser = tab.page.waitForEvent('filechooser');
    await tab.page.getByRole('button', { name: 'Choose files …' }).click();
    const buffer = Buffer.alloc(20 * 1024 * 1024, 3);
    await (await chooser).setFiles([{ name: 'thesis.pdf', mimeType: 'application/pdf', buffer }]);
    await tab.page.getByRole('heading', { name: 'My repository' }).waitFor();
    await tab.page.getByText('thesis.pdf is here.').waitFor();
    const shared = mock.feed.pool.shares.find(({ name }) => name === 'thesis.pdf');
    expect(shared?.size).toBe(buffer.length);
    tab.faults = tab.faults.filter((fault) => !fault.includes('ERR_'));
  });

  test('what is dropped is shared, but a .torrent file is downloaded', async () => {
    const before = mock.feed.pool.downloads.length;
    await tab.page.evaluate(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['photo'], 'photo.png'));
      transfer.items.add(new File(['d4:infodee'], 'film.torrent'));
      for (const type of ['dragover', 'drop']) {
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
      }
    });
    await tab.page.getByText('photo.png is here.').waitFor();
    await expect.poll(() => mock.feed.pool.downloads.length).toBe(before + 1);
    expect(mock.feed.pool.shares.map(({ name }) => name)).toContain('photo.png');
  });

  test('a magnet link that is pasted anywhere is offered for download', async () => {
    await tab.page.evaluate(() => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', `magnet:?xt=urn:btih:${'a'.repeat(40)}`);
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    });
    const field = tab.page.getByLabel('Magnet link, name, or hash');
    await field.waitFor();
    expect(await field.inputValue()).toBe(`magnet:?xt=urn:btih:${'a'.repeat(40)}`);
  });
});
