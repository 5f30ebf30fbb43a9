import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { Provider } from 'oidc-provider';

/** What the provider calls the tracker, and by what it knows it. */
const CLIENT = 'peerpool';
export const SECRET = 'a secret of nobody else';

/** A certificate for `localhost` of an authority that nobody but this test trusts, in a folder. */
function certify(folder: string): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-subj', '/CN=Test', '-keyout', 'authority.key', '-out', 'authority.pem');
  openssl(
    ...['req', '-x509', ...key, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', 'authority.pem', '-CAkey', 'authority.key'],
    ...['-keyout', 'provider.key', '-out', 'provider.pem'],
  );
}

/** A real provider of accounts over TLS, at which everybody has an account who says so. */
export class Accounts {
  private constructor(
    readonly issuer: string,
    /** The authority that vouches for it. */
    readonly authority: string,
    private readonly server: Server,
  ) {}

  /** Starts one that sends browsers back to this tracker, as `https://HOST:PORT`. */
  static async start(folder: string, tracker: string): Promise<Accounts> {
    certify(folder);
    const read = (name: string) => readFileSync(join(folder, name));
    const server = createServer({ key: read('provider.key'), cert: read('provider.pem') });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = `https://localhost:${(server.address() as AddressInfo).port}`;
    const provider = new Provider(issuer, {
      clients: [{ client_id: CLIENT, client_secret: SECRET, redirect_uris: [`${tracker}/signed-in`] }],
      claims: { openid: ['sub'], email: ['email'] },
      // What is asked for by `scope` stands in the token itself.
      conformIdTokenClaims: false,
      // Its own pages to sign in by.
      features: { devInteractions: { enabled: true } },
      pkce: { required: () => true },
      findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, email: `${sub}@example.org` }) }),
      cookies: { keys: ['of this test'] },
    });
    server.on('request', provider.callback());
    return new Accounts(issuer, join(folder, 'authority.pem'), server);
  }

  async end(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
