//! A stack becomes places: functions, files and lines.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use addr2line::{Context, demangle_auto, gimli};
use object::Object;
use object::read::ReadCache;

use super::bytes::Bytes;
use super::section::{Elf, open};
use super::symbols::Symbols;
use super::{Frame, Stack};

/// Most bytes of debug information that are kept.
const DEBUG_BYTES_MAX: usize = 512 << 20;

/// Most files that are kept.
const MODULES_MAX: usize = 64;

/// Most frames whose places are kept.
const FRAMES_MAX: usize = 16_384;

/// A place in the code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The function, in its language's words.
    pub function: Option<String>,
    /// Its source file.
    pub file: Option<PathBuf>,
    /// The line in it.
    pub line: Option<u32>,
    /// The executable or library.
    pub module: Option<PathBuf>,
}

/// Looks places up, and remembers the debug information of the files that it met.
#[derive(Default)]
pub struct Resolver {
    modules: HashMap<PathBuf, Module>,
    frames: HashMap<Frame, Vec<Place>>,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Resolver").field("modules", &self.modules.len()).finish_non_exhaustive()
    }
}

impl Resolver {
    /// The places of a stack, innermost first; functions that the compiler inlined have their own.
    pub fn places(&mut self, stack: &Stack) -> Vec<Place> {
        stack.frames.iter().flat_map(|frame| self.frame(frame)).collect()
    }

    fn frame(&mut self, frame: &Frame) -> Vec<Place> {
        if let Some(places) = self.frames.get(frame) {
            return places.clone();
        }
        let places = self.look_up(frame);
        if self.frames.len() >= FRAMES_MAX {
            self.frames.clear();
        }
        self.frames.insert(frame.clone(), places.clone());
        places
    }

    fn look_up(&mut self, frame: &Frame) -> Vec<Place> {
        let Some(path) = &frame.module else { return vec![Place::default()] };
        // The file is the guest's own: whatever a reader of it stumbles over is left out.
        let found = catch_unwind(AssertUnwindSafe(|| self.module(path).places(frame.address)));
        let mut places = found.unwrap_or_default();
        if places.is_empty() {
            places.push(Place::default());
        }
        places.iter_mut().for_each(|place| place.module = Some(path.clone()));
        places
    }

    fn module(&mut self, path: &Path) -> &Module {
        if !self.modules.contains_key(path) {
            let module = Module::read(path).unwrap_or_default();
            self.make_room(module.debug_bytes);
            self.modules.insert(path.to_owned(), module);
        }
        &self.modules[path]
    }

    fn make_room(&mut self, bytes: usize) {
        let kept: usize = self.modules.values().map(|module| module.debug_bytes).sum();
        if self.modules.len() >= MODULES_MAX || kept.saturating_add(bytes) > DEBUG_BYTES_MAX {
            self.modules.clear();
        }
    }
}

/// One file.
#[derive(Default)]
struct Module {
    lines: Option<Context<Bytes>>,
    symbols: Symbols,
    debug_bytes: usize,
}

impl Module {
    fn read(path: &Path) -> Option<Self> {
        let file = open(path)?;
        let cache = ReadCache::new(&file);
        let elf = Elf::parse(&file, &cache)?;
        let mut debug_bytes = 0;
        let lines = lines(&elf, &mut debug_bytes);
        Some(Self { lines, symbols: Symbols::of(&elf), debug_bytes })
    }

    fn places(&self, address: u64) -> Vec<Place> {
        let mut places =
            self.lines.as_ref().and_then(|lines| inlined(lines, address)).unwrap_or_default();
        let symbol = || self.symbols.name(address).map(demangled);
        match places.last_mut() {
            Some(outermost) if outermost.function.is_none() => outermost.function = symbol(),
            Some(_) => {}
            None => places.push(Place { function: symbol(), ..Place::default() }),
        }
        places
    }
}

/// The functions around an address, the innermost first.
fn inlined(lines: &Context<Bytes>, address: u64) -> Option<Vec<Place>> {
    let mut frames = lines.find_frames(address).skip_all_loads().ok()?;
    let mut places = Vec::new();
    while let Ok(Some(frame)) = frames.next() {
        let location = frame.location.as_ref();
        let name = frame.function.as_ref().and_then(|function| function.demangle().ok());
        places.push(Place {
            function: name.map(|name| name.into_owned()),
            file: location.and_then(|location| location.file).map(PathBuf::from),
            line: location.and_then(|location| location.line),
            module: None,
        });
    }
    Some(places)
}

fn demangled(symbol: &str) -> String {
    demangle_auto(symbol.into(), None).into_owned()
}

/// The line information of a file, if it has any.
fn lines(elf: &Elf<'_>, debug_bytes: &mut usize) -> Option<Context<Bytes>> {
    if !elf.object.is_little_endian() || elf.object.section_by_name(".debug_info").is_none() {
        return None;
    }
    let load = |id: gimli::SectionId| -> Result<Bytes, gimli::Error> {
        let section = wanted(id).then(|| elf.section(id.name())).flatten();
        let bytes = section.map_or_else(|| Arc::from([]), |(_, bytes)| bytes);
        *debug_bytes += bytes.len();
        Ok(Bytes::new(bytes))
    };
    Context::from_dwarf(gimli::Dwarf::load(load).ok()?).ok()
}

/// Whether a section is needed to find functions and lines.
fn wanted(id: gimli::SectionId) -> bool {
    use gimli::SectionId as Id;
    matches!(
        id,
        Id::DebugAbbrev
            | Id::DebugAddr
            | Id::DebugAranges
            | Id::DebugInfo
            | Id::DebugLine
            | Id::DebugLineStr
            | Id::DebugRanges
            | Id::DebugRngLists
            | Id::DebugStr
            | Id::DebugStrOffsets
    )
}
