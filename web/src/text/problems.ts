import type { Problem } from '../api/problem';
import { t } from './index.svelte';

/** A problem in words. What the server says is English: it names the thing and what to do. */
export function words(problem: Problem): string {
  const texts = t().problem;
  if (problem.code === 'unreachable') return texts.unreachable(problem.message);
  if (problem.code === 'unreadable') return texts.unreadable(problem.message);
  return problem.message;
}
