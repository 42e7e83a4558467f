//! libc's own connect, looked up by the handle of libc (dlsym(3)).

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// The backstop sees it.
#[test]
fn a_function_by_its_handle_is_seen() {
    holds(
        "dlsym",
        Does::Connect,
        &[words![guests::c("load"), "symbol", guests::library("plugin"), "{host}", "{port}"]],
    );
}
