//! Bytes of a file: counted as they are read, and decompressed if they are gzip or Zstandard.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

const BUFFER_BYTES: usize = 64 << 10;

/// Counts what is read.
pub struct Counted<R> {
    inner: R,
    position: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    pub fn new(inner: R, position: Arc<AtomicU64>) -> Self {
        Self { inner, position }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// What the bytes say, by their first ones: gzip, Zstandard, or neither.
pub fn decompressed(raw: impl Read + 'static) -> io::Result<Box<dyn BufRead>> {
    let mut raw = BufReader::with_capacity(BUFFER_BYTES, raw);
    let first = raw.fill_buf()?;
    if first.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(raw))));
    }
    if first.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, zstd::stream::read::Decoder::with_buffer(raw)?)));
    }
    Ok(Box::new(raw))
}

/// Ends with an error after so many bytes, until it is given more: what a parser may take for one record.
pub struct Rationed<R> {
    inner: R,
    left: Arc<AtomicU64>,
    limit: u64,
}

impl<R> Rationed<R> {
    /// With a first ration of `limit`, and the place where to put the next ones.
    pub fn new(inner: R, limit: u64) -> (Self, Arc<AtomicU64>) {
        let left = Arc::new(AtomicU64::new(limit));
        (Self { inner, left: Arc::clone(&left), limit }, left)
    }
}

impl<R: Read> Read for Rationed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            let message = format!("a record is longer than {} bytes; is a quote left open?", self.limit);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let read = self.inner.read(buffer)?;
        self.left.store(left.saturating_sub(read as u64), Ordering::Relaxed);
        Ok(read)
    }
}
