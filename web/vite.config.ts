import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

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
    rollupOptions: { input: ['peer.html', 'tracker.html'] },
  },
});
