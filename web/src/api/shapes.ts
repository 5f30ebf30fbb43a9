import type { components as OfPeer } from './peer.gen';
import type { components as OfTracker } from './tracker.gen';

type Peer = OfPeer['schemas'];
type Tracker = OfTracker['schemas'];

/** One item of the pool. `added` is Unix seconds, `completeness` a share (0 to 1) or a number of copies. */
export type Item = Peer['Item'];
export type ItemDetail = Tracker['ItemDetail'];
export type Holder = Peer['Holder'];
export type PoolPeer = Peer['PoolPeer'];
export type SharedItem = Peer['SharedItem'];
export type SharedDetail = Peer['SharedDetail'];
export type RepositoryProblem = Peer['Problem'];
export type Hashing = Peer['Hashing'];
export type Source = Peer['Source'];
export type Status = Peer['Status'];
export type Health = Tracker['Health'];
export type Reason = Peer['Reason'];
export type FileEntry = Peer['FileEntry'];
export type HistoryEntry = Peer['Transfer'];
export type Limits = Peer['Limits'];
export type LogLine = Peer['LogLine'];

/** A download, and what a view of it alone adds. `pieces` is a bitmap as in BEP 3, in base64. */
export type Download = Omit<Peer['Download'], 'sources'> & {
  /** Left out of lists, which have {@link source_count}. */
  sources?: Source[];
  /** Peers that are connected for it. */
  source_count?: number;
  priority?: string;
  pieces?: string;
  /** How many bits `pieces` has; above 8,192 pieces a bit stands for several, and is set once all of them are here. */
  cells?: number;
  /** Bytes a second, one value a second, the newest last. */
  curve?: { down: number[]; up: number[] };
};
export type DownloadState = Download['state'];
