//! The embedded files.

/// Every file of the page, sorted by path; none when it was built without.
pub(super) const ALL: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// One file of the page.
#[derive(Debug)]
pub(super) struct Asset {
    /// Its path below the page, with `/`.
    pub(super) path: &'static str,
    pub(super) plain: &'static [u8],
    /// Compressed forms, where they are shorter.
    pub(super) gzip: Option<&'static [u8]>,
    pub(super) brotli: Option<&'static [u8]>,
    /// A weak entity tag (RFC 9110, 8.8.3), since its forms differ in their bytes.
    pub(super) tag: &'static str,
}

impl Asset {
    pub(super) fn find(path: &str) -> Option<&'static Self> {
        ALL.binary_search_by(|asset| asset.path.cmp(path)).ok().map(|found| &ALL[found])
    }

    pub(super) fn content_type(&self) -> &'static str {
        match self.path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }

    /// Whether its name changes with its content.
    pub(super) fn is_hashed(&self) -> bool {
        self.path.starts_with("assets/")
    }
}
