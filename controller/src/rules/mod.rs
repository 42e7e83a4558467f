//! Allow, deny, restrict and the guard levels: compiled once, asked for every call.
//!
//! | file | holds |
//! |---|---|
//! | `frame` | frames of rules, and the order in which they speak |
//! | `level` | what happens to a call of which no rule speaks |
//! | `rule`, `pattern` | one rule, and what it matches |
//! | `parse`, `url` | rule strings; `fault`, `refuse` what is wrong with one |
//! | `host`, `port`, `path`, `command`, `request` | the parts of a pattern |
//! | `suggest` | the narrowest rule for a call |

mod command;
mod fault;
mod frame;
pub mod host;
mod level;
mod parse;
mod path;
mod pattern;
mod policy;
mod port;
mod refuse;
mod request;
mod rule;
mod suggest;
mod url;
pub mod word;

pub use fault::Fault;
pub use frame::{Frame, TestGlob};
pub use level::{Level, Levels};
pub use path::Place;
pub use policy::{Decision, Policy};
pub use rule::{Origin, Rule};

#[cfg(test)]
mod tests;
