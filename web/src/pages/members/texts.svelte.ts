import { currentLanguage } from '../../text/index.svelte';
import { en } from './texts.en';
import { vi } from './texts.vi';

/** The texts of a members' pool, in the language that is in force. They come with its pages. */
export function texts(): typeof en {
  return currentLanguage() === 'vi' ? vi : en;
}
