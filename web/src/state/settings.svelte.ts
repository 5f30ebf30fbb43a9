import { speak } from '../text/index.svelte';
import { type Language, bestLanguage } from '../text/language';
import { store, stored } from './stored';

export type Theme = 'system' | 'light' | 'dark';
export const themes: readonly Theme[] = ['system', 'light', 'dark'];

/** How this browser shows the page. */
class Settings {
  language = $state<Language>('en');
  theme = $state<Theme>('system');
  /** Whether single letters are commands (WCAG 2.1.4 wants a way to turn them off). */
  singleKeys = $state(true);

  /** Reads what was kept, and puts it into force. */
  async load(): Promise<void> {
    const theme = stored('theme');
    this.#showTheme(themes.find((one) => one === theme) ?? 'system');
    this.singleKeys = stored('singleKeys') !== 'no';
    this.language = bestLanguage(navigator.languages, stored('language'));
    await speak(this.language);
  }

  setTheme(theme: Theme): void {
    this.#showTheme(theme);
    store('theme', theme === 'system' ? undefined : theme);
  }

  async setLanguage(language: Language): Promise<void> {
    this.language = language;
    store('language', language);
    await speak(language);
  }

  setSingleKeys(yes: boolean): void {
    this.singleKeys = yes;
    store('singleKeys', yes ? undefined : 'no');
  }

  #showTheme(theme: Theme): void {
    this.theme = theme;
    document.documentElement.dataset.theme = theme;
  }
}

export const settings = new Settings();
