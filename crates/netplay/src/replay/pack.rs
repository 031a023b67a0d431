//! Deflate, bounded on the way back.

use super::ReplayError;
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use std::io::{Read, Write};

/// Deflates `bytes`. The best compression would take twice the time for 1 % less.
#[expect(clippy::expect_used, reason = "writing into a vector does not fail")]
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("a vector takes everything")
}

/// Inflates hostile bytes to exactly `length` bytes. Allocates no more than these, whatever the
/// bytes would become.
///
/// # Errors
/// [`ReplayError::Corrupt`] when they become more, fewer or nothing at all.
pub(super) fn inflate(bytes: &[u8], length: usize) -> Result<Vec<u8>, ReplayError> {
    let corrupt = ReplayError::Corrupt("compressed data");
    let mut decoder = DeflateDecoder::new(bytes);
    let mut inflated = vec![0; length];
    decoder.read_exact(&mut inflated).map_err(|_| corrupt)?;
    // The end is read too: it tells whether more would follow, and checks the last codes.
    match decoder.read(&mut [0]) {
        Ok(0) if decoder.total_in() == bytes.len() as u64 => Ok(inflated),
        _ => Err(corrupt),
    }
}
