//! Shared bytes that DWARF is read from: readers hold on to them, so that what was parsed can be kept.

use std::borrow::Cow;
use std::sync::Arc;

use addr2line::gimli::{Error, LittleEndian, Reader, ReaderOffsetId, Result};

/// A part of a section.
#[derive(Debug, Clone)]
pub(super) struct Bytes {
    section: Arc<[u8]>,
    start: usize,
    end: usize,
}

impl Bytes {
    /// All of a section.
    pub fn new(section: Arc<[u8]>) -> Self {
        Self { start: 0, end: section.len(), section }
    }

    fn slice(&self) -> &[u8] {
        self.section.get(self.start..self.end).unwrap_or_default()
    }

    fn id(&self) -> u64 {
        self.slice().as_ptr() as u64
    }

    fn missing(&self) -> Error {
        Error::UnexpectedEof(self.offset_id())
    }

    /// The end of the next `length` bytes.
    fn after(&self, length: usize) -> Result<usize> {
        let after = self.start.checked_add(length).filter(|after| *after <= self.end);
        after.ok_or_else(|| self.missing())
    }
}

impl Reader for Bytes {
    type Endian = LittleEndian;
    type Offset = usize;

    fn endian(&self) -> LittleEndian {
        LittleEndian
    }

    fn len(&self) -> usize {
        self.end - self.start
    }

    fn empty(&mut self) {
        self.end = self.start;
    }

    fn truncate(&mut self, length: usize) -> Result<()> {
        self.end = self.after(length)?;
        Ok(())
    }

    fn offset_from(&self, base: &Self) -> usize {
        self.start.saturating_sub(base.start)
    }

    fn offset_id(&self) -> ReaderOffsetId {
        ReaderOffsetId(self.id())
    }

    fn lookup_offset_id(&self, id: ReaderOffsetId) -> Option<usize> {
        let offset = usize::try_from(id.0.checked_sub(self.id())?).ok()?;
        (offset <= self.len()).then_some(offset)
    }

    fn find(&self, byte: u8) -> Result<usize> {
        let found = self.slice().iter().position(|other| *other == byte);
        found.ok_or_else(|| self.missing())
    }

    fn skip(&mut self, length: usize) -> Result<()> {
        self.start = self.after(length)?;
        Ok(())
    }

    fn split(&mut self, length: usize) -> Result<Self> {
        let after = self.after(length)?;
        let first = Self { section: Arc::clone(&self.section), start: self.start, end: after };
        self.start = after;
        Ok(first)
    }

    fn to_slice(&self) -> Result<Cow<'_, [u8]>> {
        Ok(Cow::Borrowed(self.slice()))
    }

    fn to_string(&self) -> Result<Cow<'_, str>> {
        str::from_utf8(self.slice()).map(Cow::Borrowed).map_err(|_| Error::BadUtf8)
    }

    fn to_string_lossy(&self) -> Result<Cow<'_, str>> {
        Ok(String::from_utf8_lossy(self.slice()))
    }

    fn read_slice(&mut self, buffer: &mut [u8]) -> Result<()> {
        let after = self.after(buffer.len())?;
        buffer.copy_from_slice(self.section.get(self.start..after).unwrap_or_default());
        self.start = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes() -> Bytes {
        Bytes::new(Arc::from(&b"one\0two"[..]))
    }

    /// Parts are taken off in order, and know where in the section they lie.
    #[test]
    fn parts_know_where_they_lie() {
        let whole = bytes();
        let mut rest = whole.clone();

        let first = rest.read_null_terminated_slice().unwrap();

        assert_eq!(first.to_string().unwrap(), "one");
        assert_eq!(rest.to_string().unwrap(), "two");
        assert_eq!(rest.offset_from(&whole), 4);
        assert_eq!(whole.lookup_offset_id(rest.offset_id()), Some(4));
        assert_eq!(rest.lookup_offset_id(whole.offset_id()), None);
    }

    /// Nothing is read beyond the end, however much is asked for.
    #[test]
    fn nothing_is_read_beyond_the_end() {
        let mut part = bytes();

        assert!(part.skip(usize::MAX).is_err());
        assert!(part.split(8).is_err());
        assert!(part.truncate(8).is_err());
        assert!(part.read_slice(&mut [0; 8]).is_err());
        assert!(part.find(b'x').is_err());
        assert_eq!(part.len(), 7);
        part.empty();
        assert!(part.read_u8().is_err());
    }
}
