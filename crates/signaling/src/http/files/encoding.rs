//! Which precompressed sibling of a file a client takes (RFC 9110, section 12.5.3).

use axum::http::{HeaderMap, header};

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// All, smallest result first.
    const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    /// Its name in `Content-Encoding`; the identity is not named there.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// What the sibling's name adds to the file's.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }

    fn is_named(self, name: &str) -> bool {
        let aliased = self == Self::Gzip && name.eq_ignore_ascii_case("x-gzip");
        aliased || name.eq_ignore_ascii_case(self.name().unwrap_or("identity"))
    }
}

/// The codings to try, best first: by the client's weight, then by size.
///
/// The identity comes last even when the client forbids it, since an answer that it may
/// understand is better than none, which the RFC leaves to the server.
pub(super) fn accepted(headers: &HeaderMap) -> Vec<Encoding> {
    let listed: Vec<(&str, u16)> = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(parse)
        .collect();
    let weight = |encoding: Encoding| {
        let named = listed.iter().find(|(name, _)| encoding.is_named(name));
        let any = listed.iter().find(|(name, _)| *name == "*");
        named.or(any).map(|(_, weight)| *weight)
    };
    let mut accepted: Vec<(Encoding, u16)> = Encoding::ALL
        .into_iter()
        .filter_map(|encoding| match encoding {
            // Acceptable without being named, but less than anything that is.
            Encoding::Identity => Some((encoding, weight(encoding).unwrap_or(0))),
            Encoding::Brotli | Encoding::Gzip => weight(encoding)
                .filter(|weight| *weight > 0)
                .map(|weight| (encoding, weight)),
        })
        .collect();
    accepted.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    accepted.into_iter().map(|(encoding, _)| encoding).collect()
}

/// A coding and its weight in thousandths; nothing if the weight is malformed.
fn parse(item: &str) -> Option<(&str, u16)> {
    let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
    let weight = match parameters.trim() {
        "" => 1_000,
        parameter => {
            let (q, value) = parameter.split_once('=')?;
            let value: f32 = value.trim().parse().ok()?;
            let valid = q.trim().eq_ignore_ascii_case("q") && (0.0..=1.0).contains(&value);
            valid.then_some((value * 1_000.0) as u16)?
        }
    };
    Some((name.trim(), weight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::{Brotli, Gzip, Identity};
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    fn accepted_by(header: &str) -> Vec<Encoding> {
        let value = HeaderValue::from_str(header).unwrap();
        accepted(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]))
    }

    #[test]
    fn without_a_header_the_file_itself_is_sent() {
        assert_eq!(accepted(&HeaderMap::new()), [Identity]);
        assert_eq!(accepted_by(""), [Identity]);
    }

    #[test]
    fn equal_weights_go_by_size() {
        assert_eq!(
            accepted_by("gzip, deflate, br, zstd"),
            [Brotli, Gzip, Identity]
        );
        assert_eq!(accepted_by("*"), [Brotli, Gzip, Identity]);
        assert_eq!(accepted_by("GZIP;q=1.0"), [Gzip, Identity]);
        assert_eq!(accepted_by("x-gzip"), [Gzip, Identity]);
    }

    #[test]
    fn weights_decide() {
        assert_eq!(
            accepted_by("br;q=0.5, gzip;q=0.8"),
            [Gzip, Brotli, Identity]
        );
        assert_eq!(accepted_by("br;q=0, gzip"), [Gzip, Identity]);
        assert_eq!(accepted_by("*;q=0.1, br;q=0"), [Gzip, Identity]);
        assert_eq!(accepted_by("identity, br;q=0.9"), [Identity, Brotli]);
        assert_eq!(accepted_by("br ; Q = 0.001"), [Brotli, Identity]);
    }

    #[test]
    fn nonsense_is_skipped() {
        assert_eq!(accepted_by("br;q=2, gzip;q=x, ;;;, br;level=3"), [Identity]);
        assert_eq!(accepted_by("br;q=NaN"), [Identity]);
    }

    proptest! {
        #[test]
        fn no_header_panics_and_the_identity_is_always_there(header in "[ -~]{0,64}") {
            prop_assert!(accepted_by(&header).contains(&Identity));
        }
    }
}
