//! Headers that keep pages to themselves.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// What a page of the web client may do, but for its scripts. It connects to whatever server its
/// players name, runs its timer in a Worker made of a blob and starts offline by one of its own, may
/// be installed, and has its styles set by the engine.
const POLICY: &str = "default-src 'none'; connect-src 'self' http: https: ws: wss:; \
    img-src 'self'; manifest-src 'self'; worker-src 'self' blob:; \
    style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'self'";

/// What the operator decides about pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageHeaders {
    /// The Content-Security-Policy of HTML pages, instead of the server's own; empty for none.
    pub content_security_policy: Option<String>,
    /// Whether pages are cross-origin isolated (COOP, COEP and CORP): threads in WebAssembly need
    /// it, and it keeps out whatever another site does not offer by CORS or CORP.
    pub isolate: bool,
}

/// Says in an answer's extensions that it is a page, with the policy's sources of its scripts.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The hashes of the scripts that are written into it.
    pub(crate) script_sources: Vec<String>,
}

impl PageHeaders {
    /// The policy, if it can be a header's value.
    pub(crate) fn is_valid(&self) -> bool {
        let policy = self.content_security_policy.as_deref();
        policy.is_none_or(|policy| HeaderValue::from_str(policy).is_ok())
    }

    /// Completes any answer.
    pub(crate) fn complete(&self, response: &mut Response) {
        let page = response.extensions_mut().remove::<Page>();
        let headers = response.headers_mut();
        let mut insert = |name: HeaderName, value: &'static str| {
            headers.insert(name, HeaderValue::from_static(value));
        };
        insert(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        // Whence a player comes is nobody's business.
        insert(header::REFERRER_POLICY, "no-referrer");
        if self.isolate {
            let cross_origin = HeaderName::from_static;
            insert(cross_origin("cross-origin-opener-policy"), "same-origin");
            insert(cross_origin("cross-origin-embedder-policy"), "require-corp");
            insert(cross_origin("cross-origin-resource-policy"), "same-origin");
        }
        if let Some(policy) = page.and_then(|page| self.policy(&page)) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }

    fn policy(&self, page: &Page) -> Option<HeaderValue> {
        let policy = match &self.content_security_policy {
            Some(own) if own.is_empty() => return None,
            Some(own) => own.clone(),
            None => {
                let scripts = page.script_sources.join(" ");
                format!("{POLICY}; script-src 'self' 'wasm-unsafe-eval' {scripts}")
            }
        };
        HeaderValue::from_str(policy.trim_end()).ok()
    }
}

impl Page {
    /// A page of this text.
    pub(crate) fn of(html: &str) -> Self {
        Self {
            script_sources: inline_scripts(html)
                .map(|script| {
                    // As a browser reads it.
                    let hash = Sha256::digest(script.replace("\r\n", "\n"));
                    format!("'sha256-{}'", BASE64_STANDARD.encode(hash))
                })
                .collect(),
        }
    }
}

/// The scripts that are written into a page, and not loaded from elsewhere.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    const START: &str = "<script";
    // Of the same length: the places are the same.
    let lower = html.to_ascii_lowercase();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + lower[at..].find(START)? + START.len();
            let content = start + lower[start..].find('>')? + 1;
            let end = content + lower[content..].find("</script")?;
            at = end;
            let attributes = lower[start..content - 1].split_ascii_whitespace();
            if !attributes.into_iter().any(|one| one.starts_with("src")) {
                return Some(&html[content..end]);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[test]
    fn only_scripts_without_a_source_are_inline() {
        let html = "<html><script type=\"module\">a < b</script>\r\n<SCRIPT\nsrc='x.js'></SCRIPT>\
                    <script src=y.js async></script><script>ä\r\n</script><script>open end";
        let scripts: Vec<_> = inline_scripts(html).collect();
        assert_eq!(scripts, ["a < b", "ä\r\n"]);
        assert_eq!(inline_scripts("<script").count(), 0);
        assert_eq!(inline_scripts("").count(), 0);
    }

    #[test]
    fn the_hash_is_what_browsers_compute() {
        // printf 'alert(1)\n' | openssl dgst -sha256 -binary | base64
        let expected = "'sha256-MaeD7tQk/YNyd6Pm9J12ROmv0Z93QwNN4VH7v3gI+RI='";
        for page in [
            "<script>alert(1)\n</script>",
            "<script>alert(1)\r\n</script>",
        ] {
            assert_eq!(Page::of(page).script_sources, [expected]);
        }
    }

    fn header_of(headers: &PageHeaders, page: Option<Page>, name: &str) -> Option<String> {
        let mut response = "text".into_response();
        response
            .extensions_mut()
            .extend(page.map_or_else(Default::default, |page| {
                let mut extensions = axum::http::Extensions::new();
                extensions.insert(page);
                extensions
            }));
        headers.complete(&mut response);
        let value = response.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn pages_have_a_policy_and_everything_is_as_it_says_it_is() {
        let page = || Some(Page::of("<script>1</script>"));
        let ours = PageHeaders::default();
        let policy = header_of(&ours, page(), "content-security-policy").unwrap();
        assert!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-"),
            "{policy}"
        );
        // What is not named is not allowed.
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert_eq!(header_of(&ours, None, "content-security-policy"), None);
        assert_eq!(
            header_of(&ours, None, "referrer-policy").unwrap(),
            "no-referrer"
        );
        assert_eq!(
            header_of(&ours, None, "x-content-type-options").unwrap(),
            "nosniff"
        );
        assert_eq!(header_of(&ours, page(), "cross-origin-opener-policy"), None);

        let own = |policy: &str| PageHeaders {
            content_security_policy: Some(policy.to_owned()),
            isolate: true,
        };
        let policy = header_of(
            &own("default-src 'none'"),
            page(),
            "content-security-policy",
        );
        assert_eq!(policy.unwrap(), "default-src 'none'");
        assert_eq!(header_of(&own(""), page(), "content-security-policy"), None);
        let isolated = header_of(&own(""), None, "cross-origin-embedder-policy");
        assert_eq!(isolated.unwrap(), "require-corp");
        assert!(!own("a\nb").is_valid());
    }
}
