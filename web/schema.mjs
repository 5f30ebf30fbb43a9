// Writes the types of the API out of its committed descriptions, docs/openapi/*.json. With `--check` it writes nothing and
// fails when they are not those of the descriptions.
import { readFile, writeFile } from 'node:fs/promises';

import openapi, { astToString } from 'openapi-typescript';

const header = '// Made by `npm run schema` out of docs/openapi. Do not edit.\n\n';
const check = process.argv.includes('--check');

for (const face of ['tracker', 'peer']) {
  const file = new URL(`src/api/${face}.gen.ts`, import.meta.url);
  const types = header + astToString(await openapi(new URL(`../docs/openapi/${face}.json`, import.meta.url)));
  if (!check) await writeFile(file, types);
  else if ((await readFile(file, 'utf8')) !== types) {
    console.error(`src/api/${face}.gen.ts is not what docs/openapi/${face}.json says: npm run schema`);
    process.exitCode = 1;
  }
}
