import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** The program under test: the release build, or the one that PEERPOOL_BIN names. */
export const program = resolve(
  process.env.PEERPOOL_BIN ?? join(import.meta.dirname, '../../../target/release/peerpool'),
);

const call = promisify(execFile);

/** Where a pool runs, when not here. */
export interface Place {
  through?: readonly string[];
  listen?: string;
  /** Further options of the tracker. */
  options?: readonly string[];
}

/** A real tracker and real peers, in a folder of their own. */
export class RealPool {
  readonly #folder: string;
  readonly #running = new Map<string, ChildProcess>();
  /** A command that starts the programs, each where that command takes it. */
  readonly #through: readonly string[];
  /** Further variables of their environment. */
  variables: NodeJS.ProcessEnv = {};
  /** Where the tracker is, as `HOST:PORT`. */
  tracker: string;

  private constructor(folder: string, through: readonly string[], listen: string) {
    this.#folder = folder;
    this.#through = through;
    this.tracker = listen;
  }

  /** The port of the tracker. */
  get port(): number {
    return Number(this.tracker.split(':').at(-1));
  }

  /** A folder that goes when the pool does. */
  get folder(): string {
    return this.#folder;
  }

  static async start(place: Place = {}): Promise<RealPool> {
    const pool = await RealPool.empty(place);
    await pool.startTracker(...(place.options ?? []));
    return pool;
  }

  /** One in which nothing runs yet. */
  static async empty({ through = [], listen = '127.0.0.1:0' }: Place = {}): Promise<RealPool> {
    return new RealPool(await mkdtemp(join(tmpdir(), 'peerpool-page-')), through, listen);
  }

  /** Starts the tracker, at the address that it had before. */
  async startTracker(...more: string[]): Promise<void> {
    const data = join(this.#folder, 'tracker');
    const own = ['--listen', this.tracker, '--no-discovery', '--data', data];
    const ready = await this.#run('tracker', ['tracker', ...own, ...more]);
    this.tracker = ready.match(/http:\/\/(\S+)/)?.[1] ?? this.tracker;
  }

  /** Starts the tracker of a pool for members; the link by which the first administrator gets in. */
  async startTrackerOfMembers(...more: string[]): Promise<string> {
    const own = ['--listen', this.tracker, '--no-discovery', '--data', join(this.#folder, 'members'), '--members'];
    const isLink = (line: string) => line.includes('/join#');
    const said = await this.#run('tracker', ['tracker', ...own, ...more], this.#through, isLink);
    const link = said.trim();
    this.tracker = new URL(link).host;
    return link;
  }

  /** Makes this machine a device of a member, by the link of an invite. */
  async join(link: string, member: string): Promise<void> {
    const env = { ...this.#environment(), PEERPOOL_INVITE: link };
    await call(program, ['join', '--name', member, '--device', 'desk'], { env });
  }

  /** The folder that a peer shares; there before the peer is. */
  async repository(name: string): Promise<string> {
    const folder = join(this.#folder, name);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  async startPeer(name: string, ...more: string[]): Promise<void> {
    const repository = await this.repository(name);
    const own = ['--repository', repository, '--name', name, '--listen', '127.0.0.1:0', '--tracker', this.tracker];
    await this.#run(name, ['peer', '--no-shell', ...own, ...more]);
  }

  /** Starts a peer in a network namespace. */
  async startPeerAt(machine: string, name: string, tracker: string): Promise<void> {
    const own = ['--repository', await this.repository(name), '--tracker', tracker];
    await this.#run(name, ['peer', '--no-shell', ...own], ['ip', 'netns', 'exec', machine]);
  }

  /** Another command in the repository of a peer in a network namespace; what it prints. */
  async commandAt(machine: string, peer: string, ...args: string[]): Promise<string> {
    const own = ['--repository', await this.repository(peer)];
    const through = ['netns', 'exec', machine, program, ...args, ...own];
    return (await call('ip', through, { env: this.#environment() })).stdout.trim();
  }

  /** Another command in the repository of a peer that runs; what it prints. */
  async command(peer: string, ...args: string[]): Promise<string> {
    const repository = await this.repository(peer);
    const { stdout } = await call(program, [...args, '--repository', repository], { env: this.#environment() });
    return stdout.trim();
  }

  /** Kills a program, which has no chance to say goodbye. */
  async kill(name: string): Promise<void> {
    const child = this.#running.get(name);
    if (!child) return;
    this.#running.delete(name);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async end(): Promise<void> {
    for (const name of [...this.#running.keys()]) await this.kill(name);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #environment(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, HOME: this.#folder, XDG_RUNTIME_DIR: this.#folder, ...this.variables };
  }

  /** Starts a program, and waits until it says that it is ready, or something else; what it says. */
  async #run(
    name: string,
    args: string[],
    through = this.#through,
    awaited = (line: string) => line.startsWith('ready '),
  ): Promise<string> {
    const [command = program, ...rest] = [...through, program, ...args];
    const child = spawn(command, rest, { env: this.#environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running.set(name, child);
    const said: string[] = [];
    child.stderr.on('data', (text) => said.push(String(text)));
    for await (const line of createInterface({ input: child.stdout })) {
      if (awaited(line)) {
        child.stdout.resume();
        return line;
      }
      said.push(line);
    }
    throw new Error(`${name} ended before it was ready:\n${said.join('\n')}`);
  }
}
