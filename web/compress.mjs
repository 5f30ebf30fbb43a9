// Writes each built file again as `.gz` and `.br`, where that is shorter, so that no server compresses anything.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = process.env.PEERPOOL_WEB_OUT ?? 'dist';
const forms = {
  gz: (bytes) => gzipSync(bytes, { level: 9 }),
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
};

for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || /\.(gz|br)$/.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = await readFile(path);
  for (const [ending, compress] of Object.entries(forms)) {
    const shorter = compress(bytes);
    if (shorter.length < bytes.length) await writeFile(`${path}.${ending}`, shorter);
  }
}
