//! What a guest tries to reach: where that really is, which rule allows it, what a mock of it says.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bigfoot_tests::servers::{self, Server};
use serde_json::Value;

use crate::guests;

/// What a route's guest does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Connects to `{host}` and `{port}`.
    Connect,
    /// Sends a datagram there.
    Send,
    /// Connects to the Unix socket at `{path}`.
    UnixPath,
    /// Connects to the Unix socket of the abstract name `{path}`.
    UnixAbstract,
    /// Starts the program at `{path}`.
    Start,
    /// Reads the file at `{path}`.
    Read,
    /// Asks for the page `{url}`.
    Get,
}

/// Whom mocks play: addresses and names that nobody has.
const MOCKED_HOST: &str = "192.0.2.7";
const MOCKED_PORT: u16 = 7000;
const MOCKED_URL: &str = "http://192.0.2.7:7000/page";

/// Something that can be reached, outside the tree that bigfoot runs.
pub struct Place {
    does: Does,
    server: Option<Server>,
    callers: Option<Arc<AtomicUsize>>,
    path: PathBuf,
}

impl Place {
    /// One in this folder, served by the test.
    pub fn new(does: Does, folder: &Path) -> Self {
        let mut place = Self { does, server: None, callers: None, path: folder.join("place") };
        match does {
            Does::Connect => place.server = Some(servers::answering("real")),
            Does::Send => place.server = Some(servers::answering_udp("real")),
            Does::Get => place.server = Some(servers::http()),
            Does::UnixPath => place.callers = Some(unix(&place.path)),
            Does::UnixAbstract => {
                place.path = format!("escapes{}", folder.display()).into();
                place.callers =
                    Some(servers::unix_abstract_answering(&place.path.to_string_lossy(), "real"));
            }
            Does::Start => {
                std::fs::copy(guests::c("say"), &place.path).expect("a program to start");
            }
            Does::Read => std::fs::write(&place.path, "real").expect("a file to read"),
        }
        place
    }

    /// A word of the guest's command, with the real place in it.
    pub fn really(&self, word: &str) -> String {
        let port = self.server.as_ref().map(Server::port).unwrap_or_default();
        word.replace("{host}", "127.0.0.1")
            .replace("{url}", &format!("http://127.0.0.1:{port}/"))
            .replace("{port}", &port)
            .replace("{path}", &self.path.to_string_lossy())
    }

    /// The same with the place that the mock plays.
    pub fn mocked(&self, word: &str) -> String {
        word.replace("{host}", MOCKED_HOST)
            .replace("{url}", MOCKED_URL)
            .replace("{port}", &MOCKED_PORT.to_string())
            .replace("{path}", &self.path.to_string_lossy())
    }

    /// What the guest prints when the real one was reached.
    pub fn real_words(&self) -> &'static str {
        match self.does {
            Does::Connect | Does::UnixPath | Does::UnixAbstract => "connected\nheard real\n",
            Does::Get => "heard ok\n",
            _ => "heard real\n",
        }
    }

    /// What the guest prints when the mock played it.
    pub fn mocked_words(&self) -> &'static str {
        match self.does {
            Does::Connect | Does::UnixPath => "connected\nheard pong\n",
            _ => "heard pong\n",
        }
    }

    /// The rule that speaks of it.
    pub fn rule(&self) -> String {
        let path = self.path.display();
        match self.does {
            Does::Connect | Does::Send | Does::Get => self.really("socket://{host}:{port}"),
            Does::UnixPath => format!("unix:{path}"),
            Does::UnixAbstract => format!("unix:@{path}"),
            Does::Start => format!("subprocess:{path}"),
            Does::Read => format!("file:{path}"),
        }
    }

    /// The mock of it, good for one call: a second one would go unanswered.
    pub fn mock(&self) -> String {
        let at = format!("host = \"{MOCKED_HOST}\", port = {MOCKED_PORT}");
        let path = self.path.display();
        match self.does {
            Does::Connect => exchange(&at),
            Does::Send => exchange(&format!("{at}, transport = \"udp\"")),
            Does::UnixPath => exchange(&format!("path = \"{path}\"")),
            Does::Start => mock(
                "subprocess:run",
                &format!("program = \"{path}\""),
                r#"stdout = "heard pong\n""#,
            ),
            Does::Get => {
                mock("http:request", &format!("url = \"{MOCKED_URL}\""), "body = \"pong\"")
            }
            Does::UnixAbstract | Does::Read => String::new(),
        }
    }

    /// How many have really come.
    pub fn callers(&self) -> usize {
        let files = self.callers.as_ref().map_or(0, |count| count.load(Ordering::SeqCst));
        files + self.server.as_ref().map_or(0, Server::callers)
    }

    /// Whether a finding tells of a call to this place.
    pub fn is_told_by(&self, finding: &Value) -> bool {
        let call = &finding["call"];
        let path = self.path.to_string_lossy();
        match self.does {
            Does::Connect | Does::Send | Does::Get => {
                let address = call["address"].as_str().unwrap_or_default();
                ["127.0.0.1", "::ffff:127.0.0.1"].contains(&address)
                    && Some(call["port"].to_string()) == self.server.as_ref().map(Server::port)
            }
            Does::UnixAbstract => call["abstract"] == *path,
            Does::Start => call["program"] == *path,
            Does::UnixPath | Does::Read => call["path"] == *path,
        }
    }
}

fn exchange(at: &str) -> String {
    mock("socket:exchange", &format!("{at}, bytes = \"ping\""), "bytes = \"pong\"")
}

fn mock(source: &str, when: &str, reply: &str) -> String {
    format!("[[mock]]\nsource = \"{source}\"\nwhen = {{ {when} }}\nreply = {{ {reply} }}\n")
}

/// A Unix socket that every user may connect to.
fn unix(path: &Path) -> Arc<AtomicUsize> {
    let callers = servers::unix_answering(path, "real");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777))
        .expect("a socket for everybody");
    callers
}
