import { type Texts, en } from './en';

export type Language = 'en' | 'vi';
export const languages: readonly { id: Language; name: string }[] = [
  { id: 'en', name: 'English' },
  { id: 'vi', name: 'Tiếng Việt' },
];

let texts = $state.raw<Texts>(en);
let language = $state<Language>('en');

/** The texts in the language that is in force. */
export function t(): Texts {
  return texts;
}

export function currentLanguage(): Language {
  return language;
}

/** The language of `wanted` (BCP 47 tags, the best first) that the page has. */
export function bestLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = languages.find(({ id }) => id === tag.toLowerCase().split('-')[0]);
    if (found) return found.id;
  }
  return 'en';
}

/** Changes the language. Another than English is fetched first. */
export async function speak(next: Language): Promise<void> {
  texts = next === 'vi' ? (await import('./vi')).vi : en;
  language = next;
  document.documentElement.lang = next;
}
