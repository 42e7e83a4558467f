//! Plays a script to a conversation, as the responder would: the real server speaks only once it was
//! asked for, nobody speaks behind an end, and time passes only for who asked for it.

use bigfoot_controller::plugins::conversation::{Conversation, End, Event, Output};

use crate::clerk::Clerk;
use crate::script::{Part, Script};

/// Most that is said for an input of no bytes.
const SAID_BYTES_MAX: usize = 1 << 20;
/// And for each byte of it: a short question may have a long answer.
const SAID_BYTES_PER_BYTE: usize = 512;
/// Most times that a conversation is woken in the end.
const WAKES_MAX: usize = 1 << 16;

/// A conversation that is being played.
pub struct Talk {
    conversation: Box<dyn Conversation>,
    clerk: Clerk,
    server: Server,
    client_ended: bool,
    wakes: bool,
    said_bytes_max: usize,
    /// What the client heard.
    pub heard: Vec<u8>,
    /// How its connection ended.
    pub end: Option<End>,
}

/// The real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Nobody,
    Wanted,
    There,
}

impl Talk {
    /// Plays a whole script.
    pub fn play(conversation: Box<dyn Conversation>, clerk: Clerk, parts: &[Part]) -> Self {
        let mut talk = Self::new(conversation, clerk, parts);
        talk.on(Event::Opened);
        for part in parts {
            talk.part(part);
        }
        talk.finish();
        talk
    }

    fn new(conversation: Box<dyn Conversation>, clerk: Clerk, parts: &[Part]) -> Self {
        let bytes = parts.iter().map(|part| match part {
            Part::Client(bytes) | Part::Server(bytes) => bytes.len(),
            _ => 1,
        });
        Self {
            conversation,
            clerk,
            server: Server::Nobody,
            client_ended: false,
            wakes: false,
            said_bytes_max: SAID_BYTES_MAX + SAID_BYTES_PER_BYTE * bytes.sum::<usize>(),
            heard: Vec::new(),
            end: None,
        }
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Client(bytes) if !self.client_ended => self.on(Event::Client(bytes)),
            Part::ClientEnd if !self.client_ended => self.end_client(),
            Part::Server(bytes) => {
                self.open();
                if self.server == Server::There {
                    self.on(Event::Upstream(bytes));
                }
            }
            Part::ServerEnd => {
                self.open();
                self.lose(Event::UpstreamEnd);
            }
            Part::ServerFails => self.lose(Event::UpstreamFailed("the server is gone")),
            Part::Wake => self.wake(),
            _ => {}
        }
    }

    fn open(&mut self) {
        if self.server == Server::Wanted {
            self.server = Server::There;
            self.on(Event::UpstreamOpened);
        }
    }

    fn lose(&mut self, event: Event<'_>) {
        if self.server != Server::Nobody {
            self.server = Server::Nobody;
            self.on(event);
        }
    }

    fn wake(&mut self) {
        if std::mem::take(&mut self.wakes) {
            self.on(Event::Wake);
        }
    }

    fn end_client(&mut self) {
        self.client_ended = true;
        self.on(Event::ClientEnd);
    }

    /// The client leaves, the real server is gone, and time passes until nobody waits for it.
    fn finish(&mut self) {
        if !self.client_ended {
            self.end_client();
        }
        for _ in 0..WAKES_MAX {
            self.lose(Event::UpstreamFailed("the server is gone"));
            self.wake();
            if self.server == Server::Nobody && !self.wakes {
                return;
            }
        }
        panic!("it wants to be woken for ever");
    }

    fn is_over(&self) -> bool {
        matches!(self.end, Some(End::Close | End::Reset))
    }

    fn on(&mut self, event: Event<'_>) {
        if self.is_over() {
            self.server = Server::Nobody;
            return;
        }
        let mut output = Output::default();
        self.conversation.on(event, &mut self.clerk, &mut output);
        self.take(output);
    }

    fn take(&mut self, output: Output) {
        let messages = output.messages.concat();
        self.said_bytes_max = output
            .upstream
            .len()
            .checked_add(output.client.len() + messages.len())
            .and_then(|said| self.said_bytes_max.checked_sub(said))
            .expect("it says more than it may");
        self.heard.extend(output.client);
        self.heard.extend(messages);
        if output.connect.is_some() {
            self.server = Server::Wanted;
        }
        self.wakes |= output.wake.is_some();
        self.end = output.end.or(self.end);
        if self.is_over() {
            self.wakes = false;
        }
    }

    /// What was asked, as it is compared.
    fn asked(&self) -> &[(&'static str, bigfoot_controller::fields::Fields)] {
        &self.clerk.asked
    }
}

/// Plays a script in its own pieces. If it is a client's alone, in one piece and byte by byte as well:
/// the client hears the same.
pub fn alike(
    script: &Script,
    make: impl Fn() -> Option<Box<dyn Conversation>>,
    clerk: impl Fn() -> Clerk,
    splits: bool,
) {
    let Some(conversation) = make() else {
        return;
    };
    let talk = Talk::play(conversation, clerk(), &script.parts);
    let Some(bytes) = script.client_alone().filter(|bytes| splits && !bytes.is_empty()) else {
        return;
    };
    let whole = vec![Part::Client(bytes.clone())];
    let single = bytes.iter().map(|byte| Part::Client(vec![*byte])).collect();
    for parts in [whole, single] {
        let other = Talk::play(make().expect("another"), clerk(), &parts);
        assert_eq!(talk.asked(), other.asked(), "asked by pieces, and otherwise");
        assert_eq!(
            String::from_utf8_lossy(&talk.heard),
            String::from_utf8_lossy(&other.heard),
            "heard by pieces, and otherwise"
        );
        assert_eq!(talk.end, other.end, "ended by pieces, and otherwise");
    }
}
