//! Tests that speak to bigfoot, in each language that has a shim.

mod c;
mod rust;
mod ways;
