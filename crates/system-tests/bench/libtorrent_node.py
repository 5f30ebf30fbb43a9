"""libtorrent as a seeder or downloader of a benchmark, under the Python that has it.

    libtorrent_node.py seed|get TORRENT FOLDER ADDR:PORT MARKS PRESET

Touches MARKS/up when a downloader may be told to start, which MARKS/go does, MARKS/ready when a seeder seeds, and writes
the monotonic time into MARKS/verified when every piece is, and into MARKS/done when all files are written, which libtorrent
does behind its back (it does not wait for the disk itself, as a sync would). Presets: `tuned` for throughput, `default`, `super` for super-seeding.
"""

import os
import pathlib
import sys
import time

import libtorrent as lt

QUIET = dict.fromkeys(
    ["enable_outgoing_utp", "enable_incoming_utp", "enable_dht", "enable_lsd", "enable_upnp", "enable_natpmp"], False
)
TUNED = {
    "unchoke_slots_limit": -1, "connection_speed": 200, "torrent_connect_boost": 100, "max_out_request_queue": 2000,
    "send_buffer_watermark": 4 << 20, "send_buffer_watermark_factor": 150, "send_buffer_low_watermark": 512 << 10,
    "recv_socket_buffer_size": 4 << 20, "send_socket_buffer_size": 4 << 20, "max_queued_disk_bytes": 64 << 20,
    "aio_threads": 4, "hashing_threads": 2, "connections_limit": 500,
}


def settings(mode, preset, listen):
    chosen = {}
    if preset != "default":
        chosen = dict(lt.high_performance_seed() if mode == "seed" else lt.default_settings()) | TUNED
    categories = lt.alert.category_t
    return chosen | QUIET | {
        "listen_interfaces": listen, "allow_multiple_connections_per_ip": True, "out_enc_policy": 2, "in_enc_policy": 2,
        "alert_mask": int(categories.status_notification) | int(categories.error_notification)
        | int(categories.storage_notification),
    }


def parameters(mode, preset, torrent, folder):
    wanted = lt.add_torrent_params()
    wanted.ti, wanted.save_path = lt.torrent_info(torrent), folder
    flags = lt.torrent_flags
    wanted.flags &= ~(flags.auto_managed | flags.paused)
    wanted.flags |= flags.disable_dht | flags.disable_lsd | flags.disable_pex
    if mode == "seed":
        wanted.flags |= flags.seed_mode
        if preset == "super":
            wanted.flags |= flags.super_seeding
    return wanted


def mark(path):
    part = path.with_suffix(".part")
    part.write_text(repr(time.monotonic()))
    os.rename(part, path)


def main(mode, torrent, folder, listen, marks, preset):
    marks = pathlib.Path(marks)
    session = lt.session(settings(mode, preset, listen))
    if mode == "get":
        (marks / "up").touch()
        while not (marks / "go").exists():
            time.sleep(0.002)
    handle = session.add_torrent(parameters(mode, preset, torrent, folder))
    while True:
        session.wait_for_alert(50)
        for alert in session.pop_alerts():
            kind = type(alert).__name__
            if kind == "torrent_finished_alert" and mode == "get":
                mark(marks / "verified")
                handle.flush_cache()
            elif kind == "cache_flushed_alert" and (marks / "verified").exists():
                mark(marks / "done")
            elif "error" in kind:
                print(kind, alert.message(), flush=True)
        if mode == "seed" and not (marks / "ready").exists() and handle.status().is_seeding:
            (marks / "ready").touch()


if __name__ == "__main__":
    main(*sys.argv[1:])
