import type { Me } from '../api/members';
import { type Problem, asProblem } from '../api/problem';
import { app } from './app.svelte';

/** Who looks at a members' pool. Nothing is asked of an open one. */
class Membership {
  me = $state.raw<Me>();
  problem = $state.raw<Problem>();
  #asked = false;

  /** Whether the pool has members. */
  get exists(): boolean {
    return app.health?.members === true;
  }

  get isAdmin(): boolean {
    return this.me?.role === 'admin';
  }

  /** Asks the server who looks, once. */
  async load(): Promise<void> {
    if (this.#asked || !this.exists) return;
    this.#asked = true;
    try {
      this.me = (await app.client.fetch('/api/v1/me')) as Me;
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
  }
}

export const membership = new Membership();
