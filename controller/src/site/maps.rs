//! The mappings of a process: `/proc/PID/maps`, see `proc_pid_maps(5)`.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Most that is read of the list. A mapping takes about 100 bytes, and a process has at most some 65,000.
const LIST_BYTES_MAX: u64 = 8 << 20;

/// The mappings of a process, lowest address first.
#[derive(Debug, Default)]
pub(super) struct Maps(Vec<Mapping>);

/// One mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    /// First address.
    pub start: u64,
    /// Address after the last.
    pub end: u64,
    /// Whether code may run there.
    pub executable: bool,
    /// Where in the file `start` lies.
    pub offset: u64,
    /// The file, if it is one.
    pub file: Option<PathBuf>,
    /// Whether that file was deleted or replaced since.
    pub deleted: bool,
}

impl Maps {
    /// Of this process; None if it is gone, or not ours to look at.
    pub fn of(process: i32) -> Option<Self> {
        let mut list = Vec::new();
        let file = File::open(format!("/proc/{process}/maps")).ok()?;
        file.take(LIST_BYTES_MAX).read_to_end(&mut list).ok()?;
        Some(Self::parse(&list))
    }

    fn parse(list: &[u8]) -> Self {
        let mut mappings: Vec<_> = list.split(|byte| *byte == b'\n').filter_map(mapping).collect();
        mappings.sort_by_key(|mapping| mapping.start);
        Self(mappings)
    }

    /// The mapping around this address.
    pub fn around(&self, address: u64) -> Option<&Mapping> {
        let after = self.0.partition_point(|mapping| mapping.start <= address);
        let mapping = self.0.get(after.checked_sub(1)?)?;
        (address < mapping.end).then_some(mapping)
    }
}

/// One line: `start-end perms offset device inode path`.
fn mapping(line: &[u8]) -> Option<Mapping> {
    let mut rest = line;
    let (start, end) = field(&mut rest)?.split_once('-')?;
    let permissions = field(&mut rest)?;
    let offset = field(&mut rest)?;
    let _device = field(&mut rest)?;
    let inode = field(&mut rest)?;
    let (name, deleted) = match rest.trim_ascii_start().strip_suffix(b" (deleted)") {
        Some(name) => (name, true),
        None => (rest.trim_ascii_start(), false),
    };
    Some(Mapping {
        start: hexadecimal(start)?,
        end: hexadecimal(end)?,
        executable: permissions.as_bytes().get(2) == Some(&b'x'),
        offset: hexadecimal(offset)?,
        file: (inode != "0" && name.first() == Some(&b'/')).then(|| path(name)),
        deleted,
    })
}

/// Takes the next field off a line.
fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let line = rest.trim_ascii_start();
    let length = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    let (field, after) = line.split_at(length);
    *rest = after;
    if field.is_empty() { None } else { str::from_utf8(field).ok() }
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

/// A path as it is: the kernel writes a newline as `\012`.
fn path(name: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(b"\\012") {
            bytes.push(b'\n');
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[u8] = b"\
555500000000-555500002000 r--p 00000000 fe:01 77 /usr/bin/a b\n\
555500002000-555500006000 r-xp 00002000 fe:01 77 /usr/bin/a b\n\
7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n\
7f0000002000-7f0000003000 r-xp 00001000 fe:01 78                         /tmp/x\\012y.so (deleted)\n\
7ffff0000000-7ffff0021000 rw-p 00000000 00:00 0                          [stack]\n\
garbage\n\
zz-yy r-xp 0 0 0";

    /// Code is found in its file, whatever the file's name.
    #[test]
    fn an_address_is_found_in_its_file() {
        let maps = Maps::parse(LIST);

        let code = maps.around(0x5555_0000_2010).unwrap();
        let lost = maps.around(0x7f00_0000_2000).unwrap();

        assert_eq!(code.file.as_deref(), Some("/usr/bin/a b".as_ref()));
        assert_eq!((code.executable, code.offset, code.deleted), (true, 0x2000, false));
        assert_eq!(lost.file.as_deref(), Some("/tmp/x\ny.so".as_ref()));
        assert!(lost.deleted);
    }

    /// Memory that is no file's has none, and no mapping is made up around a gap.
    #[test]
    fn memory_of_no_file_has_none() {
        let maps = Maps::parse(LIST);

        assert_eq!(maps.around(0x7fff_f000_0000).unwrap().file, None);
        assert_eq!(maps.around(0x7f00_0000_0000).unwrap().file, None);
        assert_eq!(maps.around(0x7f00_0000_1000), None);
        assert_eq!(maps.around(0), None);
        assert_eq!(maps.around(u64::MAX), None);
    }

    /// A process that is gone has no mappings.
    #[test]
    fn a_process_that_is_gone_has_none() {
        assert!(Maps::of(i32::MAX).is_none());
        assert!(Maps::of(-1).is_none());
    }
}
