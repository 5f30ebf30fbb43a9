import type { Face } from '../state/connection';
import type { Page } from '../state/route';
import type { IconName } from './Icon.svelte';

export interface Place {
  page: Exclude<Page, 'item' | 'add'>;
  icon: IconName;
}

const all: readonly (Place & { of?: Face })[] = [
  { page: 'catalogue', icon: 'catalogue' },
  { page: 'transfers', icon: 'transfers', of: 'peer' },
  { page: 'repository', icon: 'repository', of: 'peer' },
  { page: 'peers', icon: 'peers' },
  { page: 'members', icon: 'members' },
  { page: 'health', icon: 'health' },
  { page: 'settings', icon: 'settings' },
];

/** The places of a face's navigation, in their order. */
export function placesOf(face: Face): Place[] {
  return all.filter(({ of }) => of === undefined || of === face);
}
