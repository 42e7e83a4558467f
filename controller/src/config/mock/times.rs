//! How often a mock answers.

use super::super::error::Error;
use super::super::schema::Reader;
use super::super::tree::{Node, Value};
use super::act::Real;
use crate::mocks::{Act, Times};

const FORMS: &str =
    "write a number, `\"any\"`, or a range with both ends in it, such as `\"1..3\"` or `\"2..\"`";

impl Reader<'_> {
    pub(super) fn times(&self, node: &Node, act: &Act, real: Real) -> Result<Times, Error> {
        let replies = match act {
            Act::Replies(replies) => replies.len() as u64,
            Act::Fault(..) | Act::Real(_) => 1,
        };
        let Some(entry) = node.entry("times") else {
            let usual = match real {
                Real::PassThrough => Times::ANY,
                Real::Never | Real::Spy => Times { min: replies, max: Some(replies) },
            };
            return self.required(node, usual, true);
        };
        let times = self.range(&entry.node)?;
        if let Some(max) = times.max.filter(|max| *max < replies) {
            let wrong = format!("{replies} replies cannot be given in {max} times");
            return Err(self.error(&entry.node, wrong, "the last ones are never given"));
        }
        self.required(node, times, false)
    }

    fn range(&self, node: &Node) -> Result<Times, Error> {
        let times = match &node.value {
            Value::Integer(number) => {
                u64::try_from(*number).ok().map(|number| (number, Some(number)))
            }
            Value::Text(text) => range(text),
            _ => return Err(self.wrong_type(node, "times", "a number or a range").help(FORMS)),
        };
        match times {
            Some((_, Some(0))) => Err(self
                .error(node, "this mock never answers", "no times")
                .help("remove the mock; what must not happen is refused without one")),
            Some((min, max)) if max.is_none_or(|max| min <= max) => Ok(Times { min, max }),
            _ => Err(self
                .error(node, format!("{} is no number of times", self.shown(node)), "not known")
                .help(FORMS)),
        }
    }

    /// Whether it has to answer at all, as `required` has it.
    fn required(&self, node: &Node, times: Times, is_usual: bool) -> Result<Times, Error> {
        let Some(entry) = node.entry("required") else {
            return Ok(times);
        };
        match self.boolean(&entry.node, "required")? {
            false => Ok(Times { min: 0, ..times }),
            true if is_usual => Ok(Times { min: times.min.max(1), ..times }),
            true if times.min == 0 => Err(self
                .error(
                    &entry.node,
                    "`times` says that this mock need not answer, `required` that it must",
                    "which of them?",
                )
                .help("write `times = \"1..\"` for once or more")),
            true => Ok(times),
        }
    }
}

fn range(text: &str) -> Option<(u64, Option<u64>)> {
    if text == "any" {
        return Some((0, None));
    }
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok())?
    };
    let (min, max) = text.split_once("..")?;
    let max = if max.is_empty() { None } else { Some(number(max)?) };
    Some((number(min)?, max))
}
