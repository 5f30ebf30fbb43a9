import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';

import type { RealPool } from './program';

export const NGINX = '/usr/sbin/nginx';

/** What docs/web.md says for a proxy that puts the page below a path. */
function configuration(folder: string, port: number, tracker: string): string {
  return `
    daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      server {
        listen 127.0.0.1:${port};
        location /pool/ {
          proxy_pass http://${tracker}/;
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection "upgrade";
        }
      }
    }`;
}

/** An nginx before the tracker of a pool. */
export class Nginx {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  /** Starts it, and the tracker anew with the name of the proxy among its hosts. */
  static async before(pool: RealPool): Promise<Nginx> {
    const port = await freePort();
    await pool.kill('tracker');
    await pool.startTracker('--host', `127.0.0.1:${port}`);
    const path = join(pool.folder, 'nginx.conf');
    await writeFile(path, configuration(pool.folder, port, pool.tracker));
    const child = spawn(NGINX, ['-c', path, '-p', pool.folder], { stdio: 'ignore' });
    while (!(await listens(port))) {
      if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
      await new Promise((later) => setTimeout(later, 50));
    }
    return new Nginx(`http://127.0.0.1:${port}/pool/`, child);
  }

  async end(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill();
    await exited;
  }
}

/** A free port, which somebody else may take until it is used. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((done) => {
    socket.on('connect', () => done(true)).on('error', () => done(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
