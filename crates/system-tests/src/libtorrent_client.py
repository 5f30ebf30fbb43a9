"""libtorrent as a stock client that fetches a torrent and then seeds it.

    libtorrent_client.py TORRENT FOLDER ADDR:PORT BYTES_PER_SECOND DONE

Makes the file DONE once everything is checked and on disk.
"""

import pathlib
import sys

import libtorrent as lt

torrent, folder, listen, rate, done = sys.argv[1:]
off = ["enable_outgoing_utp", "enable_incoming_utp", "enable_dht", "enable_lsd", "enable_upnp", "enable_natpmp"]
session = lt.session(dict.fromkeys(off, False) | {
    "allow_multiple_connections_per_ip": True, "listen_interfaces": listen,
    "tracker_completion_timeout": 3, "tracker_receive_timeout": 3,
    "alert_mask": int(lt.alert.category_t.status_notification),
})
parameters = lt.add_torrent_params()
parameters.ti = lt.torrent_info(torrent)
parameters.save_path = folder
parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
# A limit of the session's does not hold on the own network.
parameters.download_limit = int(rate)
handle = session.add_torrent(parameters)
flushing = False
while True:
    session.wait_for_alert(100)
    for alert in session.pop_alerts():
        if isinstance(alert, lt.cache_flushed_alert) and flushing:
            pathlib.Path(done).touch()
    if not flushing and handle.status().is_seeding:
        flushing = True
        handle.flush_cache()
