"""libtorrent as a program, under whichever Python has it.

    libtorrent_client.py create v1|v2|hybrid CONTENT ANNOUNCE TORRENT
    libtorrent_client.py seed|seed-unchecked|get TORRENT|MAGNET FOLDER ADDR:PORT

Writes `announced` once a tracker has answered, `complete` once everything is checked and on disk.
"""

import os
import sys

import libtorrent as lt


def create(kind, content, announce, torrent):
    files = lt.file_storage()
    lt.add_files(files, content)
    flags = {"v1": lt.create_torrent.v1_only, "v2": lt.create_torrent.v2_only, "hybrid": 0}[kind]
    made = lt.create_torrent(files, 0, flags)
    made.add_tracker(announce)
    lt.set_piece_hashes(made, os.path.dirname(content))
    with open(torrent, "wb") as file:
        file.write(lt.bencode(made.generate()))


def session(listen, check):
    off = dict.fromkeys(
        ["enable_outgoing_utp", "enable_incoming_utp", "enable_dht", "enable_lsd", "enable_upnp", "enable_natpmp"], False
    )
    categories = lt.alert.category_t
    mask = categories.status_notification | categories.error_notification | categories.tracker_notification
    settings = off | {
        "allow_multiple_connections_per_ip": True, "listen_interfaces": listen, "alert_mask": int(mask),
        "announce_to_all_trackers": True, "disable_hash_checks": not check,
    }
    return lt.session(settings)


def run(mode, source, folder, listen):
    parameters = lt.parse_magnet_uri(source) if source.startswith("magnet:") else lt.add_torrent_params()
    if not source.startswith("magnet:"):
        parameters.ti = lt.torrent_info(source)
    parameters.save_path = folder
    parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    if mode == "seed-unchecked":
        parameters.flags |= lt.torrent_flags.seed_mode
    running = session(listen, check=mode != "seed-unchecked")
    handle = running.add_torrent(parameters)
    announced = completed = False
    while True:
        running.wait_for_alert(50)
        for alert in running.pop_alerts():
            kind = type(alert).__name__
            if kind == "tracker_reply_alert":
                announced = True
            elif "error" in kind or "failed" in kind:
                print(kind, alert.message(), flush=True)
            elif kind == "cache_flushed_alert" and completed is None:
                completed = True
                print("complete", flush=True)
        status = handle.status()
        if mode == "get" and completed is False and status.is_finished and status.has_metadata:
            completed = None
            handle.flush_cache()
        if announced and (mode == "get" or status.is_seeding):
            print("announced", flush=True)
            announced = False


if __name__ == "__main__":
    if sys.argv[1] == "create":
        create(*sys.argv[2:])
    else:
        run(*sys.argv[1:])
