export type Language = 'en' | 'vi';
export const languages: readonly { id: Language; name: string }[] = [
  { id: 'en', name: 'English' },
  { id: 'vi', name: 'Tiếng Việt' },
];

/** The language that was chosen before, or the best of `wanted` (BCP 47 tags, the best first) that the page has. */
export function bestLanguage(wanted: readonly string[], chosen?: string): Language {
  for (const tag of chosen ? [chosen, ...wanted] : wanted) {
    const found = languages.find(({ id }) => id === tag.toLowerCase().split('-')[0]);
    if (found) return found.id;
  }
  return 'en';
}
