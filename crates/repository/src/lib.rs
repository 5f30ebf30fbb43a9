//! A shared folder on disk: scanning, hashing, watching, and the partial data of downloads.
