import { type Problem, asProblem } from '../api/problem';

export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'bad';
  /** One line for each of several things that failed. */
  lines: string[];
}

/** What is said in passing is gone after this time; a failure stays until it is dismissed. */
const STAYS = 5_000;

/** At most so many stand on the screen; the oldest gives way. */
const MOST = 4;

class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 1;

  say(text: string): void {
    const id = this.#add({ text, tone: 'plain', lines: [] });
    setTimeout(() => this.dismiss(id), STAYS);
  }

  fail(text: string, lines: string[] = []): void {
    this.#add({ text, tone: 'bad', lines });
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #add(toast: Omit<Toast, 'id'>): number {
    const id = this.#next++;
    this.list = [...this.list, { id, ...toast }].slice(-MOST);
    return id;
  }
}

export const toasts = new Toasts();

/** Runs an action for a person, and shows why it failed. */
export async function attempt<T>(
  action: () => Promise<T>,
  words: (problem: Problem) => string,
): Promise<T | undefined> {
  try {
    return await action();
  } catch (thrown) {
    toasts.fail(words(asProblem(thrown)));
    return undefined;
  }
}
