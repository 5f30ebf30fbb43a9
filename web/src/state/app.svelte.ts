import { browserWorld } from '../api/browser';
import { type Link, Live } from '../api/live';
import { PolledSocket } from '../api/polled';
import { Problem, asProblem } from '../api/problem';
import type { Health, Status } from '../api/shapes';
import { client, face } from './connection';
import { returned } from './returned';
import { router } from './router.svelte';
import { Single } from './rows.svelte';
import { store, stored } from './stored';

/** By these a server says that it wants a key. */
const DENIED: readonly number[] = [401, 403];

/** The view that says how the server is: one row. */
const OWN = face === 'peer' ? 'status' : 'health';

/** What every page needs: the server, the connection to it, and how the server is. */
class App {
  readonly client = client;
  readonly live: Live;
  readonly face = face;
  link = $state.raw<Link>({ state: 'connecting' });
  /** Whether the server wants a key that this page does not have. */
  locked = $state(false);
  /** Why the account with which somebody came back lets nobody in. */
  refused = $state.raw<Problem>();
  /** Seconds since 1970, kept current for ages. */
  now = $state(Math.floor(Date.now() / 1000));
  readonly #status: Single<Status>;
  readonly #health: Single<Health>;

  constructor() {
    const world = browserWorld(client.url('/api/v1/live'), () => new PolledSocket(client, `/api/v1/${OWN}`));
    this.live = new Live(world);
    this.live.watch((link) => {
      this.link = link;
    });
    this.#status = new Single<Status>(this.live);
    this.#health = new Single<Health>(this.live);
  }

  /** How the peer is; of a peer's page alone. */
  get status(): Status | undefined {
    return this.#status.row;
  }

  /** How the tracker is; of a tracker's page alone. */
  get health(): Health | undefined {
    return this.#health.row;
  }

  /** What the server calls itself. */
  get server(): string {
    return (this.face === 'peer' ? this.status?.name : this.health?.name) ?? location.host;
  }

  /** The pool's name: that of its tracker. */
  get pool(): string | undefined {
    return this.face === 'peer' ? (this.status?.tracker.name ?? undefined) : this.health?.name;
  }

  /** Connects. */
  async start(): Promise<void> {
    (face === 'peer' ? this.#status : this.#health).follow(OWN);
    document.addEventListener('visibilitychange', () => this.live.visible(!document.hidden));
    setInterval(() => {
      this.now = Math.floor(Date.now() / 1000);
    }, 10_000);
    if (face === 'peer') await this.#unlock();
    else await this.#come();
    this.live.start(client.key);
  }

  /** Trades the secret of the link that opened this page for a key, or takes the key that it was given before. */
  async #unlock(): Promise<void> {
    const secret = new URLSearchParams(location.hash.slice(1)).get('t');
    if (location.hash) history.replaceState(null, '', location.pathname + location.search);
    if (secret) {
      try {
        store('key', (await client.post('/api/v1/session', { body: { secret } })).key);
      } catch (thrown) {
        this.#denied(asProblem(thrown));
      }
    }
    client.key = stored('key');
  }

  /** Takes the key that was given before, or trades for one what a provider gave to the browser that it has sent back. */
  async #come(): Promise<void> {
    client.key = stored('key');
    const body = returned(location);
    if (!body) return;
    const linking = client.key !== undefined;
    try {
      const { key } = await client.post('/api/v1/sign-in/provider/answer', { body });
      if (key) store('key', key);
    } catch (thrown) {
      this.refused = asProblem(thrown);
    }
    client.key = stored('key');
    history.replaceState(null, '', new URL('.', location.href).pathname);
    if (linking) router.replace('members', { tab: 'signIns' });
    else router.replace('catalogue');
  }

  /** Keeps a key that was given for a password, and begins anew with it. */
  enter(key: string): void {
    store('key', key);
    location.reload();
  }

  /** Ends the session of this browser. */
  async leave(): Promise<void> {
    await client.post('/api/v1/sign-out');
    store('key', undefined);
    location.reload();
  }

  /** Finds out whether a peer's door, or a pool for members, is open to this page. */
  async probe(): Promise<void> {
    try {
      await client.get(face === 'peer' ? '/api/v1/status' : '/api/v1/health');
      this.locked = false;
    } catch (thrown) {
      this.#denied(asProblem(thrown));
    }
  }

  #denied(problem: Problem): void {
    if (!DENIED.includes(problem.status)) return;
    this.locked = true;
    if (face === 'tracker') this.live.stop();
    store('key', undefined);
  }
}

export const app = new App();
