import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const SHARED = /\/node_modules\/|\/src\/(api|grid|state|text|ui)\//;

// Paths are relative, so that the page works below any path of a reverse proxy. Nothing is inlined as a `data:` URL,
// since the page's Content-Security-Policy allows its own origin alone.
export default defineConfig({
  base: './',
  plugins: [svelte()],
  build: {
    outDir: process.env.PEERPOOL_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    rolldownOptions: {
      input: ['peer.html', 'tracker.html'],
      // What several pages share is one file: many small ones are longer together, and each costs a request.
      output: { codeSplitting: { groups: [{ name: 'base', test: SHARED, minShareCount: 2 }] } },
    },
  },
});
