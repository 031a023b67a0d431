//! Which paths are served, and how long they may be kept.

use super::*;
use proptest::prelude::*;
use std::path::Component;

#[test]
fn folders_mean_their_index() {
    assert_eq!(relative_path("/"), Some("index.html".into()));
    assert_eq!(relative_path("/docs/"), Some("docs/index.html".into()));
    assert_eq!(relative_path("/a%20b.txt"), Some("a b.txt".into()));
    assert_eq!(
        relative_path("/assets/font.ttf"),
        Some("assets/font.ttf".into())
    );
}

#[test]
fn nothing_outside_or_hidden_is_reachable() {
    for path in [
        "",
        "index.html",
        "/..",
        "/../secret",
        "/a/../../secret",
        "/%2e%2e/secret",
        "/%2E%2e%2fsecret",
        "/..%2fsecret",
        "/.git/config",
        "/a/.env",
        "/%2eenv",
        "/..\\secret",
        "/a%5c..%5csecret",
        "/c:/secret",
        "/C%3A/secret",
        "/a%00b",
        "/%ff",
        "/a/./b",
        "/a%0ab",
    ] {
        assert_eq!(relative_path(path), None, "{path}");
    }
    // An absolute path after the slash stays below the folder.
    assert_eq!(relative_path("//etc/passwd"), Some("etc/passwd".into()));
    assert_eq!(relative_path("/%2fetc%2fpasswd"), Some("etc/passwd".into()));
}

proptest! {
    #[test]
    fn any_path_stays_below_the_folder(path in "/([a-z./\\\\%:]|%2e|%2f|%5c|\\PC){0,40}") {
        if let Some(relative) = relative_path(&path) {
            let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
            prop_assert!(inside, "{relative:?}");
        }
    }
}

#[test]
fn only_names_with_a_hash_are_kept_for_ever() {
    for name in [
        "game-0123456789abcdef.js",
        "game-123456789abcdef_bg.wasm",
        "peer-ball-89abcdef0123.css",
        "0123456789abcdef-loader.js",
    ] {
        assert!(is_hashed(name), "{name}");
    }
    for name in [
        "index.html",
        "game.js",
        "game-v2.js",
        "index-0123456789abcdef.html",
        "game-0123456789abcdef",
        "game-0123456789ABCDEF.js",
        "game-0123456789abcdefg.js",
        "face-cafe.png",
        "0123456789abcdef.js",
        "0123456789abcdef-index.html",
        "0123456789abcdefg-loader.js",
        "-.js",
    ] {
        assert!(!is_hashed(name), "{name}");
    }
}

#[test]
fn validators_compare_weakly_and_by_list() {
    let headers = |value: &str| {
        HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_str(value).unwrap())])
    };
    for value in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
        assert!(if_none_match(&headers(value), "\"a\""), "{value}");
    }
    for value in ["\"b\"", "a", ""] {
        assert!(!if_none_match(&headers(value), "\"a\""), "{value}");
    }
    assert!(!if_none_match(&HeaderMap::new(), "\"a\""));
}

#[test]
fn the_hash_is_fnv_1a() {
    // Test vectors of draft-eastlake-fnv, appendix C.
    let hash = |text: &str| {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        hash.write(text.as_bytes());
        hash.finish()
    };
    assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
    assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
}

#[test]
fn the_root_must_be_a_folder() {
    assert!(Files::new(None).is_ok());
    assert!(Files::new(Some(Path::new("src"))).is_ok());
    assert!(Files::new(Some(Path::new("Cargo.toml"))).is_err());
    assert!(Files::new(Some(Path::new("no such folder"))).is_err());
}
