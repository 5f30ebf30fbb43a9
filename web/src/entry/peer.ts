import '../style/base.css';

import { begin } from './begin';

await begin(
  'peer',
  {
    item: () => import('../pages/item/Item.svelte'),
    transfers: () => import('../pages/transfers/Transfers.svelte'),
    repository: () => import('../pages/repository/Repository.svelte'),
    peers: () => import('../pages/peers/Peers.svelte'),
    members: () => import('../pages/members/Members.svelte'),
    health: () => import('../pages/health/Health.svelte'),
    settings: () => import('../pages/settings/Settings.svelte'),
    add: () => import('../pages/add/Add.svelte'),
  },
  () => import('../pages/add/Drop.svelte'),
);
