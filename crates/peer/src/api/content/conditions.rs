//! What is asked for only if the bytes are, or are not, those that somebody has (RFC 9110, "Conditional Requests").

use axum::http::{HeaderMap, HeaderValue, header};

/// Whether whoever asks has these bytes already (`If-None-Match`).
pub(super) fn has_already(headers: &HeaderMap, tag: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = tags.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|found| found == "*" || found.strip_prefix("W/").unwrap_or(found) == tag)
}

/// Whether a range is of the bytes of which whoever asks has a part (`If-Range`). A date never is: files have none here.
pub(super) fn may_go_on(headers: &HeaderMap, tag: &str) -> bool {
    let same = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.trim() == tag);
    headers.get(header::IF_RANGE).is_none_or(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_tag_is_found_in_a_list_and_when_it_is_weak() {
        for value in ["\"a\"", "\"b\", \"a\"", "W/\"a\"", "*"] {
            assert!(has_already(&headers(header::IF_NONE_MATCH, value), "\"a\""), "{value}");
        }
        assert!(!has_already(&headers(header::IF_NONE_MATCH, "\"b\""), "\"a\""));
        assert!(!has_already(&HeaderMap::new(), "\"a\""));
    }

    #[test]
    fn a_range_goes_on_only_with_the_same_strong_tag() {
        assert!(may_go_on(&HeaderMap::new(), "\"a\""));
        assert!(may_go_on(&headers(header::IF_RANGE, "\"a\""), "\"a\""));
        for value in ["\"b\"", "W/\"a\"", "Fri, 27 Nov 2026 10:00:00 GMT"] {
            assert!(!may_go_on(&headers(header::IF_RANGE, value), "\"a\""), "{value}");
        }
    }
}
