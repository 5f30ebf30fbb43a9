import type { Holder, Item, Source } from '../../api/shapes';

/** Somebody in the swarm of an item. */
export interface Member {
  key: string;
  /** Missing of another BitTorrent client. */
  name?: string | undefined;
  /** From 0 to 1, where it is known. */
  share?: number | undefined;
  /** Bytes a second that come from there. */
  rate: number;
  /** Bytes a second that go there. */
  up: number;
}

/** A member and its place in a picture of {@link WIDTH} by {@link heightFor}. */
export interface Placed extends Member {
  x: number;
  y: number;
}

export const WIDTH = 420;
const HEIGHT = 230;
/** With two members all stand in one line. */
const LOW = 110;
/** At most so many are drawn; the others are a figure. */
export const MOST = 10;

/** Who has how much of an item, and who sends to this peer and gets from it, with the fastest and the most complete first. */
export function members(item: Item, holders: readonly Holder[], sources: readonly Source[], self?: string): Member[] {
  const found = new Map<string, Member>();
  holders.forEach(({ peer_id, name, complete, pieces }, i) => {
    const share = complete
      ? 1
      : pieces === null || pieces === undefined
        ? undefined
        : pieces / Math.max(1, item.pieces);
    const key = peer_id ?? `${i}`;
    if (key !== self) found.set(key, { key, name: name ?? undefined, share, rate: 0, up: 0 });
  });
  for (const { peer_id, name, pieces, rate, rate_up: up, connected } of sources) {
    if (!connected) continue;
    const share = pieces / Math.max(1, item.pieces);
    // Whoever only takes is known to the tracker by name, and here by its program.
    const known = found.get(peer_id)?.name ?? (name || undefined);
    found.set(peer_id, { key: peer_id, name: known, share, rate, up });
  }
  return [...found.values()].sort((a, b) => b.rate - a.rate || b.up - a.up || (b.share ?? 0) - (a.share ?? 0));
}

/** The height of the picture, for so many members. */
export function heightFor(count: number): number {
  return count > 2 ? HEIGHT : LOW;
}

/** Members around the middle, the first at the left. */
export function placed(all: readonly Member[]): Placed[] {
  const shown = all.slice(0, MOST);
  const height = heightFor(shown.length);
  return shown.map((member, i) => {
    const angle = Math.PI + (2 * Math.PI * i) / Math.max(2, shown.length);
    return {
      ...member,
      x: round(WIDTH / 2 + Math.cos(angle) * (WIDTH / 2 - 52)),
      y: round(height / 2 - 8 + Math.sin(angle) * (height / 2 - 38)),
    };
  });
}

/** The arc of a circle around (0, 0) that shows a share, from the top; nothing for all or none. */
export function arc(share: number, radius: number): string {
  if (share <= 0 || share >= 1) return '';
  const angle = 2 * Math.PI * share - Math.PI / 2;
  const [x, y] = [round(Math.cos(angle) * radius), round(Math.sin(angle) * radius)];
  return `M0 ${-radius}A${radius} ${radius} 0 ${share > 0.5 ? 1 : 0} 1 ${x} ${y}`;
}

/** How thick the way of a rate is drawn, in px: each tenfold rate by one and a half. */
export function thickness(rate: number): number {
  return rate <= 0 ? 0 : Math.min(8, Math.max(1.5, 1.5 * Math.log10(rate / 1_000)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
