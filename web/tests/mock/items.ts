import type { Item } from '../../src/api/shapes';

// 1,000,000 items without storing one: what an item is follows from its number.

const first = words(
  'Annals Archive Atlas Báo cáo Backup Baroque Bài giảng Birds Blueprint Camera Castle Census Chart Choir City Clinic Coast Comet Concert Corpus Dataset Delta Diary Dossier Drone Echo Edition Elections Engine Essay Expedition Fabric Field Film Flora Forest Frames Gallery Garden Genome Geology Ghi chép Glacier Grammar Harbour Harvest Herbarium History Hymn Iceland Index Interview Island Journal Jungle Kernel Kite Lake Lecture Ledger Letters Library Linguistics Lunar Luận văn Manual Maps Marine Market Medicine Memory Meteor Minutes Monsoon Mosaic Mountain Museum Nebula Notes Ocean Opera Orchard Orchestra Parish Phim Piano Planet Poems Portrait Quarry Radio Railway Recipes Records Reef River Sách nói',
);
const second = words(
  'amber anthem april ash august autumn basalt beacon birch blue bright broad calm canal cedar chalk clear cliff cloud cobalt copper coral crystal dawn deep desert dusk early east elder ember evening fen fern final flint fog frost full gale glass gold granite green grey hazel heath high hollow indigo inner iron ivory jade june kelp late lime linen long low maple march marsh meadow mica mild misty moss new night north oak ochre old olive open orange outer pale pearl pine plain plum quartz quiet rain red reed ridge rose salt sand sea sepia shore silver slate snow south spring',
);
const third = Array.from({ length: 100 }, (_, i) => `${1925 + i}`);

export const ITEMS = 1_000_000;

/** Names that somebody wrote to do harm. */
const hostile = [
  '<img src=x onerror=alert(1)>.mkv',
  'holiday\u202Egpj.exe',
  "'; DROP TABLE items; --",
  'tab\tand\nnewline\u0007.txt',
  '{@html "<b>x</b>"} ${alert(1)}',
  'zero\u200Bwidth\u2066isolated.iso',
  `${'very long name '.repeat(24)}end.tar`,
  'مجموعة الصور ٢٠٢٤.zip',
];

function words(text: string): string[] {
  return text.split(' ');
}

/** A number from 0 up to 2^32 that a seed gives. */
export function chance(seed: number): number {
  let x = Math.imul(seed ^ (seed >>> 16), 0x45d9f3b);
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
  return (x ^ (x >>> 16)) >>> 0;
}

function parts(i: number): [number, number, number] {
  return [Math.floor(i / 10_000) % first.length, Math.floor(i / 100) % 100, i % 100];
}

export function nameAt(i: number): string {
  const bad = hostile[i];
  if (bad !== undefined) return bad;
  const [a, b, c] = parts(i);
  const extension = chance(i) % 3 === 0 ? '' : ['.mkv', '.tar', '.pdf', '.flac'][chance(i) % 4];
  return `${first[a]} ${second[b % second.length]} ${third[c]}${extension}`;
}

const numbers = new Map<string, number>();

export function hashAt(i: number): string {
  const hash = Array.from({ length: 8 }, (_, k) =>
    chance(i * 8 + k + 1)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  numbers.set(hash, i);
  return hash;
}

/** The number of an item, by its hash, of those that were asked for before. */
export function numberOf(hash: string): number | undefined {
  return numbers.get(hash);
}

/** Whether an item has no v1 form. */
export function isV2Alone(i: number): boolean {
  return i % 53 === 5;
}

/** An item, as it stands after `turns` turns of its holders. */
export function itemAt(i: number, turns = 0): Item {
  const hash = hashAt(i);
  const folder = chance(i) % 3 === 0;
  const size = Math.floor(2 ** (12 + (chance(i + 7) % 260) / 10));
  const seeds = (chance(i + 3) % 5) + (turns % 3);
  const partial = chance(i + 4 + turns) % 4;
  const pieceLength = Math.max(16_384, 2 ** Math.ceil(Math.log2(size / 1_500)));
  return {
    hash,
    v2: hash,
    ...(isV2Alone(i) ? {} : { v1: hash.slice(24) }),
    name: nameAt(i),
    kind: folder ? 'folder' : 'file',
    size,
    files: folder ? (chance(i + 5) % 4_000) + 2 : 1,
    pieces: Math.max(1, Math.ceil(size / pieceLength)),
    piece_length: pieceLength,
    private: i % 97 === 0,
    seeds,
    partial,
    content_holders: seeds,
    variants: i % 41 === 0 ? 2 : 0,
    added: 1_795_000_000 - (chance(i + 6) % 30_000_000),
    completeness: seeds > 0 ? 1 : partial === 0 ? 0 : (chance(i + 9) % 1_000) / 1_000,
  };
}

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').toLowerCase();
}

const folded = { first: first.map(fold), second: second.map(fold), third };

/** The items whose names have a word that begins with each word of the search, in the order of names. */
export function search(text: string): Uint32Array | undefined {
  const wanted = fold(text).split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return undefined;
  const hits = wanted.map((word) => ({
    a: folded.first.map((one) => one.startsWith(word)),
    b: folded.second.map((one) => one.startsWith(word)),
    c: folded.third.map((one) => one.startsWith(word)),
  }));
  const found: number[] = [];
  for (let i = 0; i < ITEMS; i++) {
    const [a, b, c] = parts(i);
    if (hits.every((hit) => hit.a[a] || hit.b[b] || hit.c[c])) found.push(i);
  }
  return Uint32Array.from(found);
}
