// Writes the types of the API out of its committed descriptions, docs/openapi/*.json.
import { writeFile } from 'node:fs/promises';

import openapi, { astToString } from 'openapi-typescript';

const header = '// Made by `npm run schema` out of docs/openapi. Do not edit.\n\n';

for (const face of ['tracker', 'peer']) {
  const types = await openapi(new URL(`../docs/openapi/${face}.json`, import.meta.url));
  await writeFile(new URL(`src/api/${face}.gen.ts`, import.meta.url), header + astToString(types));
}
