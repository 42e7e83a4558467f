//! What unwinding needs of an executable or a library: where it lies, and its unwind tables.

use std::collections::HashMap;
use std::fs::Metadata;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use framehop::{ExplicitModuleSectionInfo, Module};
use object::read::ReadCache;
use object::{Object, ObjectSection, ObjectSegment};

use super::section::{Elf, open};

/// Most images that are kept.
const IMAGES_MAX: usize = 512;

/// Most bytes of unwind tables that are kept.
const TABLE_BYTES_MAX: usize = 128 << 20;

/// What is known of one file.
#[derive(Debug)]
pub(super) struct Image {
    segments: Vec<Segment>,
    /// Addresses of the whole image, as the file states them.
    stated: Range<u64>,
    text: Option<Range<u64>>,
    frames: Option<Table>,
    index: Option<Table>,
}

/// A part of the file that is loaded: where it is in the file, and at which address.
#[derive(Debug)]
struct Segment {
    file: Range<u64>,
    address: u64,
}

/// A section with unwind information.
#[derive(Debug)]
struct Table {
    address: u64,
    bytes: Arc<[u8]>,
}

impl Image {
    fn read(path: &Path) -> Option<Self> {
        let file = open(path)?;
        let cache = ReadCache::new(&file);
        let elf = Elf::parse(&file, &cache)?;
        let table = |name| elf.section(name).map(|(address, bytes)| Table { address, bytes });
        let text = elf.object.section_by_name(".text");
        Some(Self {
            segments: elf.object.segments().filter_map(|segment| Segment::of(&segment)).collect(),
            stated: stated(&elf)?,
            text: text.and_then(|text| range(text.address(), text.size())),
            frames: table(".eh_frame"),
            index: table(".eh_frame_hdr"),
        })
    }

    /// The address that the file states for what it holds at `offset`.
    pub fn address(&self, offset: u64) -> Option<u64> {
        let segment = self.segments.iter().find(|segment| segment.file.contains(&offset))?;
        segment.address.checked_add(offset - segment.file.start)
    }

    /// This image as loaded with this bias: what its addresses differ by from those that it states.
    pub fn module(&self, bias: u64) -> Module<Arc<[u8]>> {
        let at = |address: u64| address.wrapping_add(bias);
        let loaded = at(self.stated.start)..at(self.stated.end);
        Module::new(String::new(), loaded.clone(), loaded.start, self.sections())
    }

    fn sections(&self) -> ExplicitModuleSectionInfo<Arc<[u8]>> {
        ExplicitModuleSectionInfo {
            base_svma: self.stated.start,
            text_svma: self.text.clone(),
            eh_frame_svma: self.frames.as_ref().and_then(Table::range),
            eh_frame: self.frames.as_ref().map(|table| Arc::clone(&table.bytes)),
            eh_frame_hdr_svma: self.index.as_ref().and_then(Table::range),
            eh_frame_hdr: self.index.as_ref().map(|table| Arc::clone(&table.bytes)),
            ..Default::default()
        }
    }

    fn table_bytes(&self) -> usize {
        [&self.frames, &self.index].into_iter().flatten().map(|table| table.bytes.len()).sum()
    }
}

impl Segment {
    fn of<'a>(segment: &impl ObjectSegment<'a>) -> Option<Self> {
        let (offset, size) = segment.file_range();
        Some(Self { file: range(offset, size)?, address: segment.address() })
    }
}

impl Table {
    fn range(&self) -> Option<Range<u64>> {
        range(self.address, self.bytes.len() as u64)
    }
}

fn range(start: u64, size: u64) -> Option<Range<u64>> {
    Some(start..start.checked_add(size)?)
}

/// From the first loaded address to the last.
fn stated(elf: &Elf<'_>) -> Option<Range<u64>> {
    let ranges = || elf.object.segments().filter_map(|part| range(part.address(), part.size()));
    Some(ranges().map(|part| part.start).min()?..ranges().map(|part| part.end).max()?)
}

/// The images that have been read, by file and state of the file.
#[derive(Debug, Default)]
pub(super) struct Images {
    known: HashMap<Key, Option<Arc<Image>>>,
    table_bytes: usize,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    path: PathBuf,
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Key {
    fn new(path: &Path, data: &Metadata) -> Self {
        Self {
            path: path.to_owned(),
            device: data.dev(),
            inode: data.ino(),
            size: data.size(),
            modified: (data.mtime(), data.mtime_nsec()),
        }
    }
}

impl Images {
    /// The image of this file; None if it is none.
    pub fn get(&mut self, path: &Path) -> Option<Arc<Image>> {
        let key = Key::new(path, &path.metadata().ok()?);
        if let Some(image) = self.known.get(&key) {
            return image.clone();
        }
        let image = Image::read(path).map(Arc::new);
        self.keep(key, image.clone());
        image
    }

    /// Forgets all of them where one more would be too much: they are read again as needed.
    fn keep(&mut self, key: Key, image: Option<Arc<Image>>) {
        let bytes = image.as_deref().map_or(0, Image::table_bytes);
        if self.known.len() >= IMAGES_MAX || self.table_bytes + bytes > TABLE_BYTES_MAX {
            *self = Self::default();
        }
        self.table_bytes += bytes;
        self.known.insert(key, image);
    }
}
