import type { Server } from 'node:http';

import type { Plugin } from 'vite';

/** `npm run dev` shows the page before a pool of 1,000,000 items that does not exist. */
export function mock(): Plugin {
  return {
    name: 'peerpool-mock',
    apply: 'serve',
    async configureServer(server) {
      if (!server.httpServer) return;
      const { answer } = await import('./api');
      const { Pool } = await import('./pool');
      const { Feed } = await import('./server');
      const pool = new Pool();
      new Feed(pool).attach(server.httpServer as Server);
      server.middlewares.use((request, response, next) => {
        void answer(pool, request, response).then((answered) => answered || next());
      });
    },
  };
}
