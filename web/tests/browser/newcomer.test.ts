import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { launch, open } from './browser';
import { RealPool, program } from './program';

const IP = '/usr/sbin/ip';
const [FIRST, SECOND] = ['peerpool-first', 'peerpool-second'];
const ADDRESS = '10.77.0.1';

function ip(...args: string[]): void {
  execFileSync(IP, args);
}

/** Two machines, as network namespaces with a cable between them. */
function connectMachines(): void {
  for (const machine of [FIRST, SECOND]) {
    ip('netns', 'add', machine);
    ip('-n', machine, 'link', 'set', 'lo', 'up');
  }
  ip('link', 'add', 'pp-first', 'netns', FIRST, 'type', 'veth', 'peer', 'name', 'pp-second', 'netns', SECOND);
  for (const [machine, link, address] of [
    [FIRST, 'pp-first', ADDRESS],
    [SECOND, 'pp-second', '10.77.0.2'],
  ] as const) {
    ip('-n', machine, 'addr', 'add', `${address}/24`, 'dev', link);
    ip('-n', machine, 'link', 'set', link, 'up');
    ip('-n', machine, 'route', 'add', 'default', 'dev', link);
  }
}

const able = existsSync(program) && existsSync(IP) && process.getuid?.() === 0;

describe.runIf(able)('somebody who has read nothing', () => {
  let folder: string;
  let pool: RealPool;
  let browser: Browser;

  beforeAll(async () => {
    connectMachines();
    folder = await mkdtemp(join(tmpdir(), 'peerpool-newcomer-'));
    // A browser on the second machine.
    const chromium = join(folder, 'chromium');
    const command = `exec ${IP} netns exec ${SECOND} ${process.env.CHROMIUM ?? '/usr/bin/chromium'} "$@"`;
    await writeFile(chromium, `#!/bin/sh\n${command}\n`);
    await chmod(chromium, 0o755);
    browser = await launch([], chromium);
  });
  afterAll(async () => {
    await browser.close();
    await pool.end();
    for (const machine of [FIRST, SECOND]) ip('netns', 'del', machine);
    await rm(folder, { recursive: true });
  });

  test('comes from an empty pool to a finished download by what the page says', async () => {
    let began = performance.now();
    const step = (what: string) => {
      process.stdout.write(`newcomer: ${what}: ${Math.round(performance.now() - began)} ms\n`);
      began = performance.now();
    };
    pool = await RealPool.start({ through: [IP, 'netns', 'exec', FIRST], listen: `0.0.0.0:0` });
    step('`peerpool tracker` on the first machine is ready');

    const { page, faults } = await open(browser, `http://${ADDRESS}:${pool.port}/`);
    await page.getByText('The pool is empty.').waitFor();
    const command = (await page.locator('ol code').first().textContent()) ?? '';
    expect(command).toBe(`peerpool peer --tracker ${ADDRESS}:${pool.port}`);
    await page.getByRole('img', { name: 'The pool’s page' }).waitFor();
    step('its page on the second machine says what to do');

    const tracker = command.split(' ').at(-1) ?? '';
    const film = Buffer.alloc(8_000_000, 5);
    await writeFile(join(await pool.repository('sharer'), 'film.mkv'), film);
    await pool.startPeerAt(FIRST, 'sharer', tracker);
    await page.locator('[role=row].row', { hasText: 'film.mkv' }).waitFor();
    step('that command on the first machine shares a film, and the page shows it by itself');

    await pool.startPeerAt(SECOND, 'fetcher', tracker);
    const link = await pool.commandAt(SECOND, 'fetcher', 'web', '--no-open');
    step('that command on the second machine, and `web` at its prompt');

    const own = await open(browser, link);
    const row = own.page.locator('[role=row].row', { hasText: 'film.mkv' });
    await row.getByRole('button', { name: 'Get' }).click();
    step('the page of the new peer opens, and one click begins the download');

    await own.page.getByRole('link', { name: 'Transfers' }).click();
    await row.getByText('Complete').waitFor();
    expect((await readFile(join(await pool.repository('fetcher'), 'film.mkv'))).equals(film)).toBe(true);
    step('the film is complete');
    // Of plain http in a network Chromium says that one of the headers has no use there.
    const others = [...faults, ...own.faults].filter((fault) => !fault.includes('Cross-Origin-Opener-Policy'));
    expect(others).toEqual([]);
  });
});
