//! What a page's address says: anybody can send a player a link, so nothing in it is trusted.

/// The wishes of a query (`?name=A&autopilot`): a key alone wishes "1". Keys are taken as they are,
/// values have their escaping undone.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (&str, String)> {
    let pairs = query.trim_start_matches('?').split('&');
    pairs.map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, "1"));
        (key, percent_decode(value))
    })
}

/// Undoes the escaping of addresses; malformed escapes stay as they are.
pub fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |at: usize| tail.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                // Two hexadecimal digits are at most 255.
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
