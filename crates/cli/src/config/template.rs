//! The file that `peerpool config init` writes.

/// Every setting, commented out, with its default or an example. Whatever is uncommented is understood.
pub const TEMPLATE: &str = r#"# Peerpool's configuration. The command line goes first, then the environment, then this file.
# `peerpool config check` says what is wrong with it, `peerpool config show` where each value comes from.
# A running daemon takes over changes at `peerpool reload` or SIGHUP. Those marked (restart) need a new start.

# The shared folder. (Another folder: the new peer starts, and the old one leaves.)
#repository = "/srv/peerpool"

# The pool's tracker; of a pool with several nodes some of them, as in "one.example:6969,two.example:6969".
#tracker = "tracker.example:6969"

# Where the peer listens for other peers (restart). Port 0 means any free port.
#listen = "[::]:0"

# The peer's display name. Default: this machine's name.
#name = "archive"

# Where the peer lets browsers in; nowhere by default. `peerpool web` opens the page. Port 0 means any free port.
#web = "127.0.0.1:0"

# Whether that may be an address that other machines reach. Nothing is encrypted there.
#web_anywhere = false

# How fast payload may go: bytes a second (500k, 2M), bits (10Mbit) or "off". Each repository keeps these limits by
# itself. They go before what `peerpool limit` set in an earlier run; without any, that counts.
[limits]
#up = "10Mbit"
#down = "4M"
# Of each item, and to or from each peer.
#item_up = "off"
#item_down = "off"
#peer_up = "off"
#peer_down = "2M"
# For parts of the day, write a table [[limits]] for each. The first that applies takes the place of the one without.
#between = "08:00-18:00"
#days = ["mon", "tue", "wed", "thu", "fri"]

[log]
# error, warn, info, debug, trace, or a filter as in RUST_LOG: "warn,peerpool_tracker=debug".
#level = "info"
# human or json (restart). In systemd's journal, human lines carry a priority each.
#format = "human"

# For `peerpool tracker`.
[tracker_server]
# Where the tracker listens (restart).
#listen = "0.0.0.0:6969"
# Where it keeps its data (restart). Default: peerpool/tracker in the user's data folder.
#data = "/var/lib/peerpool-tracker"
# A database on PostgreSQL to keep items and members in, in place of a file in that folder (restart). Several servers of one
# database have commas between them. Passwords belong in the file that $PGPASSFILE names, or in ~/.pgpass.
#database = "postgres://peerpool@db1.example/peerpool,postgres://peerpool@db2.example/peerpool"
# Where the other nodes of the pool reach this one, where several trackers share that database as one pool (restart).
#advertise = "tracker1.example:6969"
# Its display name. Default: this machine's name.
#name = "pool"
# Names under which it is reached, beside its addresses and this machine's own name.
#hosts = ["tracker.example"]
# Whether its pool is for members alone (restart).
#members = false
# Give content to browsers, too, and keep so much of what they read (restart). Off unless it is set.
#gateway = "20GiB"

# Which authority signs, by ACME, the certificate that browsers are shown in a pool for members who ask for these names (restart).
# Port 443 of each name has to lead to the tracker's port. Whoever names them agrees to the terms of the authority.
[tracker_server.acme]
#names = ["pool.example.com"]
# Default: Let's Encrypt.
#directory = "https://acme-v02.api.letsencrypt.org/directory"
# By which mail address the authority may reach you.
#contact = "admin@example.com"

# By which account elsewhere the members of a pool sign in on its page, beside a password (restart): a provider that speaks
# OpenID Connect, and knows https://HOST:PORT/signed-in as where it sends browsers back to.
[tracker_server.oidc]
#issuer = "https://id.example/realms/home"
#client_id = "peerpool"
# The file whose first line is the secret that the provider gave out.
#client_secret_file = "/etc/peerpool/oidc-secret"
# What the page calls it. Default: its host.
#name = "Example"

# Networks that are one site, where their addresses do not say so (restart): between sites, each piece crosses once. Networks
# that no site lists are told apart by 24 bits of an IPv4 address, and 64 of an IPv6 one. A table for each site.
#[[site]]
#name = "head office"
#networks = ["10.1.0.0/16", "2001:db8:1::/48"]

# Several folders, in place of `repository` above. Each is a peer of its own; they share connections, memory and
# threads. What a table leaves out, the settings above say; `listen` is each one's own.
#[[repository]]
#path = "/srv/films"
#name = "films"
#tracker = "tracker.example:6969"
#listen = "[::]:6881"
#limits = { up = "2M" }
"#;
