// Made by `npm run schema` out of docs/openapi. Do not edit.

export interface paths {
    "/api/v1/content/{hash}.zip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a folder as a zip archive
         * @description Its files as they are, in order while they arrive, and not compressed. The archive's length is known at the start.
         *     Links, and files that nobody asked for, are left out.
         */
        get: operations["zip"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/content/{hash}/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a file while it arrives
         * @description Its bytes in order, each as soon as it is verified; what is ahead of a reader is fetched first. One range is understood
         *     (RFC 9110, "Range Requests"), and the tag of the file's content. The answer ends early when the download stops. A
         *     browser saves the file; with `inline` it may show sound, pictures, films and plain text.
         */
        get: operations["content"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show this API
         * @description For people: this description as a page.
         */
        get: operations["docs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docs/style.css": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Style the page of this API */
        get: operations["docs_style"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/downloads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List downloads
         * @description Oldest first, unless they are to be sorted.
         */
        get: operations["downloads"];
        put?: never;
        /**
         * Begin a download
         * @description Asking again for an item answers with its download.
         */
        post: operations["get"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/downloads/{hash}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a download */
        get: operations["download"];
        put?: never;
        post?: never;
        /**
         * Forget a download
         * @description Answers with the download as it was.
         */
        delete: operations["remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/downloads/{hash}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a download
         * @description Its connections stay; nothing is asked for.
         */
        post: operations["pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/downloads/{hash}/priority": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set the priority of a download
         * @description It counts where downloads share a limit.
         */
        post: operations["priority"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/downloads/{hash}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a download
         * @description One that is paused, stopped or failed.
         */
        post: operations["resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/downloads/{hash}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a download
         * @description Its connections are closed; what was fetched is kept.
         */
        post: operations["stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End the peer
         * @description Leaves the pool; the process ends. One that stays refuses to hand over.
         */
        post: operations["end"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow events
         * @description Server-sent events, each `data:` line one event. Those that are remembered, 4,096 of them, have an `id:`, by which a
         *     client goes on that lost its connection; where it cannot, an event of the type `reset` comes first.
         */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List transfers that are over
         * @description The latest first, unless they are to be sorted.
         */
        get: operations["history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List items
         * @description A part of the pool's catalogue, searched, sorted and counted by the tracker.
         */
        get: operations["items"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/items/{hash}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show an item
         * @description With some of its holders, and what is like it.
         */
        get: operations["item"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/items/{hash}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the files of an item
         * @description A folder of it at a time: what is in there, folders first.
         */
        get: operations["files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/items/{hash}/holders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the holders of an item
         * @description Who has it, and how much of it.
         */
        get: operations["holders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the limits of rates */
        get: operations["limits"];
        /**
         * Set the limits of rates
         * @description They replace those before, and outlive the peer.
         */
        put: operations["set_limits"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow what somebody looks at
         * @description A WebSocket of text messages, each a JSON object: the client sends a `LiveRequest` at a time, the server a
         *     `LiveMessage`.
         */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the log
         * @description The last lines, 2,000 at most, oldest first. A tracker shows them to programs on its own machine alone.
         */
        get: operations["log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Describe this API
         * @description For programs: this description itself (OpenAPI 3.1).
         */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/peers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List peers
         * @description The peers that are connected to the tracker.
         */
        get: operations["peers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reload the configuration
         * @description That of the whole process. A file that is wrong changes nothing; a peer that was not started with `--daemon` refuses.
         */
        post: operations["reload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/repository": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the repository
         * @description What this peer shares, and what it cannot share.
         */
        get: operations["repository"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/repository/{hash}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show an item of the repository
         * @description With the peers that are connected for it.
         */
        get: operations["repository_item"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a session
         * @description At the door alone, without a key: trades the secret of a link for one. A cookie comes with it, by which a browser reads
         *     what it cannot send the key with.
         */
        post: operations["open_session"];
        /**
         * End a session
         * @description At the door alone. What was still on its way to that browser ends at once.
         */
        delete: operations["end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/share": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Share a file or folder
         * @description Answers when it stands in the repository; hashing may still go on.
         */
        post: operations["share"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Join the pool
         * @description Connects to a tracker, registers what is shared and lists what the pool has.
         */
        post: operations["start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the status
         * @description What the peer is and does.
         */
        get: operations["status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop all downloads
         * @description What they fetched is kept.
         */
        post: operations["stop_all"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/unshare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop sharing an item
         * @description Its file stays.
         */
        post: operations["unshare"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/update": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Update the catalogue
         * @description Asks every peer of the pool for its newest state, then lists what the pool has.
         */
        post: operations["update"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List uploads that are not complete */
        get: operations["uploads"];
        put?: never;
        /**
         * Begin an upload
         * @description Of a file, or of a folder of files. 64 may be open at a time; one that nobody goes on with for 7 days is removed.
         */
        post: operations["begin_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show an upload */
        get: operations["upload"];
        put?: never;
        post?: never;
        /**
         * Forget an upload
         * @description What is there of it is removed.
         */
        delete: operations["abandon_upload"];
        options?: never;
        head?: never;
        /**
         * Bring the next bytes of an upload
         * @description At most 8 MiB; they are on disk when the answer comes. With the last bytes of all, the upload becomes an item of the
         *     repository, under its name or a free one like it; hashing may still go on.
         */
        patch: operations["write_upload"];
        trace?: never;
    };
    "/api/v1/web": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open the door for browsers
         * @description Answers with a link that lets one browser in. A door that is open already stays as it is.
         */
        post: operations["open_door"];
        /**
         * Close the door for browsers
         * @description All sessions end.
         */
        delete: operations["close_door"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell that the server lives
         * @description Answers as long as the server does its work. When it does not, start it anew.
         */
        get: operations["healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell the same as `/healthz`
         * @description Under the name by which others look for it.
         */
        get: operations["livez"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the counters
         * @description In Prometheus' text format; docs/operations.md explains the names.
         */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell whether the server is of use
         * @description A peer is while it is connected to its tracker, a tracker while its catalogue and its store keep up.
         */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Begin an upload: of a file, with its `length`, or of a folder, with its `files`. */
        BeginUpload: {
            /** @description The files of the folder, 100,000 at most. */
            files?: components["schemas"]["UploadFile"][] | null;
            /**
             * Format: u-int64
             * @description Bytes of the file.
             */
            length?: number | null;
            /** @description The name that the item is to have; when something has it already, the item gets a free one like it. */
            name: string;
        };
        /**
         * @description What kind of refusal it is. New codes may appear; a client that does not know one sees `Other`.
         * @enum {string}
         */
        Code: "bad_request" | "no_key" | "forbidden" | "members_only" | "not_a_member" | "not_allowed" | "no_invite" | "not_found" | "method_not_allowed" | "ambiguous" | "exists" | "taken" | "last_admin" | "wrong_offset" | "not_started" | "too_large" | "unsupported_media_type" | "refused_torrent" | "not_shareable" | "tracker_version" | "tracker_unreachable" | "no_holder" | "busy" | "ending" | "disk_full" | "disk" | "other";
        /** @description Bytes a second, one value for each second, the newest last: 300 at most, of the time in which it was fetched. */
        Curve: {
            /** @description Bytes that came. */
            down: number[];
            /** @description Bytes that were given. */
            up: number[];
        };
        /**
         * @description A day of the week.
         * @enum {string}
         */
        Day: "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
        /**
         * @description Which way a transfer went.
         * @enum {string}
         */
        Direction: "down" | "up";
        /** @description An open door, and a link that lets one browser in. */
        Door: {
            /** @description Where it is. */
            address: string;
            /**
             * Format: u-int64
             * @description Seconds for which the secret is good.
             */
            expires_in: number;
            /** @description A page at the door, with a secret in its fragment (`#t=SECRET`) that is good for one session. */
            link: string;
        };
        /** @description One download. */
        Download: components["schemas"]["DownloadState"] & (components["schemas"]["Stalled"] | null) & {
            /**
             * Format: u-int64
             * @description Of these, verified.
             */
            bytes_done: number;
            /**
             * Format: u-int64
             * @description Bytes asked for; 0 until the metadata is there.
             */
            bytes_total: number;
            /** @description What identifies the item. */
            hash: string;
            /** @description The name it is saved under. */
            name: string;
            /**
             * Format: u-int32
             * @description Of these, verified.
             */
            pieces_done: number;
            /**
             * Format: u-int32
             * @description Pieces asked for.
             */
            pieces_total: number;
            /** @description How it counts beside other downloads, where they share a limit. */
            priority?: components["schemas"]["Priority"];
            /**
             * Format: u-int64
             * @description Bytes fetched a second; 0 after some seconds without one.
             */
            rate_down: number;
            /**
             * Format: u-int64
             * @description Bytes given of this item a second.
             */
            rate_up: number;
            /**
             * Format: double
             * @description Seconds that were spent fetching.
             */
            seconds: number;
            /** @description Everyone connected for this item, and everyone that gave some of it. */
            sources: components["schemas"]["Source"][];
            /**
             * Format: u-int64
             * @description Seconds to go at this rate, when that can be said.
             */
            time_left?: number | null;
        };
        /** @description The row of the view `download/{hash}`. */
        DownloadDetail: components["schemas"]["Download"] & {
            /**
             * Format: u-int32
             * @description How many cells there are: one for each piece. Of an item of more than 8,192 pieces a cell stands for several, and
             *     its bit is set once all of them are there.
             */
            cells: number;
            /** @description How fast it came and went lately. */
            curve: components["schemas"]["Curve"];
            /** @description What is there of it: a bit for each of its cells, the first in the highest bit of the first byte, in base64. */
            pieces: string;
        };
        /**
         * @description A state of downloads, by its name alone.
         * @enum {string}
         */
        DownloadPhase: "waiting" | "fetching" | "paused" | "stopped" | "completing" | "complete" | "failed";
        /**
         * @description What decides the order of downloads.
         * @enum {string}
         */
        DownloadSort: "added" | "name" | "progress" | "rate" | "size";
        /** @description How a download stands. */
        DownloadState: {
            /** @enum {string} */
            state: "waiting";
        } | {
            /** @enum {string} */
            state: "fetching";
        } | {
            /** @enum {string} */
            state: "paused";
        } | {
            /** @enum {string} */
            state: "stopped";
        } | {
            /** @enum {string} */
            state: "completing";
        } | {
            /** @enum {string} */
            state: "complete";
        } | {
            /** @description For people, with what to do. */
            cause: string;
            /** @description For programs. */
            code: components["schemas"]["Code"];
            /** @enum {string} */
            state: "failed";
        };
        /** @description Something that happened. */
        Event: {
            /** @description As it stands now. */
            download: components["schemas"]["Download"];
            /** @enum {string} */
            event: "download";
        } | {
            /** @enum {string} */
            event: "removed";
            /** @description What identifies the item. */
            hash: string;
            /** @description The name it had. */
            name: string;
        } | {
            /** @enum {string} */
            event: "hashing";
            /** @description How far. */
            hashing: components["schemas"]["Hashing"];
        } | {
            /** @enum {string} */
            event: "shared";
            /** @description The item. */
            item: components["schemas"]["SharedItem"];
        } | {
            /** @enum {string} */
            event: "withdrawn";
            /** @description Its name. */
            name: string;
            /** @description Why: unshared, changed, vanished. */
            reason: string;
        } | {
            /** @enum {string} */
            event: "problem";
            /** @description What it is about, and why. */
            problem: components["schemas"]["Problem"];
        } | {
            /** @enum {string} */
            event: "tracker";
            /** @description As it stands now. */
            tracker: components["schemas"]["TrackerStatus"];
        } | {
            /** @enum {string} */
            event: "banned";
            /** @description The item it was about. */
            name: string;
            /** @description The peer's name or address. */
            peer_name: string;
            /** @description What it did. */
            reason: string;
        } | {
            /** @enum {string} */
            event: "requested";
            /** @description The item. */
            hash: string;
            /** @description The item's name. */
            name: string;
            /** @description Whom. */
            peer_id: string;
            /** @description Its name or address. */
            peer_name: string;
            /**
             * Format: u-int32
             * @description The piece's index.
             */
            piece: number;
        } | {
            /** @enum {string} */
            event: "arrived";
            /** @description The item. */
            hash: string;
            /** @description The item's name. */
            name: string;
            /** @description From whom (the last block of it). */
            peer_id: string;
            /** @description Its name or address. */
            peer_name: string;
            /**
             * Format: u-int32
             * @description The piece's index.
             */
            piece: number;
            /** @description Whether its hash is right. */
            verified: boolean;
        } | {
            /**
             * Format: u-int64
             * @description How many.
             */
            count: number;
            /** @enum {string} */
            event: "missed";
        } | {
            /** @enum {string} */
            event: "reset";
            /** @description Which of the two, in words. */
            why: string;
        } | {
            /** @description What is downloaded from now on. */
            by: string;
            /** @enum {string} */
            event: "replaced";
            /** @description What was downloaded. */
            hash: string;
            /** @description The name of both. */
            name: string;
        } | {
            /** @description Because somebody said `end`, and not because its process is done or was told to end. */
            asked?: boolean;
            /** @enum {string} */
            event: "ending";
        } | {
            /** @enum {string} */
            event: "unknown";
        };
        /** @description An entry of a folder within an item. */
        FileEntry: {
            /**
             * Format: u-int32
             * @description 1, or how many files are below the folder.
             */
            files: number;
            /** @description What it is. */
            kind: components["schemas"]["FileKind"];
            /** @description Its name. */
            name: string;
            /** @description Its path within the item. */
            path: string;
            /**
             * Format: u-int64
             * @description Bytes of the file, or of all files below the folder.
             */
            size: number;
        };
        /**
         * @description What an entry of a folder is.
         * @enum {string}
         */
        FileKind: "folder" | "file" | "link";
        /** @description A part of a folder within an item: folders first, then by name. */
        FilePage: {
            /** @description Those of this page. */
            entries: components["schemas"]["FileEntry"][];
            /**
             * Format: u-int32
             * @description How many entries the folder has.
             */
            total: number;
        };
        /**
         * @description Begin a download. Asking again for what is being downloaded answers with that download (resumed when it was
         *     stopped or had failed); asking for what the repository has already answers with one that is complete.
         */
        Get: {
            /** @description Save under this name instead of the item's. */
            as?: string | null;
            /** @description Only these files of a folder, as paths inside it with `/`; empty means all. */
            files?: string[];
            /** @description The item. */
            what: components["schemas"]["What"];
        };
        /** @description How far hashing is. */
        Hashing: {
            /**
             * Format: u-int64
             * @description Bytes hashed, of all that waits.
             */
            bytes_done: number;
            /**
             * Format: u-int64
             * @description Bytes that wait, those done included.
             */
            bytes_total: number;
            /** @description The item at hand. */
            name: string;
            /**
             * Format: u-int64
             * @description Bytes a second.
             */
            rate: number;
        };
        /** @description A part of the transfers that are over. The oldest are forgotten. */
        HistoryPage: {
            /**
             * Format: u-int64
             * @description How many of them come before this part.
             */
            offset: number;
            /**
             * Format: u-int64
             * @description How many there are that were asked for.
             */
            total: number;
            /** @description The transfers of this part. */
            transfers: components["schemas"]["Transfer"][];
        };
        /** @description A peer that has an item, or a part of it. */
        Holder: {
            /** @description Where it listens, best address first. */
            addresses: string[];
            /** @description Whether it has all of the item. */
            complete: boolean;
            /** @description What it calls itself; stock clients have no name. */
            name?: string | null;
            /** @description Its peer id, unless it is a stock client that was not heard to say. */
            peer_id?: string | null;
            /**
             * Format: u-int32
             * @description How many of the item's pieces it has, where that is known.
             */
            pieces?: number | null;
        };
        /** @description A part of an item's holders, in an order that lasts while nobody comes or leaves. */
        HolderPage: {
            /** @description Those of this page. */
            holders: components["schemas"]["Holder"][];
            /**
             * Format: u-int32
             * @description How many there are.
             */
            total: number;
        };
        /** @description One item of the pool. */
        Item: {
            /**
             * Format: u-int64
             * @description When the pool first knew it, in seconds since 1970, where that was recorded.
             */
            added?: number | null;
            /**
             * Format: double
             * @description How much of it the peers online have between them, from 0 to 1, as far as that is known.
             */
            completeness?: number | null;
            /**
             * Format: u-int32
             * @description Peers that have the same bytes, under other names included; as `seeds` for a folder.
             */
            content_holders?: number;
            /**
             * Format: u-int64
             * @description How many files.
             */
            files: number;
            /** @description What identifies it: its v1 or v2 info-hash, or both as `V1:V2`. */
            hash: string;
            /** @description A file or a folder. */
            kind: components["schemas"]["ItemKind"];
            /** @description What people call it; several items may have one name. */
            name: string;
            /**
             * Format: u-int32
             * @description Peers that have some of it.
             */
            partial: number;
            /**
             * Format: u-int32
             * @description Bytes of a piece.
             */
            piece_length: number;
            /**
             * Format: u-int32
             * @description How many pieces.
             */
            pieces: number;
            /** @description Whether it is marked private (BEP 27). */
            private?: boolean;
            /**
             * Format: u-int32
             * @description Peers that have all of it.
             */
            seeds: number;
            /**
             * Format: u-int64
             * @description Bytes of its files, padding not counted.
             */
            size: number;
            /** @description Its v1 info-hash alone. */
            v1?: string | null;
            /** @description Its v2 info-hash alone. */
            v2?: string | null;
            /**
             * Format: u-int32
             * @description How many items of this name and other content the pool knows.
             */
            variants?: number;
        };
        /** @description An item with what the pool knows around it. */
        ItemDetail: {
            /** @description Some of its holders, 100 at most. */
            holders: components["schemas"]["Holder"][];
            /** @description The item. */
            item: components["schemas"]["Item"];
            /** @description A magnet link that names the tracker. */
            magnet: string;
            /** @description Items with the same content under other names. */
            twins: components["schemas"]["Item"][];
            /** @description Items of the same name with other content. */
            variants: components["schemas"]["Item"][];
        };
        /**
         * @description What an item is.
         * @enum {string}
         */
        ItemKind: "file" | "folder";
        /** @description A part of the catalogue. */
        ItemPage: {
            /** @description The items of this page as they are now. Those that are gone since the order was made are left out. */
            items: components["schemas"]["Item"][];
            /** @description The cursor of the next page, by name; none after the last, and in other orders. */
            next?: string | null;
            /**
             * Format: u-int32
             * @description How many of them come before these.
             */
            offset?: number;
            /** @description Names the order that this page came out of; none from a peer whose tracker is of an earlier version. */
            order?: string | null;
            /**
             * Format: u-int32
             * @description How many items the search found in all; none from a peer whose tracker is of an earlier version.
             */
            total?: number | null;
        };
        /**
         * @description What decides the order of items.
         * @enum {string}
         */
        ItemSort: "name" | "size" | "age" | "added" | "holders" | "completeness" | "kind";
        /** @description How fast payload may go, in bytes a second, where it is limited. Messages that carry no payload are not slowed. */
        LimitRates: {
            /**
             * Format: u-int64
             * @description To this peer, all together.
             * @default null
             */
            down: number | null;
            /**
             * Format: u-int64
             * @description To this peer, of each item.
             * @default null
             */
            per_item_down: number | null;
            /**
             * Format: u-int64
             * @description From this peer, of each item.
             * @default null
             */
            per_item_up: number | null;
            /**
             * Format: u-int64
             * @description To this peer from each other peer.
             * @default null
             */
            per_peer_down: number | null;
            /**
             * Format: u-int64
             * @description From this peer to each other peer.
             * @default null
             */
            per_peer_up: number | null;
            /**
             * Format: u-int64
             * @description From this peer, all together.
             * @default null
             */
            up: number | null;
        };
        /** @description Limits, and when others apply. */
        Limits: components["schemas"]["LimitRates"] & {
            /**
             * @description The first one that applies takes the place of the limits above, with all of its own.
             * @default []
             */
            schedules: components["schemas"]["Schedule"][];
        };
        /** @description The limits in force. */
        LimitsNow: components["schemas"]["LimitRates"] & {
            /**
             * @description The part of the day for which they apply, when that is why.
             * @default null
             */
            between: string | null;
        };
        /** @description A row of the view `downloads`: a download without its sources. */
        LiveDownload: components["schemas"]["Download"] & {
            /**
             * Format: u-int32
             * @description How many sources are connected.
             */
            source_count: number;
        };
        /** @description What a client is told. */
        LiveMessage: {
            /** @description Where the events stand now. */
            cursor: string;
            /** @enum {string} */
            type: "welcome";
            /** @description The program's version. */
            version: string;
        } | {
            /**
             * Format: u-int64
             * @description The place of the first row.
             */
            from: number;
            /**
             * Format: u-int32
             * @description The subscription.
             */
            id: number;
            /** @description The name of the order that the rows come out of: rows of equal names fit together. */
            order: string;
            /** @description The rows; fewer than asked for at the end of the order. */
            rows: [
                string,
                Record<string, never> | null
            ][];
            /**
             * Format: u-int64
             * @description Counts snapshots and patches, from 1.
             */
            seq: number;
            /**
             * Format: u-int64
             * @description How many rows that order has.
             */
            total: number;
            /** @enum {string} */
            type: "snapshot";
        } | {
            /**
             * Format: u-int64
             * @description How many rows would be in another place, new or gone, if the order were taken anew: of this window exactly, of
             *     others by how many rows more or fewer there are.
             */
            changed: number;
            /**
             * Format: u-int32
             * @description The subscription.
             */
            id: number;
            /** @description Rows that changed, each with those of its fields that did. A field that is `null` is gone. */
            rows: [
                string,
                Record<string, never> | null
            ][];
            /**
             * Format: u-int64
             * @description Counts snapshots and patches, from 1.
             */
            seq: number;
            /**
             * Format: u-int64
             * @description How many rows the view has now.
             */
            total: number;
            /** @enum {string} */
            type: "patch";
        } | {
            /** @description Where to go on after the last of them. */
            cursor: string;
            /** @description Oldest first. */
            list: unknown[];
            /** @enum {string} */
            type: "events";
        } | {
            /** @enum {string} */
            type: "reset";
            /** @description For people. */
            why: string;
        } | {
            /**
             * Format: u-int32
             * @description The subscription, if it is about one.
             */
            id?: number | null;
            /** @description Why. */
            problem: components["schemas"]["ProblemDetails"];
            /** @enum {string} */
            type: "error";
        };
        /** @description What a client says. */
        LiveRequest: {
            /** @description The key that the one-time secret was traded for. */
            key?: string | null;
            /** @enum {string} */
            type: "hello";
        } | {
            /**
             * Format: u-int32
             * @description How many rows, at most 200.
             */
            count: number;
            /**
             * Format: u-int64
             * @description The place of the first row, from 0.
             */
            from?: number;
            /**
             * Format: u-int32
             * @description Any number that is not in use; a subscription of the same number ends.
             */
            id: number;
            /** @description What it is to show, and in which order: the fields of the same list's query. */
            query?: Record<string, never>;
            /** @enum {string} */
            type: "subscribe";
            /** @description The view's name. */
            view: string;
        } | {
            /**
             * Format: u-int32
             * @description How many rows, at most 200.
             */
            count: number;
            /**
             * Format: u-int64
             * @description The place of the first row.
             */
            from: number;
            /**
             * Format: u-int32
             * @description The subscription.
             */
            id: number;
            /** @enum {string} */
            type: "move";
        } | {
            /**
             * Format: u-int32
             * @description The subscription.
             */
            id: number;
            /** @enum {string} */
            type: "sort";
        } | {
            /**
             * Format: u-int32
             * @description The subscription.
             */
            id: number;
            /** @enum {string} */
            type: "unsubscribe";
        } | {
            /**
             * Format: u-int64
             * @description Its `seq`.
             */
            seq: number;
            /** @enum {string} */
            type: "ack";
        } | {
            /** @enum {string} */
            type: "visible";
            /** @description Whether somebody does. */
            yes: boolean;
        } | {
            /** @description The cursor after which to go on; from now on when it is left out. */
            after?: string | null;
            /** @enum {string} */
            type: "events";
        };
        /**
         * @description How grave a line is, the gravest first.
         * @enum {string}
         */
        LogLevel: "ERROR" | "WARN" | "INFO" | "DEBUG" | "TRACE";
        /** @description A line of the log. */
        LogLine: {
            /** @description How grave it is. */
            level: components["schemas"]["LogLevel"];
            /** @description What it says, after the spans in which it stands. */
            message: string;
            /**
             * Format: u-int64
             * @description Counts the lines of this process, from 1.
             */
            seq: number;
            /** @description The part of the program that wrote it. */
            target: string;
            /**
             * Format: u-int64
             * @description When it was written, in milliseconds of Unix time.
             */
            time: number;
        };
        /** @description A part of the log, oldest first. */
        LogPage: {
            /**
             * Format: u-int64
             * @description Up to where the log was looked through: for `after`, to go on from here.
             */
            last: number;
            /** @description The lines. */
            lines: components["schemas"]["LogLine"][];
            /**
             * Format: u-int64
             * @description How many lines after `after` are not kept any more, whatever they were.
             */
            missed: number;
        };
        /** @description Opens the door for browsers. */
        OpenDoor: {
            /**
             * @description Allows an address that other machines reach. Nothing is encrypted there: whoever sees the traffic has the key.
             * @default false
             */
            anywhere: boolean;
            /**
             * @description Where; port 0 takes any free one. A loopback address with any port when left out. A door that is open already
             *     stays where it is when this is left out, and else moves.
             * @default null
             * @example 127.0.0.1:0
             */
            listen: string | null;
        };
        /** @description Trades the secret of a link for a session. */
        OpenSession: {
            /** @description What stands behind `#t=` in the link. */
            secret: string;
        };
        /** @description Peers of the pool. */
        PeerPage: {
            /** @description Those of this page. */
            peers: components["schemas"]["PoolPeer"][];
            /**
             * Format: u-int32
             * @description How many the search found in all.
             */
            total: number;
        };
        /**
         * @description What decides the order of peers.
         * @enum {string}
         */
        PeerSort: "name" | "items" | "connected" | "address";
        /** @description What the pool has, after `start` or `update`. */
        PoolList: {
            /** @description The first items by name; [`paths::ITEMS`](crate::paths::ITEMS) pages through all. */
            items: components["schemas"]["Item"][];
            /** @description Whether there are more. */
            more?: boolean;
            /** @description Names of the peers that did not answer an update in time. */
            silent?: string[];
        };
        /** @description A peer of the pool. */
        PoolPeer: {
            /** @description Where it listens; port 0 when it cannot be reached. */
            address: string;
            /** @description Its program and version. */
            agent: string;
            /**
             * Format: u-int64
             * @description Seconds since it connected.
             */
            connected_seconds: number;
            /**
             * Format: u-int64
             * @description How many items it shares.
             */
            items: number;
            /** @description What it calls itself. */
            name: string;
            /** @description Its peer id. */
            peer_id: string;
            /** @description Whether the tracker could connect to it; left out while it has not tried. */
            reachable?: boolean | null;
            /** @description Whether it is the peer that was asked. Never so from a tracker. */
            this?: boolean;
        };
        /**
         * @description How a download counts beside others where they share a [limit](crate::Limits): each step gets four times as much as
         *     the one before.
         * @enum {string}
         */
        Priority: "low" | "normal" | "high" | "first";
        /**
         * @description Something that is not as its owner expects: a file that is not shared, a folder that is not watched, an address that
         *     nobody reaches.
         */
        Problem: {
            /** @description For programs. */
            code: components["schemas"]["ProblemCode"];
            /** @description For people: what is wrong, and what to do. */
            message: string;
            /**
             * @description What it is about: a path in the repository (bytes that are not UTF-8 are replaced) or an item's name; left out when
             *     it is about the peer.
             */
            path?: string | null;
        };
        /**
         * @description What kind of problem it is. New codes may appear; a client that does not know one sees `Other`.
         * @enum {string}
         */
        ProblemCode: "not_shared" | "left_out" | "not_watched" | "renamed" | "disk" | "not_listed" | "unreachable" | "limit" | "repository" | "other";
        /**
         * @description A refusal as it stands in a response (RFC 9457, "Members of a Problem Details Object"). Everything after `code` is an
         *     extension member, left out where it does not apply.
         */
        ProblemDetails: {
            /** @description What kind of refusal it is, for programs. */
            code: components["schemas"]["Code"];
            /** @description What failed, on which item, and what to do, for people. */
            detail?: string;
            /** @description A free name to save under, when `code` is `exists`. */
            free_name?: string | null;
            /**
             * Format: u-int64
             * @description Where the next bytes of an upload begin, when `code` is `wrong_offset`.
             */
            offset?: number | null;
            /**
             * Format: u-int64
             * @description Seconds after which the same request may succeed; the header `Retry-After` says the same.
             */
            retry_after?: number | null;
            /**
             * Format: u-int16
             * @description The HTTP status.
             */
            status?: number;
            /** @description The reason phrase of the HTTP status. */
            title?: string;
            /** @description Always `about:blank`: `code` says more than a URI would. */
            type?: string;
            /** @description The items that were meant, when `code` is `ambiguous`. */
            variants?: components["schemas"]["Item"][];
        };
        /**
         * @description Whether an address can be reached.
         * @enum {string}
         */
        Reach: "reachable" | "unreachable" | "unknown";
        /** @description An address of the peer, as the tracker found it. */
        Reachability: {
            /** @description Where the peer listens. */
            address: string;
            /** @description Whether a connection to it succeeded. */
            state: components["schemas"]["Reach"];
        };
        /** @description Whether a peer or tracker is of use to its pool now. */
        Readiness: {
            /** @description What it lacks, in words. */
            lacks?: string[];
            /** @description Whether it is. */
            ready: boolean;
        };
        /**
         * @description What a download that stands still waits for. New reasons may appear; a client that does not know one sees `Other`.
         * @enum {string}
         */
        Reason: "starting" | "describing" | "no_tracker" | "tracker_lost" | "no_holder" | "superseded" | "unreachable" | "missing_pieces" | "choked" | "silent" | "slow_disk" | "paused" | "stopped" | "failed" | "other";
        /** @description What became of a configuration that was read again. */
        Reloaded: {
            /** @description What is different from now on, each with the setting's key. */
            changed: string[];
            /** @description What should have changed and could not, with the reason. */
            failed: string[];
            /** @description Settings that differ, and take effect at the next start. */
            needs_restart: string[];
        };
        /** @description What the repository has. */
        Repository: {
            hashing?: components["schemas"]["Hashing"] | null;
            /** @description Those of its items that were asked for; by name, unless they were to be sorted. */
            items: components["schemas"]["SharedItem"][];
            /** @description Its absolute path. */
            path: string;
            /** @description What its owner ought to know of. */
            problems: components["schemas"]["Problem"][];
            /**
             * Format: u-int64
             * @description How many items match, however many of them are here; none from a peer of an earlier version.
             */
            total?: number | null;
        };
        /**
         * @description What decides the order of the items of a repository.
         * @enum {string}
         */
        RepositorySort: "name" | "kind" | "size" | "files" | "state" | "uploaded" | "takers" | "rate_up";
        /** @description Limits at certain times. */
        Schedule: components["schemas"]["LimitRates"] & {
            /** @description From when to when, in the peer's local time. */
            between: string;
            /** @description On which days it begins; on all when none is named. */
            days?: components["schemas"]["Day"][];
        };
        /** @description A session. A cookie comes with it, by which a browser reads what it cannot send the key with. */
        Session: {
            /** @description To be sent with every request, in the header `x-peerpool-key`. */
            key: string;
        };
        /** @description Set the priority of a download. */
        SetPriority: {
            /** @description How it is to count. */
            priority: components["schemas"]["Priority"];
        };
        /**
         * @description Share a file or folder.
         *
         *     A path inside the repository is shared where it is (and shared again when it had been unshared). A path outside
         *     becomes an item of the same name: by reflink where the file system can, else by copy. It is never a hard
         *     link, since a write to the original would change what is shared. A different entry of that name is an error of
         *     code `exists`.
         *
         *     By a torrent that another program made, the item is shared under that torrent's identity in place of its own, for as
         *     long as its files stay as they are: one name is one item.
         */
        Share: {
            /**
             * @description An absolute path, or one in the repository. It may be left out when there is a `torrent`: then it is what the
             *     repository has under that torrent's name.
             */
            path?: string | null;
            /**
             * @description The bytes of a .torrent file in base64: share the path as this torrent, if every byte agrees with it. Then the
             *     answer comes once all of it has been compared.
             */
            torrent?: string | null;
        };
        /**
         * @description How an item of the repository stands.
         * @enum {string}
         */
        ShareState: "hashing" | "shared" | "partial" | "unshared";
        /** @description An item of the repository, and who takes it. Also the row of the view `shared/{hash}`. */
        SharedDetail: components["schemas"]["SharedItem"] & {
            /** @description The peers that are connected for it. */
            peers: components["schemas"]["Source"][];
            /**
             * Format: u-int32
             * @description How many pieces it has.
             */
            pieces_total: number;
        };
        /** @description An item of the repository. */
        SharedItem: {
            /**
             * Format: u-int64
             * @description How many files.
             */
            files: number;
            /** @description What identifies it, once it is hashed. */
            hash?: string | null;
            /** @description A file or a folder. */
            kind: components["schemas"]["ItemKind"];
            /** @description Its name. */
            name: string;
            /**
             * Format: u-int64
             * @description Bytes a second that go to them now.
             */
            rate_up?: number;
            /**
             * Format: u-int64
             * @description Bytes of its files, padding not counted.
             */
            size: number;
            /** @description How it stands. */
            state: components["schemas"]["ShareState"];
            /**
             * Format: u-int32
             * @description How many peers are connected that took some of it.
             */
            takers?: number;
            /**
             * Format: u-int64
             * @description Bytes given to others in this run.
             */
            uploaded: number;
        };
        /** @description A peer that one download is exchanged with: what comes from it, and what goes to it. */
        Source: {
            /** @description Where it is. */
            address: string;
            /**
             * Format: u-int64
             * @description Bytes that came from it and were verified.
             */
            bytes: number;
            /** @description Whether it is connected now. */
            connected: boolean;
            /** @description Its name in the pool, or else its program. */
            name: string;
            /** @description Its peer id. */
            peer_id: string;
            /**
             * Format: u-int32
             * @description How many of the item's pieces it has.
             */
            pieces: number;
            /**
             * Format: u-int64
             * @description Bytes a second that come from it now.
             */
            rate: number;
            /**
             * Format: u-int64
             * @description Bytes a second that go to it now.
             */
            rate_up: number;
            /**
             * Format: u-int64
             * @description Bytes that went to it over the present connection.
             */
            sent: number;
        };
        /** @description Why a download stands still. */
        Stalled: {
            /** @description For programs. */
            reason: components["schemas"]["Reason"];
            /** @description For people, with what to do, or what it waits for. */
            stalled: string;
        };
        /** @description Connect to a tracker. */
        Start: {
            /**
             * @description Where the tracker is; left out, the one that the peer was given before.
             * @default null
             */
            tracker: string | null;
        };
        /** @description What a peer is and does. */
        Status: {
            /**
             * Format: u-int32
             * @description Peers connected now.
             */
            connections: number;
            /**
             * Format: u-int64
             * @description Bytes fetched in this run.
             */
            downloaded: number;
            /** @description Its downloads, oldest first. */
            downloads: components["schemas"]["Download"][];
            hashing?: components["schemas"]["Hashing"] | null;
            /**
             * Format: u-int64
             * @description How many items it shares.
             */
            items: number;
            limits?: components["schemas"]["LimitsNow"] | null;
            /** @description Where it listens for peers. */
            listen: string;
            /** @description What it calls itself. */
            name: string;
            /** @description Its peer id, a new one at each start. */
            peer_id: string;
            /**
             * Format: u-int32
             * @description Its process.
             */
            pid: number;
            /** @description What its owner ought to know of. */
            problems?: components["schemas"]["Problem"][];
            /**
             * Format: u-int64
             * @description Bytes fetched a second, over all downloads.
             */
            rate_down: number;
            /**
             * Format: u-int64
             * @description Bytes given a second, over all items.
             */
            rate_up: number;
            /** @description The addresses on which it listens, and whether others reach it there. */
            reachability?: components["schemas"]["Reachability"][];
            /** @description Absolute path of its repository. */
            repository: string;
            /**
             * Format: u-int64
             * @description Bytes of all of them.
             */
            size: number;
            /** @description Its tracker. */
            tracker: components["schemas"]["TrackerStatus"];
            /**
             * Format: u-int64
             * @description Bytes given in this run.
             */
            uploaded: number;
            /** @description Its program's version. */
            version: string;
            /** @description Where browsers are let in, while the door is open. */
            web?: string | null;
        };
        /** @description The downloads that were stopped. */
        Stopped: {
            /** @description As they stand now. */
            downloads: components["schemas"]["Download"][];
        };
        /** @description The connection to the tracker. */
        TrackerState: {
            /** @enum {string} */
            state: "not_started";
        } | {
            /** @enum {string} */
            state: "connecting";
        } | {
            /** @enum {string} */
            state: "connected";
        } | {
            /** @description Why, in words. */
            cause: string;
            /**
             * Format: u-int64
             * @description Seconds until the next attempt.
             */
            retry_in: number;
            /** @enum {string} */
            state: "reconnecting";
        };
        /** @description The tracker as the peer sees it. */
        TrackerStatus: components["schemas"]["TrackerState"] & {
            /** @description What it calls itself, once it was reached. */
            name?: string | null;
            /** @description Where it is, when one was given. */
            url?: string | null;
        };
        /** @description A transfer that is over: a download, or what was given of an item from its first taker to its last. */
        Transfer: components["schemas"]["TransferResult"] & {
            /**
             * Format: u-int64
             * @description When it began, or was taken up after a restart, in seconds since 1970.
             */
            begun: number;
            /**
             * Format: u-int64
             * @description Bytes that were fetched, or given.
             */
            bytes: number;
            /** @description Which way. */
            direction: components["schemas"]["Direction"];
            /**
             * Format: u-int64
             * @description When it ended, in seconds since 1970.
             */
            ended: number;
            /** @description What identifies the item. */
            hash: string;
            /** @description The name that it had here. */
            name: string;
            /**
             * Format: u-int64
             * @description Counts up; the later a transfer ended, the higher it is.
             */
            number: number;
            /**
             * Format: u-int32
             * @description How many peers gave or took some of it.
             */
            peers: number;
            /**
             * Format: u-int64
             * @description Bytes a second, over those seconds.
             */
            rate: number;
            /**
             * Format: double
             * @description Seconds in which something was transferred.
             */
            seconds: number;
            /**
             * Format: u-int64
             * @description Bytes that were asked for; of an upload, those of the item.
             */
            size: number;
        };
        /** @description What came of a transfer. */
        TransferResult: {
            /** @enum {string} */
            result: "complete";
        } | {
            /** @description For people. */
            cause: string;
            /** @description For programs. */
            code: components["schemas"]["Code"];
            /** @enum {string} */
            result: "failed";
        } | {
            /** @enum {string} */
            result: "removed";
        } | {
            /** @enum {string} */
            result: "served";
        };
        /** @description Share an item no longer. Its file stays where it is. */
        Unshare: {
            /** @description The item's name in the repository, or a path to it. */
            name: string;
        };
        /** @description How far an upload is. */
        Upload: {
            /** @description The files of a folder, in the order of their numbers. */
            files?: components["schemas"]["UploadedFile"][];
            /** @description What it is known by. */
            id: string;
            /** @description The item's name in the repository, once all of it is there. */
            item?: string | null;
            /**
             * Format: u-int64
             * @description All its bytes.
             */
            length: number;
            /** @description The name that the item is to have. */
            name: string;
            /**
             * Format: u-int64
             * @description Those that are there. Of a file, the next bytes are those from here on.
             */
            offset: number;
        };
        /** @description A file of a folder that is to be uploaded. */
        UploadFile: {
            /**
             * Format: u-int64
             * @description Its bytes.
             */
            length: number;
            /** @description Its path within the folder, with `/` between its parts. */
            path: string;
        };
        /** @description What became of bytes that were taken. They are on disk. */
        UploadWritten: {
            /** @description The item's name in the repository, when these were the last bytes of all. */
            item?: string | null;
            /**
             * Format: u-int64
             * @description How many bytes of the file are there.
             */
            offset: number;
        };
        /** @description How far a file of an upload is. */
        UploadedFile: {
            /**
             * Format: u-int64
             * @description Its bytes.
             */
            length: number;
            /**
             * Format: u-int64
             * @description Those that are there.
             */
            offset: number;
            /** @description Its path within the folder. */
            path: string;
        };
        /** @description How an item can be named. */
        What: {
            /** @description As people write it: a name, `name@hash`, or a hash. [`readings`](crate::readings) says how to read it. */
            item: string;
        } | {
            /** @description The bytes of a .torrent file in base64 (RFC 4648, with padding). */
            torrent: string;
        } | {
            /** @description A magnet link. */
            magnet: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    zip: {
        parameters: {
            query?: {
                /** @description The path of a folder, or of a file, within the item; all of the item when it is left out. */
                under?: string;
            };
            header?: never;
            path: {
                /** @description An info-hash of the item */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The archive */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": number[];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk`, `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    content: {
        parameters: {
            query?: {
                /** @description Whether a browser is to show it */
                inline?: boolean;
            };
            header?: {
                /** @description As in `bytes=0-99`, `bytes=100-` or `bytes=-100` */
                range?: string | null;
                /** @description The tag of the file that the range is of */
                "if-range"?: string | null;
                /** @description The tag of a file that is here already */
                "if-none-match"?: string | null;
            };
            path: {
                /** @description An info-hash of the item */
                hash: string;
                /** @description The path of a file in it; may be left out where the item is one file */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of the file */
            200: {
                headers: {
                    /** @description Of its content, wherever it stands */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
            /** @description The range */
            206: {
                headers: {
                    /** @description As in `bytes 0-99/1000` */
                    "content-range"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
            /** @description It is here already */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The file has no such bytes */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk`, `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    docs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html; charset=utf-8": string;
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    docs_style: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/css; charset=utf-8": string;
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    downloads: {
        parameters: {
            query?: {
                /** @description Only those whose name contains all these words, without regard to case and accents. */
                search?: string;
                /** @description Only those in this state. */
                state?: components["schemas"]["DownloadPhase"];
                /** @description What decides the order; `added` when it is left out. */
                sort?: components["schemas"]["DownloadSort"];
                /** @description Whether the greatest comes first. */
                desc?: boolean;
                /** @description Leave out so many at the beginning. */
                offset?: number;
                /** @description At most so many; all when nobody says. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    /** @description How many match */
                    "x-total-count"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Download"][];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Get"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Download"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_allowed`, `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ambiguous`, `exists`, `not_started` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `refused_torrent`, `not_shareable` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk`, `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_version` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_holder`, `tracker_unreachable`, `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    download: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An info-hash of the item */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Download"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    remove: {
        parameters: {
            query?: {
                /** @description Delete what was fetched of it, too. A completed file in the repository is deleted only with this. */
                data?: boolean;
            };
            header?: never;
            path: {
                /** @description An info-hash of the item */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Download"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk`, `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    pause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An info-hash of the item */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Download"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    priority: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An info-hash of the item */
                hash: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetPriority"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Download"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    resume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An info-hash of the item */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Download"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    stop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An info-hash of the item */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Download"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    end: {
        parameters: {
            query?: {
                /** @description Only if it is the peer of a command: that goes on with the peer that takes its place. */
                hand_over?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    events: {
        parameters: {
            query?: {
                /** @description Those of single pieces, too. */
                trace?: boolean;
                /**
                 * @description Keep a peer that runs for one command alone from leaving before this stream ends. Nothing is told then but that the
                 *     peer leaves nevertheless.
                 */
                hold?: boolean;
            };
            header?: {
                /** @description The last `id:` that the client saw */
                "last-event-id"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    history: {
        parameters: {
            query?: {
                /** @description Only items whose name contains all these words, in any order, case and accents. */
                search?: string;
                /** @description Only transfers this way. */
                direction?: "down" | "up";
                /** @description In which order, rising; without it, the latest first. */
                sort?: "ended" | "name" | "size" | "bytes" | "rate" | "peers";
                /** @description Falling instead. */
                desc?: boolean;
                /** @description Leave out so many at the beginning. */
                offset?: number;
                /** @description At most so many: 100 unless said otherwise, up to 1000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryPage"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    items: {
        parameters: {
            query?: {
                /**
                 * @description Only items in whose name a word begins with each of these, in any order, case and spelling of accents. `kind:folder`,
                 *     `size:>1G`, `size:<100M` and `holder:NAME` among them mean the same as the parameters of those names; quotes keep
                 *     together what has spaces.
                 */
                search?: string;
                /** @description Only files, or only folders. */
                kind?: components["schemas"]["ItemKind"];
                /** @description At least so many bytes. */
                min?: number;
                /** @description At most so many bytes. */
                max?: number;
                /** @description Only what peers of this name have. */
                holder?: string;
                /** @description What decides the order; `name` when it is left out. Items that are equal in it come by name. */
                sort?: components["schemas"]["ItemSort"];
                /** @description Whether the greatest comes first. */
                desc?: boolean;
                /**
                 * @description `order` of an earlier page of the same search: this page comes out of the same order, if that is still kept. The
                 *     answer names the order that it came out of.
                 */
                order?: string;
                /** @description `next` of the page before, by name; `offset` counts from there. */
                cursor?: string;
                /** @description How many items to leave out. */
                offset?: number;
                /** @description At most so many, up to 1000; 100 when it is left out. */
                limit?: number;
                /** @description Also those that nobody online has. */
                offline?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemPage"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_started` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_version` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_unreachable`, `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    item: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An info-hash of the item */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemDetail"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ambiguous`, `not_started` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_version` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_unreachable`, `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    files: {
        parameters: {
            query?: {
                /** @description The folder's path within the item, with `/` between its parts; the item's own folder when it is left out. */
                under?: string;
                /** @description How many entries to leave out. */
                offset?: number;
                /** @description At most so many, up to 1000; 100 when it is left out. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description An info-hash of the item */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FilePage"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_allowed`, `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_started` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_version` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_holder`, `tracker_unreachable`, `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    holders: {
        parameters: {
            query?: {
                /** @description How many holders to leave out. */
                offset?: number;
                /** @description At most so many, up to 200; 100 when it is left out. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description An info-hash of the item */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HolderPage"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ambiguous`, `not_started` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_version` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_unreachable`, `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    limits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Limits"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    set_limits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Limits"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Limits"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk`, `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection is a WebSocket from now on */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The request asks for no WebSocket */
            426: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    log: {
        parameters: {
            query?: {
                /** @description Of this level or a graver one. All, when left out. */
                level?: components["schemas"]["LogLevel"];
                /** @description That have this in them, in any case. */
                search?: string;
                /** @description That were written then or later, in milliseconds of Unix time. */
                since?: number;
                /** @description That came after this one, by its `seq`. The last ones, when left out. */
                after?: number;
                /** @description So many at most: 200 when left out, 1,000 at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogPage"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    peers: {
        parameters: {
            query?: {
                /**
                 * @description Only peers in whose name or address each of these words stands, or whose program begins with it, without regard to
                 *     case and accents.
                 */
                search?: string;
                /** @description What decides the order; `name` when it is left out. */
                sort?: components["schemas"]["PeerSort"];
                /** @description Whether the greatest comes first. */
                desc?: boolean;
                /** @description How many peers to leave out. */
                offset?: number;
                /** @description At most so many, up to 1000, which is also meant when it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeerPage"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_started` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_version` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_unreachable`, `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    reload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reloaded"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    repository: {
        parameters: {
            query?: {
                /** @description Only those whose name contains all these words, without regard to case and accents. */
                search?: string;
                /** @description Only those in this state. */
                state?: components["schemas"]["ShareState"];
                /** @description What decides the order; `name` when it is left out. */
                sort?: components["schemas"]["RepositorySort"];
                /** @description Whether the greatest comes first. */
                desc?: boolean;
                /** @description Leave out so many at the beginning. */
                offset?: number;
                /** @description At most so many; all when nobody says. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Repository"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    repository_item: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An info-hash of the item */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharedDetail"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    open_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenSession"];
            };
        };
        responses: {
            200: {
                headers: {
                    /** @description May read, for this browser */
                    "set-cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    end_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    share: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Share"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharedItem"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `exists` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `refused_torrent`, `not_shareable` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk`, `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    start: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Start"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolList"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_started` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_version` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_unreachable`, `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    stop_all: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stopped"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    unshare: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Unshare"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharedItem"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk`, `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    update: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolList"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_started` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_version` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `tracker_unreachable`, `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    uploads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"][];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    begin_upload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BeginUpload"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_shareable` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk`, `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `busy`, `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The upload's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    abandon_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The upload's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk`, `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    write_upload: {
        parameters: {
            query: {
                /** @description The file's number in the folder, from 0. */
                file?: number;
                /** @description How many bytes of the file are there already. */
                offset: number;
            };
            header?: never;
            path: {
                /** @description The upload's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": number[];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadWritten"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `wrong_offset` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `not_shareable` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk`, `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `disk_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    open_door: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenDoor"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Door"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    close_door: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    livez: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `ending` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `no_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description `other` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Not now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
}
