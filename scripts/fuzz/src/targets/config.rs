//! Any text as a configuration, of TOML or JSON.

use std::net::SocketAddr;

use bigfoot_controller::call::{Call, Connect, Peer};
use bigfoot_controller::config::Config;
use bigfoot_controller::engine::Engine;
use bigfoot_controller::tools::Tools;
use bigfoot_ipc::guest::Transport;

use crate::scratch;

/// Most bytes that are said of what is wrong, for a text of no bytes, and for each byte of it.
const ERROR_BYTES_MAX: (usize, usize) = (1 << 14, 16);

/// It holds, or it is said what is wrong with it.
pub fn target(input: &[u8]) {
    let name = if input.starts_with(b"{") { "package.json" } else { "bigfoot.toml" };
    match scratch::load(name, input) {
        Ok(config) => holds(config),
        Err(error) => {
            let (least, each) = ERROR_BYTES_MAX;
            let said = error.to_string();
            assert!(said.len() <= least + each * input.len(), "{} bytes are said", said.len());
            assert!(!error.message().contains('\n'), "{said}");
        }
    }
}

/// What is in force can be asked.
fn holds(config: Config) {
    let address: SocketAddr = "192.0.2.1:80".parse().expect("an address");
    let (transport, names) = (Transport::Stream, vec!["a.example".to_owned()]);
    let call = Call::Connect(Connect { transport, peer: Peer::Internet(address), names });
    let _ = config.policy.speak(&call, Some("a test"));
    let _ = config.policy.stands_in("a.example");
    let tools = Tools::new(&config.tools);
    let setup = config.setup();
    for mock in &setup.mocks {
        let _ = mock.when.words();
        mock.plugin.endpoints(mock);
    }
    if let Ok(tools) = tools {
        drop(Engine::new(config.policy, tools, setup).finish());
    }
}
