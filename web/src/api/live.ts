import { type FromServer, type Patch, type Snapshot, type ToServer, type Window, parse } from './messages';
import { Problem } from './problem';

/** How the connection stands. `retryAt` is in the milliseconds of {@link World.now}. */
export type Link =
  { state: 'connecting' } | { state: 'open'; version: string } | { state: 'lost'; attempts: number; retryAt: number };

/** Who follows a window. */
export interface Follower {
  snapshot(snapshot: Snapshot): void;
  patch(patch: Patch): void;
  refused(problem: Problem): void;
}

/** A window that is being followed. */
export interface Subscription {
  /** Looks elsewhere in the same order. */
  move(from: number, count: number): void;
  /** Takes the order anew. */
  sort(): void;
  close(): void;
}

/** What a WebSocket does for the client. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
}

/** All that is not the protocol: sockets, time, chance, and the moment at which what was handed out is on the screen. */
export interface World {
  connect(): Socket;
  now(): number;
  /** From 0 up to 1. */
  random(): number;
  later(milliseconds: number, then: () => void): () => void;
  afterDraw(then: () => void): void;
}

/** A window that is being followed; `kept` is what came for it before somebody followed it. */
interface Entry {
  window: Window;
  follower: Follower | undefined;
  kept: ((follower: Follower) => void)[];
  /** Called when something is kept. */
  came: () => void;
}

/** Follows a window that nobody follows any more. */
const NOBODY: Follower = { snapshot: () => {}, patch: () => {}, refused: () => {} };

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;

/**
 * Follows windows over one connection, for as long as the page is open.
 *
 * A lost connection is made again, after pauses that double up to 10 s with chance in them, and every window is then
 * subscribed anew. The server sends nothing new for what has not been drawn: each message is acknowledged after it was.
 */
export class Live {
  readonly #world: World;
  #linked: (link: Link) => void = () => {};
  #link: Link = { state: 'connecting' };
  #started = false;
  readonly #windows = new Map<number, Entry>();
  #socket: Socket | undefined;
  #open = false;
  #visible = true;
  #attempts = 0;
  #nextId = 1;
  #unacknowledged = 0;
  #cancelRetry = () => {};
  #key: string | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Tells how the connection stands, now and whenever that changes. */
  watch(linked: (link: Link) => void): void {
    this.#linked = linked;
    linked(this.#link);
  }

  get started(): boolean {
    return this.#started;
  }

  /** Connects; `key` opens a peer's door. */
  start(key?: string): void {
    this.#started = true;
    this.#key = key;
    this.#connect();
  }

  stop(): void {
    this.#cancelRetry();
    this.#detach()?.close();
  }

  /** Tries at once, when a person does not want to wait. */
  retry(): void {
    if (this.#socket) return;
    this.#cancelRetry();
    this.#connect();
  }

  /**
   * Asks for a window before there is anybody to follow it. Whoever follows the same one first is told what came
   * meanwhile. Resolves when something did.
   *
   * Its snapshot is acknowledged at once, since the server keeps other windows back until then; of changes none comes
   * after the first, which waits.
   */
  ahead(window: Window): Promise<void> {
    const [, entry] = this.#subscribe(window);
    return new Promise((resolve) => {
      entry.came = resolve;
    });
  }

  /** Lets go of what was asked for ahead and is wanted by nobody. */
  settle(): void {
    for (const [id, entry] of this.#windows) {
      if (entry.follower) continue;
      this.#hand(entry, NOBODY);
      this.#windows.delete(id);
      this.#send({ type: 'unsubscribe', id });
    }
  }

  follow(window: Window, follower: Follower): Subscription {
    const [id, entry] = this.#askedAhead(window) ?? this.#subscribe(window);
    // Whoever follows is done with following before anything comes.
    queueMicrotask(() => this.#hand(entry, follower));
    entry.follower = follower;
    return {
      move: (from, count) => {
        Object.assign(entry.window, { from, count });
        this.#send({ type: 'move', id, from, count });
      },
      sort: () => this.#send({ type: 'sort', id }),
      close: () => {
        this.#hand(entry, NOBODY);
        if (this.#windows.delete(id)) this.#send({ type: 'unsubscribe', id });
      },
    };
  }

  #subscribe(window: Window): [number, Entry] {
    const id = this.#nextId++;
    const entry: Entry = { window: { ...window }, follower: undefined, kept: [], came: () => {} };
    this.#windows.set(id, entry);
    this.#send({ type: 'subscribe', id, ...window });
    return [id, entry];
  }

  #askedAhead(window: Window): [number, Entry] | undefined {
    const wanted = JSON.stringify(window);
    return [...this.#windows].find(([, one]) => !one.follower && JSON.stringify(one.window) === wanted);
  }

  /** Gives what came for a window to its follower, or keeps it until there is one. */
  #give(id: number, what: (follower: Follower) => void): void {
    const entry = this.#windows.get(id);
    if (!entry || entry.follower) return what(entry?.follower ?? NOBODY);
    entry.kept.push(what);
    entry.came();
  }

  #isAhead(id: number): boolean {
    const entry = this.#windows.get(id);
    return entry !== undefined && !entry.follower;
  }

  #hand(entry: Entry, follower: Follower): void {
    entry.kept.splice(0).forEach((give) => give(follower));
  }

