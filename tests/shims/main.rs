//! Tests that speak to bigfoot, in each language that has a shim.

mod rust;
mod ways;
