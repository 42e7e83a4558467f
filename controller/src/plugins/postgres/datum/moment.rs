//! Dates, times and intervals, in the style ISO and in UTC.

use std::fmt::Write;

/// Days from 0000-03-01 to 2000-01-01 in the proleptic Gregorian calendar.
const EPOCH_DAYS: i64 = 730_425;
const DAY_MICROS: i64 = 86_400_000_000;
/// Years that are read.
const YEARS: std::ops::RangeInclusive<i64> = 1..=9999;

/// A span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::plugins::postgres) struct Interval {
    pub(in crate::plugins::postgres) months: i32,
    pub(in crate::plugins::postgres) days: i32,
    pub(in crate::plugins::postgres) micros: i64,
}

/// `2024-05-01`, `infinity`.
pub(super) fn date_text(days: i32) -> String {
    match days {
        i32::MAX => "infinity".to_owned(),
        i32::MIN => "-infinity".to_owned(),
        days => {
            let (year, month, day) = civil(i64::from(days));
            with_era(year, |year| format!("{year:04}-{month:02}-{day:02}"))
        }
    }
}

pub(super) fn date(text: &str) -> Option<i32> {
    match text.trim() {
        "infinity" => Some(i32::MAX),
        "-infinity" => Some(i32::MIN),
        text => i32::try_from(days(text)?).ok(),
    }
}

/// `10:00:00.5`.
pub(super) fn time_text(micros: i64) -> String {
    let (seconds, fraction) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let mut text = format!("{hours:02}:{minutes:02}:{:02}", seconds % 60);
    if fraction != 0 {
        let digits = format!("{fraction:06}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text
}

pub(super) fn time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let mut parts = clock.split(':');
    let hours = number(parts.next()?, 0..=24)?;
    let minutes = number(parts.next()?, 0..=59)?;
    let seconds = parts.next().map_or(Some(0), |text| number(text, 0..=60))?;
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit()) && fraction.len() <= 9;
    if parts.next().is_some() || !digits {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let all = (hours * 3600 + minutes * 60 + seconds) * 1_000_000 + micros;
    (all <= DAY_MICROS).then_some(all)
}

/// `2024-05-01 10:00:00+00`; the zone only where there is one.
pub(super) fn timestamp_text(micros: i64, zoned: bool) -> String {
    match micros {
        i64::MAX => return "infinity".to_owned(),
        i64::MIN => return "-infinity".to_owned(),
        _ => {}
    }
    let (year, month, day) = civil(micros.div_euclid(DAY_MICROS));
    let clock = time_text(micros.rem_euclid(DAY_MICROS));
    let zone = if zoned { "+00" } else { "" };
    with_era(year, |year| format!("{year:04}-{month:02}-{day:02} {clock}{zone}"))
}

/// A point in time: with a zone that is not UTC's taken off, if it may have one.
pub(super) fn timestamp(text: &str, zoned: bool) -> Option<i64> {
    match text.trim() {
        "infinity" => return Some(i64::MAX),
        "-infinity" => return Some(i64::MIN),
        _ => {}
    }
    let text = text.trim();
    let (day, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' ']).or(rest.is_empty().then_some("00:00:00"))?;
    let zone = rest.find(['Z', 'z', '+', '-', ' ']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone);
    let offset = if zoned { offset(zone.trim())? } else { zone.trim().is_empty().then_some(0)? };
    days(day)?.checked_mul(DAY_MICROS)?.checked_add(time(clock)?)?.checked_sub(offset)
}

/// Microseconds that a zone is ahead of UTC: `Z`, `+02`, `-03:30`.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "" | "Z" | "z" | "UTC") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits = zone.strip_prefix(['+', '-'])?.replace(':', "");
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { number(minutes, 0..=59)? };
    Some(sign * (number(hours, 0..=15)? * 60 + minutes) * 60_000_000)
}

fn with_era(year: i64, text: impl Fn(i64) -> String) -> String {
    if year > 0 { text(year) } else { format!("{} BC", text(1 - year)) }
}

fn number(text: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?.filter(|number| range.contains(number))
}

/// Days from 2000-01-01 to a date that there is.
fn days(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let sized = (year.len(), month.len(), day.len()) == (4, 2, 2) && parts.next().is_none();
    let year = number(year, YEARS).filter(|_| sized)?;
    let (month, day) = (number(month, 1..=12)?, number(day, 1..=31)?);
    let days = days_to(year, month, day);
    (civil(days) == (year, month, day)).then_some(days)
}

/// Years of this count begin in March, so that the day that comes every four years is their last.
fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - EPOCH_DAYS
}

/// The date so many days after 2000-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH_DAYS;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

impl Interval {
    /// `1 year 2 mons 3 days 04:05:06`.
    pub(super) fn text(self) -> String {
        let mut text = String::new();
        let units = [(self.months / 12, "year"), (self.months % 12, "mon"), (self.days, "day")];
        let mut negative = false;
        for (number, unit) in units.into_iter().filter(|(number, _)| *number != 0) {
            let plus = if negative && number > 0 { "+" } else { "" };
            let plural = if number == 1 { "" } else { "s" };
            let _ = write!(text, "{plus}{number} {unit}{plural} "); // a String takes everything
            negative = number < 0;
        }
        if self.micros != 0 || text.is_empty() {
            let sign = if self.micros < 0 {
                "-"
            } else if negative {
                "+"
            } else {
                ""
            };
            let clock = time_text(i64::try_from(self.micros.unsigned_abs()).unwrap_or(i64::MAX));
            let _ = write!(text, "{sign}{clock}");
        }
        text.trim_end().to_owned()
    }

    /// Numbers with units, and a clock: `1 day 02:00:00`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut interval = Self::default();
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            if word.contains(':') {
                let (sign, clock) = match word.strip_prefix('-') {
                    Some(clock) => (-1, clock),
                    None => (1, word.trim_start_matches('+')),
                };
                interval.micros = interval.micros.checked_add(sign * time(clock)?)?;
                continue;
            }
            let number: i32 = word.parse().ok()?;
            match words.next()?.trim_end_matches('s') {
                "year" => interval.months = interval.months.checked_add(number.checked_mul(12)?)?,
                "mon" | "month" => interval.months = interval.months.checked_add(number)?,
                "week" => interval.days = interval.days.checked_add(number.checked_mul(7)?)?,
                "day" => interval.days = interval.days.checked_add(number)?,
                "hour" => interval.add(number, 3600)?,
                "minute" | "min" => interval.add(number, 60)?,
                "second" | "sec" => interval.add(number, 1)?,
                _ => return None,
            }
        }
        (!text.trim().is_empty()).then_some(interval)
    }

    fn add(&mut self, number: i32, seconds: i64) -> Option<()> {
        let micros = i64::from(number).checked_mul(seconds * 1_000_000)?;
        self.micros = self.micros.checked_add(micros)?;
        Some(())
    }
}
