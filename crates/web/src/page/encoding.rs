//! Which form of a file a browser takes (RFC 9110, "Accept-Encoding").

use axum::http::{HeaderMap, header};

/// A way to compress that the browser takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// The ways that a request allows, the shortest first. Browsers offer Brotli on https and loopback alone.
pub(super) fn accepted(headers: &HeaderMap) -> impl Iterator<Item = Encoding> {
    let offers = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let offers: Vec<&str> = offers.flat_map(|value| value.split(',')).filter_map(wanted).collect();
    let takes =
        move |encoding: &Encoding| offers.iter().any(|offer| offer.eq_ignore_ascii_case(encoding.name()));
    [Encoding::Brotli, Encoding::Gzip].into_iter().filter(takes)
}

/// The name in an offer such as `gzip;q=0.5`; nothing when its weight is 0, which refuses it.
fn wanted(offer: &str) -> Option<&str> {
    let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
    let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
    (weight != Some(0.0)).then(|| name.trim())
}
