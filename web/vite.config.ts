import { svelte } from '@sveltejs/vite-plugin-svelte';
import { type Plugin, defineConfig } from 'vite';

const SHARED = /\/node_modules\/|\/src\/(api|grid|state|text|ui)\//;

// Paths are relative, so that the page works below any path of a reverse proxy. Nothing is inlined as a `data:` URL,
// since the page's Content-Security-Policy allows its own origin alone.
/** The script that runs as soon as it is there, and the one that it goes ahead of. */
const EARLY = 'early';
const PAGE = 'page';

/**
 * Has the early script run while the other is on its way, and the other compiled while it arrives: V8 compiles all of it
 * in another thread, instead of each function when it is called first.
 */
function quickStart(): Plugin {
  return {
    name: 'quick-start',
    transformIndexHtml: {
      order: 'post',
      handler: (html) =>
        html.replace(new RegExp(`<script type="module"(?=[^>]+/${EARLY}-)`), '<script type="module" async'),
    },
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        for (const file of Object.values(bundle)) {
          if (file.type === 'chunk' && file.name === PAGE) file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
        }
      },
    },
  };
}

// Paths are relative, so that the page works below any path of a reverse proxy. Nothing is inlined as a `data:` URL,
// since the page's Content-Security-Policy allows its own origin alone.
export default defineConfig({
  base: './',
  plugins: [svelte(), quickStart()],
  build: {
    outDir: process.env.PEERPOOL_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    rolldownOptions: {
      input: ['peer.html', 'tracker.html'],
      output: {
        codeSplitting: {
          groups: [
            { name: EARLY, test: /\/src\/entry\/early\.ts$/, priority: 3 },
            { name: PAGE, tags: ['$initial'], priority: 2 },
            // What several other pages share is one file: many small ones are longer together, and each costs a request.
            { name: 'shared', test: SHARED, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
});
