//! Maps that give back what a crowd has left behind.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash},
};

/// Entries for which no memory is given back: they come again.
const KEPT: usize = 64;

/// Gives back most of the memory of a map that is nearly empty. To be called after each removal: it costs
/// nothing as a rule, and a part of what filled the map when it does.
pub(crate) fn shrink<K: Eq + Hash, V, S: BuildHasher>(map: &mut HashMap<K, V, S>) {
    if map.capacity() > KEPT && map.len() < map.capacity() / 8 {
        map.shrink_to(map.capacity() / 4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_shrinks_with_its_content() {
        let mut map: HashMap<_, _> = (0..10_000).map(|number| (number, ())).collect();
        for number in 0..10_000 {
            map.remove(&number);
            shrink(&mut map);
            let is_fair = map.len() >= map.capacity() / 8;
            assert!(is_fair || map.capacity() <= KEPT, "{}", map.len());
        }
        assert!(map.capacity() <= KEPT);
    }
}