  /** A hidden tab is sent nothing. */
  visible(yes: boolean): void {
    if (this.#visible === yes) return;
    this.#visible = yes;
    this.#send({ type: 'visible', yes });
    if (yes) this.retry();
  }

  #connect(): void {
    this.#tell({ state: 'connecting' });
    const socket = this.#world.connect();
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#received(parse(event.data));
    socket.onclose = () => this.#lost();
  }

  #opened(): void {
    this.#open = true;
    this.#unacknowledged = 0;
    this.#send(this.#key === undefined ? { type: 'hello' } : { type: 'hello', key: this.#key });
    if (!this.#visible) this.#send({ type: 'visible', yes: false });
    for (const [id, entry] of this.#windows) {
      entry.kept = [];
      this.#send({ type: 'subscribe', id, ...entry.window });
    }
  }

  #received(message: FromServer | undefined): void {
    if (!message) return;
    switch (message.type) {
      case 'welcome':
        this.#attempts = 0;
        this.#tell({ state: 'open', version: message.version });
        break;
      case 'snapshot':
        this.#give(message.id, (follower) => follower.snapshot(message));
        if (this.#isAhead(message.id)) this.#send({ type: 'ack', seq: message.seq });
        else this.#drawn(message.seq);
        break;
      case 'patch':
        this.#give(message.id, (follower) => {
          follower.patch(message);
          this.#drawn(message.seq);
        });
        break;
      case 'error':
        if (message.id !== undefined) {
          const problem = Problem.from(400, message.problem);
          this.#give(message.id, (follower) => follower.refused(problem));
        }
        break;
    }
  }

  /** Acknowledges once for all that came before the next drawing. */
  #drawn(seq: number): void {
    const scheduled = this.#unacknowledged > 0;
    this.#unacknowledged = Math.max(this.#unacknowledged, seq);
    if (scheduled) return;
    const socket = this.#socket;
    this.#world.afterDraw(() => {
      if (socket !== this.#socket) return;
      this.#send({ type: 'ack', seq: this.#unacknowledged });
      this.#unacknowledged = 0;
    });
  }

  #lost(): void {
    this.#detach();
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#attempts) * (0.5 + this.#world.random() / 2);
    this.#attempts += 1;
    this.#tell({ state: 'lost', attempts: this.#attempts, retryAt: this.#world.now() + pause });
    this.#cancelRetry = this.#world.later(pause, () => this.#connect());
  }

  #tell(link: Link): void {
    this.#link = link;
    this.#linked(link);
  }

  #detach(): Socket | undefined {
    const socket = this.#socket;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    this.#socket = undefined;
    this.#open = false;
    return socket;
  }

  #send(message: ToServer): void {
    if (this.#open) this.#socket?.send(JSON.stringify(message));
  }
}
