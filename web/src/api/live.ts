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

interface Entry {
  window: Window;
  follower: Follower;
}

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

  /** Connects; `key` opens a peer's door. */
  start(key?: string): void {
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

  follow(window: Window, follower: Follower): Subscription {
    const id = this.#nextId++;
    const entry = { window: { ...window }, follower };
    this.#windows.set(id, entry);
    this.#send({ type: 'subscribe', id, ...window });
    return {
      move: (from, count) => {
        Object.assign(entry.window, { from, count });
        this.#send({ type: 'move', id, from, count });
      },
      sort: () => this.#send({ type: 'sort', id }),
      close: () => {
        if (this.#windows.delete(id)) this.#send({ type: 'unsubscribe', id });
      },
    };
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
    for (const [id, { window }] of this.#windows) this.#send({ type: 'subscribe', id, ...window });
  }

  #received(message: FromServer | undefined): void {
    if (!message) return;
    switch (message.type) {
      case 'welcome':
        this.#attempts = 0;
        this.#tell({ state: 'open', version: message.version });
        break;
      case 'snapshot':
        this.#windows.get(message.id)?.follower.snapshot(message);
        this.#drawn(message.seq);
        break;
      case 'patch':
        this.#windows.get(message.id)?.follower.patch(message);
        this.#drawn(message.seq);
        break;
      case 'error':
        if (message.id !== undefined) {
          this.#windows.get(message.id)?.follower.refused(Problem.from(400, message.problem));
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
