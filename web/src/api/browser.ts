import type { Socket, World } from './live';

/** After so long a drawing counts as done: a window that is covered may draw nothing. */
const DRAWN_AT_LATEST = 1_000;

/** The world of a {@link Live} in a browser. */
export function browserWorld(url: URL): World {
  const address = new URL(url);
  address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return {
    connect: () => new WebSocket(address) as unknown as Socket,
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
