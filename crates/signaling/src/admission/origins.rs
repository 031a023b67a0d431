//! Which pages may use the server.

use axum::http::{HeaderMap, Uri, header};
use std::{fmt, str::FromStr};

/// A page's origin as browsers send it: scheme, host and, unless it is the scheme's, port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// The text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an origin is a scheme and a host without a path, such as https://play.example.org")]
pub struct InvalidOrigin;

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let uri: Uri = text.parse().map_err(|_| InvalidOrigin)?;
        let authority = uri.authority().ok_or(InvalidOrigin)?;
        let scheme = uri.scheme_str().ok_or(InvalidOrigin)?;
        let origin = format!("{scheme}://{authority}").to_ascii_lowercase();
        // Whatever else there is, a path or a user, was not in vain: better to say so.
        match text.eq_ignore_ascii_case(&origin) && !origin.contains('@') {
            true => Ok(Self(origin)),
            false => Err(InvalidOrigin),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether a request's page may use the server. Pages of the server itself always may, and what is
/// no page (a native client says no origin, and could say any) is none of this list's business.
pub(crate) fn allows(origins: Option<&[Origin]>, headers: &HeaderMap) -> bool {
    let (Some(allowed), Some(origin)) = (origins, headers.get(header::ORIGIN)) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let own = origin.split_once("://").map(|(_, authority)| authority);
    let is_own = own
        .zip(host)
        .is_some_and(|(own, host)| own.eq_ignore_ascii_case(host));
    is_own || allowed.iter().any(|one| one.0.eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn an_origin_has_no_path() {
        for text in [
            "https://example.org",
            "HTTP://Localhost:8080",
            "http://[::1]:1",
        ] {
            let origin = text.parse::<Origin>().unwrap();
            assert_eq!(origin.to_string(), text.to_ascii_lowercase());
        }
        for text in [
            "",
            "*",
            "null",
            "example.org",
            "https://example.org/",
            "https://a@b",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(InvalidOrigin), "{text}");
        }
    }

    #[test]
    fn a_list_allows_what_is_on_it_the_server_itself_and_what_is_no_page() {
        let list = ["https://example.org".parse().unwrap()];
        let allowed = |origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("game.test:3536"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert!(allows(None, &headers), "without a list all are");
            allows(Some(&list), &headers)
        };
        for origin in [
            None,
            Some("https://EXAMPLE.org"),
            Some("http://game.test:3536"),
        ] {
            assert!(allowed(origin), "{origin:?}");
        }
        for origin in [
            "null",
            "http://example.org",
            "https://example.org:444",
            "https://example.org.evil.test",
            "http://game.test",
            "",
        ] {
            assert!(!allowed(Some(origin)), "{origin}");
        }
    }
}
