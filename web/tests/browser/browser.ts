import { resolve } from 'node:path';

import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core';

import { type Mock, serve } from '../mock/server';
import type { Pool } from '../mock/pool';

export const dist = resolve(import.meta.dirname, '../../dist');

/** Debian's Chromium, or the one that CHROMIUM names. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** A browser with further switches. */
export function launch(more: string[] = [], executablePath = CHROMIUM): Promise<Browser> {
  const args = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...more];
  return chromium.launch({ executablePath, args });
}

/** A tab, and everything in it that went wrong: exceptions, errors on the console, violations of the policy. */
export interface Tab {
  page: Page;
  faults: string[];
  close(): Promise<void>;
}

export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      throw new Error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  await page.goto(url);
  return { page, faults, close: () => context.close() };
}

/** A built face of the page before a pool that does not exist. */
export function mocked(face: 'tracker' | 'peer', pool?: Pool): Promise<Mock> {
  return serve(dist, face, pool);
}
