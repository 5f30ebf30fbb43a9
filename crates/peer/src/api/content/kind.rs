//! What a browser may make of a file.
//!
//! Whatever stands in a file was made by somebody else, and whatever a browser runs of it would run as the page of this
//! server (webtorrent/webtorrent#1714). So the type is our own guess by the name, never the file's, and only types that
//! run nothing are shown in the browser; the others it saves.

use axum::http::HeaderValue;

/// Types that browsers show and that run nothing, by extension.
const SHOWN: &[(&str, &str)] = &[
    ("3gp", "video/3gpp"),
    ("aac", "audio/aac"),
    ("avi", "video/x-msvideo"),
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("csv", TEXT),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("log", TEXT),
    ("m4a", "audio/mp4"),
    ("m4v", "video/mp4"),
    ("md", TEXT),
    ("mkv", "video/x-matroska"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("mpg", "video/mpeg"),
    ("nfo", TEXT),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("ogv", "video/ogg"),
    ("opus", "audio/ogg"),
    ("png", "image/png"),
    ("srt", TEXT),
    ("txt", TEXT),
    ("wav", "audio/wav"),
    ("weba", "audio/webm"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
];
const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// Runs nothing, asks nobody, and has no origin; a picture or a film may be shown as the document that it is.
pub(super) const POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
);

/// The media type of a file of this name.
pub(super) fn media_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let known = extension.and_then(|found| SHOWN.iter().find(|(extension, _)| *extension == found));
    known.map_or(BYTES, |(_, kind)| kind)
}

/// The header `Content-Disposition` (RFC 6266): to be saved under its name, unless it was asked to be shown and can be.
pub(super) fn disposition(name: &str, inline: bool) -> String {
    let how = if inline && media_type(name) != BYTES { "inline" } else { "attachment" };
    format!("{how}; filename*=UTF-8''{}", encoded(name))
}

/// A text as an extended parameter of a header (RFC 8187, "attr-char").
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_nothing_is_shown() {
        for name in ["film.mkv", "a.b.PNG", "read me.txt", "song.opus"] {
            assert!(disposition(name, true).starts_with("inline; "), "{name}");
            assert!(disposition(name, false).starts_with("attachment; "), "{name}");
        }
        for name in ["page.html", "drawing.svg", "paper.pdf", "feed.xml", "script.js", "mp4", ".mp4x", ""] {
            assert!(disposition(name, true).starts_with("attachment; "), "{name}");
            assert_eq!(media_type(name), BYTES, "{name}");
        }
    }

    #[test]
    fn a_name_stays_within_its_header() {
        let header = disposition("tiếng \"Việt\"\r\n;.txt", false);
        assert_eq!(header, "attachment; filename*=UTF-8''ti%E1%BA%BFng%20%22Vi%E1%BB%87t%22%0D%0A%3B.txt");
    }
}
