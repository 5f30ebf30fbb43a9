/** So many weeks are shown, the last of which ends now. */
export const WEEKS = 8;

const SECONDS = 7 * 86_400;

/** What went in a week, in bytes. */
export interface Week {
  /** When it began, in Unix seconds. */
  begin: number;
  down: number;
  up: number;
}

/** When the first of the weeks begins that end with `now`; both in Unix seconds. */
export function firstOf(now: number): number {
  return now - WEEKS * SECONDS;
}

/** What went in each week, the oldest first. A transfer counts in the week in which it ended. */
export function weeksOf(
  transfers: Iterable<{ direction: 'down' | 'up'; bytes: number; ended: number }>,
  now: number,
): Week[] {
  const weeks = Array.from({ length: WEEKS }, (_, i) => ({ begin: firstOf(now) + i * SECONDS, down: 0, up: 0 }));
  for (const { direction, bytes, ended } of transfers) {
    // What ends while one looks, and where clocks differ, is of the last week.
    const week = weeks[Math.min(WEEKS - 1, Math.floor((ended - firstOf(now)) / SECONDS))];
    if (week) week[direction] += bytes;
  }
  return weeks;
}
