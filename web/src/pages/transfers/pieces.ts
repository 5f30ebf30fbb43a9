import { fromBase64 } from '../../api/base64';

/** The bits of a bitmap in base64, as in BEP 3: the first piece is the highest bit of the first byte. */
export function decodeBitmap(base64: string): Uint8Array {
  return fromBase64(base64);
}

/**
 * How full each of `cells` equal parts of the pieces is, from 0 to 1.
 *
 * With fewer pieces than cells, a piece fills several of them.
 */
export function density(bitmap: Uint8Array, pieces: number, cells: number): Float32Array {
  const filled = new Float32Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    const from = Math.floor((cell * pieces) / cells);
    const end = Math.max(from + 1, Math.floor(((cell + 1) * pieces) / cells));
    let have = 0;
    for (let piece = from; piece < end; piece++) {
      if ((bitmap[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) have += 1;
    }
    filled[cell] = have / (end - from);
  }
  return filled;
}
