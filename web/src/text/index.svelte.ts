import { type Texts, en } from './en';
import type { Language } from './language';

let texts = $state.raw<Texts>(en);
let language = $state<Language>('en');

/** The texts in the language that is in force. */
export function t(): Texts {
  return texts;
}

export function currentLanguage(): Language {
  return language;
}

/** Changes the language. Another than English is fetched first. */
export async function speak(next: Language): Promise<void> {
  texts = next === 'vi' ? (await import('./vi')).vi : en;
  language = next;
  document.documentElement.lang = next;
}
