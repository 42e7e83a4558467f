//! What a test does that only it sees: calls of its own objects.

use bigfoot_ipc::control::Outcome as Heard;
use bigfoot_ipc::guest::Registers;

use super::control::Told;
use super::mocked::{Deed, Settled};
use super::{Asker, Engine, Stand};
use crate::call::{Call, Load};
use crate::config::told::Done;
use crate::report::{Attribution, Broken, Code};
use crate::rules::Origin;
use crate::timeline::{How, Layer};
use crate::verdict::Sandboxed;

/// Most calls of tests' own objects without an answer that are told of.
const UNCALLED_MAX: usize = 10_000;

impl Engine {
    /// A test does what only it sees.
    pub(super) fn called(&mut self, test: u32, done: Done, origin: &Origin) -> Told {
        let Some(asker) = self.asker_in(test) else {
            return Told::refused(format!(
                "{} is called outside a sandbox; open one first",
                done.plugin.words(done.shape, &done.fields)
            ));
        };
        let Done { plugin, shape, fields } = done;
        let library = plugin.words(shape, &fields);
        let deed = Deed {
            plugin,
            shape,
            fields,
            call: Call::Load(Load { library }),
            layer: Layer::Test,
            plumbing: false,
            strict: true,
        };
        let found = self.mocks.find(&deed.wanted(&asker));
        let Some(mock) = found else {
            return self.unanswered_call(test, &asker, deed, origin);
        };
        let nth = self.mocks.used(mock);
        let settled = self.by_mock(&asker, deed, mock);
        self.mocked_call(settled, mock as u64, nth, origin)
    }

    fn mocked_call(&mut self, settled: Settled, mock: u64, nth: u64, origin: &Origin) -> Told {
        match settled {
            Settled::Mocked(_, interaction) => {
                self.place(interaction, origin);
                Told::Heard(Heard::Answered { interaction, mock: Some(mock), nth })
            }
            Settled::Real(interaction, _) => {
                self.place(interaction, origin);
                Told::Heard(Heard::Answered { interaction, mock: None, nth })
            }
            Settled::Refused(..) => Told::refused("a rule speaks against it"),
        }
    }

    fn place(&mut self, interaction: u64, origin: &Origin) {
        if let Some(interaction) = self.timeline.get_mut(interaction) {
            interaction.details.script = Some(origin.to_string());
        }
    }

    fn unanswered_call(&mut self, test: u32, asker: &Asker, deed: Deed, origin: &Origin) -> Told {
        let words = deed.plugin.words(deed.shape, &deed.fields);
        let mut parts = vec![("at", vec![origin.to_string()])];
        parts.extend(self.nearest(&deed.wanted(asker)));
        let mend = "prepare an answer before the sandbox is opened: `returns(..)`".to_owned();
        parts.push(("mend", vec![mend]));
        self.record(asker, deed, How::Refused, true);
        let name = asker.test.clone().map_or(Attribution::Unknown, Attribution::Test);
        let broken =
            Broken { code: Code::Unmocked, test: name, words, parts, paste: None, count: 1 };
        if self.uncalled.len() < UNCALLED_MAX {
            self.uncalled.push((test, broken.clone()));
        }
        Told::Violated(Box::new(broken))
    }

    /// A test in its innermost sandbox, as one who asks.
    fn asker_in(&self, number: u32) -> Option<Asker> {
        let test = self.sandboxes.test(number)?;
        let sandbox = Some(test.innermost()?);
        let (thread, lineage) = test.thread();
        let pid = test.pid();
        Some(Asker {
            pid,
            parent: 0,
            started: 0,
            lineage,
            thread,
            registers: Registers::default(),
            test: Some(test.name.clone()),
            in_lookup: false,
            linked: None,
            layer: Layer::Test,
            running: crate::processes::Running::default(),
            stand: Stand { sandboxed: Sandboxed::Inside, sandbox, test: Some(number) },
        })
    }
}
