import { toBase64 } from '../../api/base64';
import { Problem } from '../../api/problem';
import { t } from '../../text/index.svelte';
import { plain } from '../../text/names';

/** The largest .torrent file that peers and trackers take, in bytes (docs/protocol.md, "limit"). */
const LARGEST = 32 * 1024 * 1024;

/** The bytes of a .torrent file in base64. A file that cannot be one is refused here, before it is read. */
export async function torrentOf(file: File): Promise<string> {
  if (!file.name.endsWith('.torrent')) throw new Problem('refused_torrent', t().add.notTorrent(plain(file.name)));
  if (file.size > LARGEST) throw new Problem('refused_torrent', t().add.tooLarge(plain(file.name)));
  return toBase64(new Uint8Array(await file.arrayBuffer()));
}
