const MIB = 1024 ** 2;

/** What a person wrote as MiB a second, in bytes a second; `null` for no limit, `undefined` for what is no number. */
export function parseLimit(text: string): number | null | undefined {
  const plain = text.trim().replace(',', '.');
  if (plain === '') return null;
  const value = Number(plain);
  return Number.isFinite(value) && value > 0 ? Math.round(value * MIB) : undefined;
}

/** A limit in bytes a second, as a person would write it. */
export function writeLimit(limit: number | null | undefined): string {
  return limit ? String(Math.round((limit / MIB) * 100) / 100) : '';
}
