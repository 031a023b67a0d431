//! The outside of a file, the same in every version: what it is, by which rules, and whether
//! all of it is here.
//!
//! | bytes | field |
//! |---|---|
//! | 8 | [`MAGIC`] |
//! | 2 | version of the inside |
//! | 8 | [`protocol::Simulation::FINGERPRINT`] of the rules |
//! | 4 | length of the inside |
//! | 8 | SHA-256 of the inside, its first 8 bytes |
//! | 4 | SHA-256 of everything above, its first 4 bytes |
//! | … | the inside, see `format` |
//!
//! Integers are little-endian. The hash of the head itself makes its length certain, and so a
//! cut file different from a damaged one.

use super::{MAX_FILE_BYTES, ReplayError};
use sha2::{Digest, Sha256};

/// The first bytes of every replay. None of the two first is text, so that nobody takes it for
/// some; the line end and the end-of-file mark do not survive a transfer as text.
const MAGIC: [u8; 8] = *b"\x8aRPLY\r\n\x1a";

/// The version of what is inside. It changes with every change of the inside.
pub const VERSION: u16 = 1;

/// Bytes before the inside.
const HEAD: usize = 8 + 2 + 8 + 4 + 8 + 4;

/// Puts `inside` into a file. It is shorter than [`MAX_FILE_BYTES`]: every part of it is bounded.
pub(super) fn seal(fingerprint: u64, inside: &[u8]) -> Vec<u8> {
    debug_assert!(HEAD + inside.len() <= MAX_FILE_BYTES);
    let mut file = Vec::with_capacity(HEAD + inside.len());
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&VERSION.to_le_bytes());
    file.extend_from_slice(&fingerprint.to_le_bytes());
    file.extend_from_slice(&(inside.len() as u32).to_le_bytes());
    file.extend_from_slice(&hash::<8>(inside));
    file.extend_from_slice(&hash::<4>(&file));
    file.extend_from_slice(inside);
    file
}

/// Takes the inside out of a hostile file.
pub(super) fn open(fingerprint: u64, file: &[u8]) -> Result<&[u8], ReplayError> {
    let known = file.len().min(MAGIC.len());
    if file[..known] != MAGIC[..known] {
        return Err(ReplayError::Foreign);
    }
    if file.len() > MAX_FILE_BYTES {
        return Err(ReplayError::TooLong(file.len()));
    }
    let (head, inside) = file.split_at_checked(HEAD).ok_or(ReplayError::Truncated {
        missing: HEAD - file.len().min(HEAD),
    })?;
    let (head, head_hash) = head.split_at(HEAD - 4);
    if hash::<4>(head) != head_hash {
        return Err(ReplayError::Corrupt("head"));
    }
    let mut rest = &head[MAGIC.len()..];
    let version = u16::from_le_bytes(take(&mut rest)?);
    let rules = u64::from_le_bytes(take(&mut rest)?);
    let length = u32::from_le_bytes(take(&mut rest)?) as usize;
    if inside.len() < length {
        let missing = length - inside.len();
        return Err(ReplayError::Truncated { missing });
    }
    if inside.len() > length {
        return Err(ReplayError::Corrupt("end"));
    }
    if hash::<8>(inside) != take::<8>(&mut rest)? {
        return Err(ReplayError::Corrupt("content"));
    }
    if version != VERSION {
        return Err(ReplayError::Version(version));
    }
    if rules != fingerprint {
        return Err(ReplayError::Rules(rules));
    }
    Ok(inside)
}

/// Takes a field off the front of the head, which is long enough for all of them.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ReplayError> {
    let (field, after) = rest
        .split_first_chunk()
        .ok_or(ReplayError::Corrupt("head"))?;
    *rest = after;
    Ok(*field)
}

/// The first bytes of the SHA-256 of `bytes`. It finds accidents: whoever forges a file can
/// forge its hash, so that the inside is decoded in bounds all the same.
fn hash<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let digest = Sha256::digest(bytes);
    std::array::from_fn(|i| digest[i])
}
