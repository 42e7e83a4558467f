//! Which file a start is carried out on: the guest's, a stand-in, or the real program behind the
//! stand-in that a shell found on PATH.
//!
//! Stand-ins lie in a folder that is first on PATH, for those who look before they start. A start of
//! one of them is asked about with the value of PATH, and means the next program of its name.

use core::ffi::{CStr, c_int};

use rustix::fs::{Access, FileType};

use super::exec::{Other, Program};
use crate::environment::{Start, concat};
use crate::{cabi, start};

/// Bytes of a path behind a stand-in; a longer one is not found.
const PATH_BYTES: usize = 1024;

/// What execvp(3) searches where there is no PATH.
const DEFAULT: &[u8] = b"/bin:/usr/bin";

/// The value of PATH where a start searches it, or means what lies behind a stand-in on it.
///
/// # Safety
///
/// The program's environment is null or one in C's form.
pub(super) unsafe fn search<'a>(program: &Program, file: &[u8]) -> Option<&'a [u8]> {
    if program.searched && !file.contains(&b'/') {
        return Some(start::variable(b"PATH").unwrap_or(DEFAULT));
    }
    let (folder, _) = split(file)?;
    start::is_stand_ins(folder).then(|| {
        let mut value = None;
        // SAFETY: this function's contract.
        unsafe {
            cabi::each(program.envp, |entry| {
                value = value.or(entry.to_bytes().strip_prefix(b"PATH="));
            });
        }
        value.unwrap_or(DEFAULT)
    })
}

/// Folder and name of a path.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    Some((path.get(..slash)?, path.get(slash + 1..)?))
}

/// Calls `act` with the path in place of the guest's, if there is one.
///
/// # Safety
///
/// As for [`super::exec::plan`].
pub(super) unsafe fn with_file<R>(
    program: &Program,
    start: Start,
    act: impl FnOnce(Other) -> Result<R, c_int>,
) -> Result<R, c_int> {
    if start.part.is_some() {
        let mut space = [0; start::STAND_IN_BYTES];
        let path = start::stand_in(&mut space).ok_or(libc::ENAMETOOLONG)?;
        return act(Some(path.as_ptr()));
    }
    // SAFETY: this function's contract.
    let file = unsafe { cabi::text(program.file) }.unwrap_or_default();
    // SAFETY: likewise.
    match unsafe { search(program, file) } {
        Some(search) if is_stood_for(file, search) => behind(file, search, act),
        _ => act(None),
    }
}

/// Whether a start would find a stand-in.
fn is_stood_for(file: &[u8], search: &[u8]) -> bool {
    let Some((folder, _)) = split(file) else {
        let mut folders = search.split(|byte| *byte == b':');
        return folders.any(|folder| start::is_stand_ins(folder) && is_program(folder, file));
    };
    start::is_stand_ins(folder)
}

fn is_program(folder: &[u8], name: &[u8]) -> bool {
    let mut space = [0; PATH_BYTES];
    path(folder, name, &mut space).is_some_and(is_executable)
}

/// Calls `act` with the first program of this name on PATH that is no stand-in.
#[inline(never)]
fn behind<R>(
    file: &[u8],
    search: &[u8],
    act: impl FnOnce(Other) -> Result<R, c_int>,
) -> Result<R, c_int> {
    let name = split(file).map_or(file, |(_, name)| name);
    let mut folders = search.split(|byte| *byte == b':');
    let found = folders.find(|folder| !start::is_stand_ins(folder) && is_program(folder, name));
    let mut space = [0; PATH_BYTES];
    let path = found.and_then(|folder| path(folder, name, &mut space)).ok_or(libc::ENOENT)?;
    act(Some(path.as_ptr()))
}

fn path<'a>(folder: &[u8], name: &[u8], space: &'a mut [u8; PATH_BYTES]) -> Option<&'a CStr> {
    let folder: &[u8] = if folder.is_empty() { b"." } else { folder };
    let (text, _) = concat(space, &[folder, b"/", name, b"\0"])?;
    CStr::from_bytes_with_nul(text).ok()
}

fn is_executable(path: &CStr) -> bool {
    let is_file = rustix::fs::stat(path)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
    is_file && rustix::fs::access(path, Access::EXEC_OK).is_ok()
}
