import { browserWorld } from '../api/browser';
import { Client } from '../api/client';
import { type Link, Live } from '../api/live';
import { PolledSocket } from '../api/polled';
import { Problem, asProblem } from '../api/problem';
import type { Health, Status } from '../api/shapes';
import { Single } from './rows.svelte';
import { store, stored } from './stored';

/** Whose page this is. */
export type Face = 'tracker' | 'peer';

/** By these a server says that it wants a key. */
const DENIED: readonly number[] = [401, 403];

/** What every page needs: the server, the connection to it, and how the server is. */
class App {
  readonly client = new Client(new URL('.', document.baseURI));
  readonly live: Live;
  face = $state<Face>('tracker');
  link = $state.raw<Link>({ state: 'connecting' });
  /** Whether the server wants a key that this page does not have. */
  locked = $state(false);
  /** Seconds since 1970, kept current for ages. */
  now = $state(Math.floor(Date.now() / 1000));
  readonly #status: Single<Status>;
  readonly #health: Single<Health>;

  constructor() {
    const polled = () => new PolledSocket(this.client, this.face === 'peer' ? '/api/v1/status' : '/api/v1/health');
    this.live = new Live(browserWorld(this.client.url('/api/v1/live'), polled), (link) => {
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

  /** Connects. The face is set before, for the first thing that is drawn. */
  async start(): Promise<void> {
    if (this.face === 'peer') this.#status.follow('status');
    else this.#health.follow('health');
    if (this.face === 'peer') await this.#unlock();
    this.live.start(this.client.key);
    if (this.face === 'peer') await this.#probe();
    document.addEventListener('visibilitychange', () => this.live.visible(!document.hidden));
    setInterval(() => {
      this.now = Math.floor(Date.now() / 1000);
    }, 10_000);
  }

  /** Trades the secret of the link that opened this page for a key, or takes the key that it was given before. */
  async #unlock(): Promise<void> {
    const secret = new URLSearchParams(location.hash.slice(1)).get('t');
    if (location.hash) history.replaceState(null, '', location.pathname + location.search);
    if (secret) {
      try {
        store('key', (await this.client.post('/api/v1/session', { body: { secret } })).key);
      } catch (thrown) {
        this.#denied(asProblem(thrown));
      }
    }
    this.client.key = stored('key');
  }

  async #probe(): Promise<void> {
    try {
      await this.client.get('/api/v1/status');
      this.locked = false;
    } catch (thrown) {
      this.#denied(asProblem(thrown));
    }
  }

  #denied(problem: Problem): void {
    if (!DENIED.includes(problem.status)) return;
    this.locked = true;
    store('key', undefined);
  }
}

export const app = new App();
