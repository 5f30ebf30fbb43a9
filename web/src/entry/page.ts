import '../style/base.css';

import { face } from '../state/connection';
import { begin } from './begin';
import { asked } from './early';

const pages = {
  item: () => import('../pages/item/Item.svelte'),
  peers: () => import('../pages/peers/Peers.svelte'),
  members: () => import('../pages/members/Members.svelte'),
  health: () => import('../pages/health/Health.svelte'),
  settings: () => import('../pages/settings/Settings.svelte'),
};
const ofPeers = {
  transfers: () => import('../pages/transfers/Transfers.svelte'),
  repository: () => import('../pages/repository/Repository.svelte'),
  add: () => import('../pages/add/Add.svelte'),
};

if (face === 'peer') await begin(asked, { ...pages, ...ofPeers }, () => import('../pages/add/Drop.svelte'));
else await begin(asked, pages);
