import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Interface, createInterface } from 'node:readline';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { launch, open } from './browser';
import { RealPool, program } from './program';

/** Fills a tracker, and has people type: built beside the program. */
const load = process.env.PEERPOOL_LOAD ?? join(dirname(program), 'catalogue-load');
const TIMED = Boolean(process.env.BUDGET_TIMES);

const PEERS = 20;
const ITEMS_OF_EACH = 10_000;
const SEARCHES = 16;
const PEOPLE = 20;
const SECONDS = 30;
/** Between two keystrokes of this page, in milliseconds. */
const KEYSTROKE = 200;
const BUDGET = 100;

describe.runIf(TIMED && existsSync(program) && existsSync(load))('a real tracker with 200,000 items', () => {
  let browser: Browser;
  let pool: RealPool;
  let filler: ChildProcess;
  let lines: Interface;

  beforeAll(async () => {
    browser = await launch();
    pool = await RealPool.start();
    const size = [PEERS, ITEMS_OF_EACH, SEARCHES].map(String);
    filler = spawn(load, [pool.tracker, ...size], { cwd: pool.folder, stdio: ['pipe', 'pipe', 'inherit'] });
    lines = createInterface({ input: filler.stdout as NodeJS.ReadableStream });
    await said(lines, 'ready');
  }, 120_000);
  afterAll(async () => {
    filler.kill();
    await browser.close();
    await pool.end();
  });

  test('a page finds what is typed within 100 ms while 20 people type', async () => {
    const tab = await open(browser, 'about:blank');
    await tab.page.addInitScript(watchSearches);
    await tab.page.goto(`http://${pool.tracker}/`);
    await tab.page.locator('[role=row].row').first().waitFor();
    const alone = await type(tab.page, 5);
    const all = said(lines, '{');
    filler.stdin?.write(`${PEOPLE} ${SECONDS}\n`);
    const among = await type(tab.page, SECONDS - 5);
    process.stdout.write(`people: ${await all}\n`);
    await tab.close();
    for (const [who, times] of Object.entries({ alone, [`among ${PEOPLE}`]: among })) {
      const [half, most] = [0.5, 0.95].map((share) => times[Math.floor(times.length * share)] ?? Infinity);
      process.stdout.write(
        `budget: from key to rows, ${who}: p50 ${half}, p95 ${most} of ${BUDGET} ms (${times.length} keys)\n`,
      );
    }
    expect(among[Math.floor(among.length * 0.95)]).toBeLessThanOrEqual(BUDGET);
  }, 120_000);
});

/** The next line that begins with `begin`. */
function said(lines: Interface, begin: string): Promise<string> {
  return new Promise((resolve, reject) => {
    lines.once('close', () => reject(new Error('the load generator ended')));
    const heard = (line: string) => {
      if (!line.startsWith(begin)) return;
      lines.off('line', heard);
      resolve(line);
    };
    lines.on('line', heard);
  });
}

/** Types for so many seconds; how long each key took until its rows were drawn, in milliseconds, the shortest first. */
async function type(page: Page, seconds: number): Promise<number[]> {
  const box = page.getByRole('searchbox');
  const end = performance.now() + seconds * 1_000;
  const words = ['summer lecture', 'phim 0012', 'notes map', 'survey final 00', 'nhac backup'];
  for (let word = 0; performance.now() < end; word++) {
    await box.fill('');
    await box.pressSequentially(words[word % words.length] ?? '', { delay: KEYSTROKE });
  }
  return page.evaluate(() => {
    const world = globalThis as unknown as { searches: number[] };
    return world.searches.splice(0).sort((a, b) => a - b);
  });
}

/** Notes in the page when a key was pressed, which window it opened, and when that window's rows were drawn. */
function watchSearches(): void {
  const searches: number[] = [];
  Object.assign(globalThis, { searches });
  let pressed = 0;
  const asked = new Map<number, number>();
  document.addEventListener('input', () => (pressed = performance.now()), true);
  const heeded = new WeakSet<WebSocket>();
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (this: WebSocket, data: string) {
    if (!heeded.has(this)) this.addEventListener('message', (event) => heard(event as MessageEvent<string>));
    heeded.add(this);
    const message = JSON.parse(data) as { type: string; id: number; view?: string };
    if (pressed && message.type === 'subscribe' && message.view === 'items') asked.set(message.id, pressed);
    send.call(this, data);
  };
  function heard(event: MessageEvent<string>): void {
    const message = JSON.parse(event.data) as { type: string; id: number };
    const begun = asked.get(message.id);
    if (message.type !== 'snapshot' || begun === undefined) return;
    asked.delete(message.id);
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => searches.push(Math.round(performance.now() - begun));
      port2.postMessage(null);
    });
  }
}
