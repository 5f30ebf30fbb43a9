import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { launch } from './browser';
import { RealPool, program } from './program';

/** A name that its owner has just pointed at this machine. */
const REBOUND = 'rebound.example';

/** A page of another program on the same machine, in the browser that a peer has let in. */
describe.runIf(existsSync(program))('a page that a visitor of ours opens elsewhere', () => {
  let browser: Browser;
  let pool: RealPool;
  let elsewhere: Server;
  let context: BrowserContext;
  let page: Page;
  let door = '';

  beforeAll(async () => {
    browser = await launch([`--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`]);
    pool = await RealPool.start();
    await writeFile(join(await pool.repository('giver'), 'film.mkv'), Buffer.alloc(100_000, 7));
    await pool.startPeer('giver');
    await pool.startPeer('victim');
    elsewhere = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Elsewhere</title>');
    });
    await new Promise<void>((listening) => elsewhere.listen(0, '127.0.0.1', listening));
  });
  afterAll(async () => {
    await browser.close();
    elsewhere.close();
    await pool.end();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    const own = await context.newPage();
    const link = await pool.command('victim', 'web', '--no-open');
    door = new URL('/', link).href;
    await own.goto(link);
    await own.locator('[role=row].row', { hasText: 'film.mkv' }).waitFor();
    page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
  });
  afterEach(() => context.close());

  const targets = () => [door, `http://${pool.tracker}/`];
  const downloads = async () => JSON.parse(await pool.command('victim', 'status', '--json')).downloads as unknown[];

  test('reads nothing, with or without the cookie that all ports share', async () => {
    for (const target of targets()) {
      for (const credentials of ['omit', 'include'] as const) {
        const read = page.evaluate(
          async ([url, how]) => (await fetch(`${url}api/v1/items`, { credentials: how })).status,
          [target, credentials] as const,
        );
        await expect(read).rejects.toThrow('Failed to fetch');
      }
    }
  });

  test('commands nothing by what needs no question first: text/plain, a form', async () => {
    const body = JSON.stringify({ what: { item: 'film.mkv' } });
    await page.evaluate(
      async ([url, text]) => {
        const headers = { 'content-type': 'text/plain' };
        // Whether the page may see the answer is another question.
        await fetch(`${url}api/v1/downloads`, {
          method: 'POST',
          mode: 'no-cors',
          credentials: 'include',
          headers,
          body: text,
        }).catch(() => {});
        const form = Object.assign(document.createElement('form'), {
          method: 'POST',
          action: `${url}api/v1/downloads`,
          enctype: 'text/plain',
        });
        form.append(Object.assign(document.createElement('input'), { name: text, value: '' }));
        document.body.append(form);
        form.submit();
      },
      [door, body] as const,
    );
    await page.waitForURL(/api\/v1\/downloads/);
    expect(await page.textContent('body')).toContain('"code":"forbidden"');
    expect(await downloads()).toEqual([]);
  });

  test('follows nothing over a WebSocket', async () => {
    for (const target of targets()) {
      const events = await page.evaluate(
        (url) =>
          new Promise<string[]>((done) => {
            const seen: string[] = [];
            const socket = new WebSocket(`${url.replace('http', 'ws')}api/v1/live`);
            for (const type of ['open', 'message', 'error', 'close']) {
              socket.addEventListener(type, () => {
                seen.push(type);
                if (type === 'close') done(seen);
              });
            }
          }),
        target,
      );
      expect(events).toEqual(['error', 'close']);
    }
  });

  test('frames neither face, so no click is stolen', async () => {
    for (const target of targets()) {
      await page.evaluate((url) => {
        const frame = Object.assign(document.createElement('iframe'), { src: url });
        document.body.replaceChildren(frame);
        return new Promise((loaded) => frame.addEventListener('load', loaded));
      }, target);
      const [, frame] = page.frames();
      expect(frame?.url()).toMatch(/^chrome-error:/);
    }
  });

  test('gets no page and no answer under a name that was rebound to this machine', async () => {
    for (const target of targets()) {
      const rebound = target.replace('127.0.0.1', REBOUND);
      for (const path of ['', 'api/v1/items']) {
        const response = await page.goto(rebound + path);
        expect(response?.status(), rebound + path).toBeGreaterThanOrEqual(400);
        expect(await page.locator('script, link[rel=stylesheet]').count()).toBe(0);
      }
    }
  });
});
