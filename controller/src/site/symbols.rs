//! Names of functions by address, from a symbol table: all that a program without debug
//! information has.

use object::{Object, ObjectSymbol, SymbolKind};

use super::section::Elf;

/// Most symbols that are kept of one file.
const SYMBOLS_MAX: usize = 2_000_000;

/// How far a function of unknown size is taken to reach.
const UNSIZED_BYTES_MAX: u64 = 4096;

/// Functions, by address.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    functions: Vec<Function>,
    /// All names, end to end.
    names: String,
}

#[derive(Debug)]
struct Function {
    start: u64,
    size: u64,
    name: std::ops::Range<usize>,
}

impl Symbols {
    /// The functions of a file: of its full table, or else of the one for dynamic linking.
    pub fn of(elf: &Elf<'_>) -> Self {
        let mut symbols = Self::default();
        elf.object.symbols().for_each(|symbol| symbols.add(&symbol));
        if symbols.functions.is_empty() {
            elf.object.dynamic_symbols().for_each(|symbol| symbols.add(&symbol));
        }
        symbols.functions.sort_by_key(|function| function.start);
        symbols
    }

    fn add<'a>(&mut self, symbol: &impl ObjectSymbol<'a>) {
        let Ok(name) = symbol.name() else { return };
        let code = symbol.kind() == SymbolKind::Text && symbol.is_definition();
        if !code || name.is_empty() || self.functions.len() >= SYMBOLS_MAX {
            return;
        }
        let from = self.names.len();
        self.names.push_str(name);
        let name = from..self.names.len();
        self.functions.push(Function { start: symbol.address(), size: symbol.size(), name });
    }

    /// The name, as the linker knows it, of the function around this address.
    pub fn name(&self, address: u64) -> Option<&str> {
        let after = self.functions.partition_point(|function| function.start <= address);
        let before = self.functions.get(..after)?;
        let nearest = before.last()?.start;
        let aliases = before.iter().rev().take_while(|function| function.start == nearest);
        let around = aliases.filter(|function| function.holds(address));
        self.names.get(around.last()?.name.clone())
    }
}

impl Function {
    /// A size of zero is one that the linker was not told, as for hand-written code.
    fn holds(&self, address: u64) -> bool {
        let size = if self.size == 0 { UNSIZED_BYTES_MAX } else { self.size };
        address - self.start < size
    }
}
