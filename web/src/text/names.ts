// Names come from strangers. A control character or one that turns the direction of writing could make a name look like
// another one, so it is shown as its code.

export interface Part {
  text: string;
  /** Whether `text` is the code of a character that would not be seen. */
  hidden: boolean;
}

// Controls, formats (bidi, zero width, tags), line and paragraph separators, surrogates and private characters. The joiner
// and non-joiner (U+200C, U+200D) stay: scripts and emoji need them.
const HIDDEN = /[^\P{C}\u200c\u200d]|[\u2028\u2029\u115f\u1160\u3164\uffa0]/u;

/** A name in parts, the codes of hidden characters apart. */
export function visible(name: string): Part[] {
  // Nearly every name: lists show many at once.
  if (!HIDDEN.test(name)) return [{ text: name, hidden: false }];
  const parts: Part[] = [];
  for (const character of name) {
    const hidden = HIDDEN.test(character);
    const text = hidden ? code(character) : character;
    const last = parts.at(-1);
    if (last && !hidden && !last.hidden) last.text += text;
    else parts.push({ text, hidden });
  }
  return parts;
}

/** A name as plain text, for titles and labels. */
export function plain(name: string): string {
  return visible(name)
    .map(({ text }) => text)
    .join('');
}

function code(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}
