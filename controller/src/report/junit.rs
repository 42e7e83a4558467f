//! The report as JUnit's XML: a test case for each test that is known, merged by its name.
//! What belongs to no test stands in a case named `bigfoot`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::human::{block, gap, last_line, notes};
use super::item::{Item, Level, items, more};
use super::text::{clean, counted};
use super::{Attribution, Report, Resolve, Style};

/// Name of the suite, of the class, and of the case of what belongs to no test.
const OURS: &str = "bigfoot";

/// What is told of a test.
#[derive(Debug, Default)]
struct Case {
    /// What fails the run: code, what it is about, and all that is said.
    failures: Vec<(String, String, String)>,
    /// What does not.
    remarks: Vec<String>,
}

pub(super) fn write(
    report: &Report,
    style: &Style,
    resolve: &mut Resolve<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut suite = TestSuite::new(OURS);
    suite.add_test_cases(cases(report, style, resolve).into_iter().map(written));
    let remarks: Vec<_> = notes(report).chain(more(report)).chain([last_line(report)]).collect();
    suite.set_system_err(valid(&remarks.join("\n")));
    let mut document = Document::new(OURS);
    document.add_test_suite(suite);
    document.serialize(out).map_err(io::Error::other)
}

fn cases(report: &Report, style: &Style, resolve: &mut Resolve<'_>) -> BTreeMap<String, Case> {
    let plain = Style { colour: false, ..style.clone() };
    let mut cases = BTreeMap::from([(OURS.to_owned(), run(report))]);
    for interaction in &report.interactions {
        if let Some(test) = &interaction.test {
            cases.entry(test.clone()).or_default();
        }
    }
    for item in items(report, style, resolve) {
        let name = match item.test {
            Attribution::Test(name) => name.clone(),
            Attribution::Thread(_) | Attribution::Unknown => OURS.to_owned(),
        };
        cases.entry(name).or_default().add(&item, block(&item, &plain));
    }
    cases
}

/// What belongs to the run as a whole.
fn run(report: &Report) -> Case {
    let mut case = Case::default();
    let gap = gap(report).map(|gap| ("BF201", gap));
    let unasked = (report.unasked > 0).then(|| {
        let calls = counted(report.unasked, "call was", "calls were");
        ("BF202", format!("{calls} refused because their process could not ask"))
    });
    for (code, message) in gap.into_iter().chain(unasked) {
        case.failures.push((code.to_owned(), message.clone(), message));
    }
    case
}

impl Case {
    fn add(&mut self, item: &Item<'_>, text: String) {
        let code = item.code.name();
        if item.level == Level::Error {
            let message = format!("{code}: {}: {}", item.code.title(), item.first);
            self.failures.push((code.to_owned(), message, text));
        } else {
            self.remarks.push(text);
        }
    }
}

/// A case has one status: it goes by the first failure and tells all.
fn written((name, case): (String, Case)) -> TestCase {
    let status = case.failures.first().map_or_else(TestCaseStatus::success, |(code, first, _)| {
        let more = case.failures.len() - 1;
        let message = if more > 0 { format!("{first} (and {more} more)") } else { first.clone() };
        let texts: Vec<_> = case.failures.iter().map(|(_, _, text)| text.as_str()).collect();
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(code).set_message(valid(&message));
        status.set_description(valid(&texts.join("\n")));
        status
    });
    let mut written = TestCase::new(valid(&clean(&name)), status);
    written.set_classname(OURS);
    if !case.remarks.is_empty() {
        written.set_system_err(valid(&case.remarks.join("\n")));
    }
    written
}

/// Without the characters that XML 1.0 does not have beyond those that the serialiser takes out.
fn valid(text: &str) -> String {
    text.chars().filter(|character| !matches!(character, '\u{fffe}' | '\u{ffff}')).collect()
}
