import { currentLanguage, t } from './index.svelte';

// Figures as people read them, in the language that is in force. Sizes have binary units, as in the terminal.

/**
 * A number with so many digits behind the point, its thousands apart. Written by hand: a page shows a hundred figures
 * before anything else, and a slow machine takes as long for its first `Intl.NumberFormat` as for all of them.
 */
function format(n: number, digits = 0): string {
  const { point, thousands } = t().unit;
  const [whole = '', rest] = n.toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, thousands);
  return rest === undefined ? grouped : grouped + point + rest;
}

export function count(n: number): string {
  return format(n);
}

export function bytes(n: number): string {
  const units = t().unit.bytes;
  let value = n;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${format(value, digits)} ${units[unit] ?? ''}`;
}

/** Bytes a second. */
export function rate(n: number): string {
  return t().unit.rate(bytes(n));
}

/** A share from 0 to 1. What is not all is never shown as 100 %, and what is something never as 0 %. */
export function percent(share: number): string {
  const digits = share > 0 && share < 1 ? 1 : 0;
  const shown = share >= 1 ? 1 : Math.min(share, 0.999);
  return `${format(100 * (shown > 0 ? Math.max(shown, 0.001) : 0), digits)}%`;
}

/** A span of time by its largest unit or two. */
export function span(seconds: number): string {
  const { time } = t();
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return time.second(s);
  const minutes = Math.floor(s / 60);
  if (minutes < 60)
    return minutes < 10 && s % 60 ? `${time.minute(minutes)} ${time.second(s % 60)}` : time.minute(minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${time.hour(hours)} ${time.minute(minutes % 60)}` : time.hour(hours);
  return time.day(Math.floor(hours / 24));
}

/** How long ago a moment was, by its largest unit; both in Unix seconds. */
export function ago(moment: number, now: number): string {
  const { time } = t();
  const s = Math.max(0, now - moment);
  if (s < 60) return time.now;
  if (s < 3_600) return time.ago(time.minute(Math.floor(s / 60)));
  if (s < 86_400) return time.ago(time.hour(Math.floor(s / 3_600)));
  return time.ago(time.day(Math.floor(s / 86_400)));
}

/** Date and time of a moment in Unix seconds. */
export function moment(seconds: number): string {
  const options: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'short' };
  return new Intl.DateTimeFormat(currentLanguage(), options).format(seconds * 1000);
}

/** The day of a moment in Unix seconds, without its year. */
export function day(seconds: number): string {
  const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
  return new Intl.DateTimeFormat(currentLanguage(), options).format(seconds * 1000);
}

/** The first digits of a hash, for people to compare. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}
