import '../style/base.css';

import { begin } from './begin';

await begin('tracker', {
  item: () => import('../pages/item/Item.svelte'),
  peers: () => import('../pages/peers/Peers.svelte'),
  members: () => import('../pages/members/Members.svelte'),
  health: () => import('../pages/health/Health.svelte'),
  settings: () => import('../pages/settings/Settings.svelte'),
});
