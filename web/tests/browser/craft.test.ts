import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { hashAt } from '../mock/items';
import { MockMembers } from '../mock/members';
import { Pool, download } from '../mock/pool';
import type { Mock } from '../mock/server';
import { launch, mocked, open } from './browser';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

const pages: Record<string, string> = {
  catalogue: '?',
  nothing: '?q=xyzzy',
  item: `?page=item&item=${hashAt(320)}`,
  transfers: '?page=transfers',
  download: `?page=transfers&item=${download(2_003, 'waiting').hash}`,
  history: '?page=transfers&tab=history',
  repository: '?page=repository',
  peers: '?page=peers',
  members: '?page=members',
  health: '?page=health',
  settings: '?page=settings',
  add: '?page=add',
};
/** Those of a members' pool, which its tracker shows. */
const ofMembers: Record<string, string> = {
  people: '?page=members',
  devices: '?page=members&tab=devices',
  groups: '?page=members&tab=groups',
  invites: '?page=members&tab=invites',
  'sign-ins': '?page=members&tab=signIns',
  audit: '?page=members&tab=audit',
  'member transfers': '?page=members&tab=transfers',
  access: `?page=item&item=${hashAt(320)}`,
  stock: `?page=item&item=${hashAt(321)}`,
};
/** What its tracker shows to whoever has not signed in. */
const SIGN_IN = 'sign in';

describe('the craft of every page', () => {
  let browser: Browser;
  let peer: Mock;
  let tracker: Mock;
  let closed: Mock;

  beforeAll(async () => {
    browser = await launch();
    peer = await mocked('peer');
    const pool = new Pool();
    pool.members = new MockMembers();
    pool.members.stock.items.push(hashAt(321));
    pool.members.stock.add(hashAt(321), 'mai', 1_795_000_000);
    tracker = await mocked('tracker', pool);
    const forMembers = new Pool(0);
    forMembers.members = new MockMembers();
    forMembers.members.password = 'correct horse';
    closed = await mocked('tracker', forMembers);
  });
  afterAll(async () => {
    await browser.close();
    await peer.close();
    await tracker.close();
    await closed.close();
  });

  for (const [name, query] of Object.entries({ ...pages, ...ofMembers, [SIGN_IN]: '?' })) {
    const url = () => (name === SIGN_IN ? closed : name in ofMembers ? tracker : peer).url + query;

    test(`${name} has no finding of axe in either theme`, async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const tab = await open(browser, url(), { colorScheme, bypassCSP: true });
        await tab.page.waitForSelector('h1, .empty');
        await tab.page.waitForTimeout(300);
        await tab.page.evaluate(axe);
        const findings = await tab.page.evaluate(async () => {
          const run = (globalThis as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } }).axe.run;
          return (await run()).violations.map(({ id, nodes }) => ({
            id,
            nodes: nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`),
          }));
        });
        await tab.close();
        expect(findings).toEqual([]);
      }
    });

    test(`${name} fits from 320 px to 4K, and what loads moves nothing`, async () => {
      for (const [width, height] of [
        [320, 568],
        [640, 400],
        [3_840, 2_160],
      ] as const) {
        const tab = await open(browser, 'about:blank', { viewport: { width, height } });
        await tab.page.addInitScript(() => {
          const shifts: number[] = [];
          Object.assign(globalThis, { shifts });
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
          }).observe({ type: 'layout-shift', buffered: true });
        });
        await tab.page.goto(url());
        await tab.page.waitForSelector('h1, .empty');
        await tab.page.waitForTimeout(300);
        const { over, shift } = await tab.page.evaluate(() => ({
          over: document.documentElement.scrollWidth - innerWidth,
          shift: (globalThis as unknown as { shifts: number[] }).shifts.reduce((sum, value) => sum + value, 0),
        }));
        const faults = tab.faults.filter((fault) => name !== SIGN_IN || !fault.includes('401'));
        await tab.close();
        expect({ width, over, faults }).toEqual({ width, over: 0, faults: [] });
        expect(shift).toBeLessThan(0.005);
      }
    });
  }
});
