//! Parts of ELF files, read one by one: a test binary of 100 MB is never in memory as a whole.

use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use nix::fcntl::OFlag;
use object::read::ReadCache;
use object::{CompressionFormat, Object, ObjectSection};

/// Largest section that is read.
const SECTION_BYTES_MAX: u64 = 512 << 20;

/// Opens a regular file for reading, without ever waiting for anybody.
pub(super) fn open(path: &Path) -> Option<File> {
    let file = File::options().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path).ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}

/// An ELF file whose headers have been understood.
pub(super) struct Elf<'a> {
    file: &'a File,
    /// Its headers.
    pub object: object::File<'a, &'a ReadCache<&'a File>>,
}

impl<'a> Elf<'a> {
    /// Reads the headers. `cache` keeps what is read of them.
    pub fn parse(file: &'a File, cache: &'a ReadCache<&'a File>) -> Option<Self> {
        Some(Self { file, object: object::File::parse(cache).ok()? })
    }

    /// A section's address and bytes, unpacked if they are packed.
    pub fn section(&self, name: &str) -> Option<(u64, Arc<[u8]>)> {
        let section = self.object.section_by_name(name)?;
        let range = section.compressed_file_range().ok()?;
        if range.uncompressed_size > SECTION_BYTES_MAX {
            return None;
        }
        let bytes = match range.format {
            CompressionFormat::None => self.bytes(range.offset, range.uncompressed_size)?,
            _ => section.uncompressed_data().ok()?.into_owned().into(),
        };
        Some((section.address(), bytes))
    }

    fn bytes(&self, offset: u64, size: u64) -> Option<Arc<[u8]>> {
        if offset.checked_add(size)? > self.file.metadata().ok()?.len() {
            return None; // would ask for memory that there are no bytes for
        }
        let mut bytes = vec![0; usize::try_from(size).ok()?];
        self.file.read_exact_at(&mut bytes, offset).ok()?;
        Some(bytes.into())
    }
}
