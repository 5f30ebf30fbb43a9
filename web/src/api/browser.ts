import type { Socket, World } from './live';

/** After so long a drawing counts as done: a window that is covered may draw nothing. */
const DRAWN_AT_LATEST = 1_000;

/** So often a WebSocket must fail, without ever having opened, for it to be taken for one that is not let through. */
const FUTILE = 2;

/**
 * The world of a {@link Live} in a browser. Where no WebSocket comes through, `instead` takes its place.
 */
export function browserWorld(url: URL, instead: () => Socket): World {
  let futile = 0;
  const address = new URL(url);
  address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return {
    connect: () => {
      if (futile >= FUTILE) return instead();
      const socket = new WebSocket(address);
      futile += 1;
      socket.addEventListener('open', () => (futile = Number.NEGATIVE_INFINITY));
      return socket as unknown as Socket;
    },
    now: () => performance.now(),
    random: () => Math.random(),
    later: (milliseconds, then) => {
      const timer = setTimeout(then, milliseconds);
      return () => clearTimeout(timer);
    },
    afterDraw,
  };
}

/** A frame's callbacks run before it is drawn; a message posted in one comes after. */
function afterDraw(then: () => void): void {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    then();
  };
  const timer = setTimeout(once, DRAWN_AT_LATEST);
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      once();
    };
    port2.postMessage(null);
  });
}
