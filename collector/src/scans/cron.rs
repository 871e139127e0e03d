//! Times of a plan: five fields as cron knows them, in a time zone.
//!
//! Written here because the library for it is tied to other libraries for time. A time that the clocks
//! skip in spring is run as much later; one that they show twice in autumn is run once, unless the
//! plan runs every hour anyway.

use std::str::FromStr;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// The longest wait for a date: 29 February, over a year without one (2096 to 2104).
const DAYS_MAX: usize = 8 * 366 + 1;
/// Longest text.
const TEXT_BYTES_MAX: usize = 200;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// When a plan runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: Set,
    hours: Set,
    days: Set,
    months: Set,
    weekdays: Set,
}

/// What of one field is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// Not five fields.
    #[error("{0}/5")]
    Fields(usize),
    /// One field is not understood: its number from 1 and its text.
    #[error("{number}: {text}")]
    Field {
        /// From 1.
        number: usize,
        /// As it was typed.
        text: String,
    },
    /// No date has all of it: 31 February.
    #[error("–")]
    Never,
}

/// Numbers of a field as bits; all of them differs from a star for days and weekdays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Set {
    bits: u64,
    is_star: bool,
}

impl Set {
    fn has(self, number: i8) -> bool {
        u32::try_from(number).is_ok_and(|it| self.bits >> it & 1 == 1)
    }

    fn numbers(self) -> impl Iterator<Item = i8> {
        (0..60).filter(move |it| self.has(*it))
    }
}

/// One field: its least and greatest number, and names from the least one on.
struct Field {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { least: 0, most: 59, names: &[] },
    Field { least: 0, most: 23, names: &[] },
    Field { least: 1, most: 31, names: &[] },
    Field { least: 1, most: 12, names: &MONTHS },
    // 7 is Sunday too.
    Field { least: 0, most: 7, names: &WEEKDAYS },
];

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let texts: Vec<&str> = text.split_ascii_whitespace().collect();
        let count = texts.len();
        let texts: [&str; 5] = texts.try_into().map_err(|_| CronError::Fields(count))?;
        let mut sets = [Set { bits: 0, is_star: false }; 5];
        for (index, ((set, field), text)) in sets.iter_mut().zip(&FIELDS).zip(texts).enumerate() {
            let wrong = || CronError::Field {
                number: index + 1,
                text: text.chars().take(TEXT_BYTES_MAX).collect(),
            };
            *set = field.read(text).ok_or_else(wrong)?;
        }
        let [minutes, hours, days, months, mut weekdays] = sets;
        weekdays.bits |= weekdays.bits >> 7 & 1;
        let cron = Self { minutes, hours, days, months, weekdays };
        // 2096-03-01 begins the longest stretch without a leap day.
        let start = Date::constant(2096, 3, 1);
        let has_date = cron.dates_from(start).next().is_some();
        if has_date { Ok(cron) } else { Err(CronError::Never) }
    }
}

impl Field {
    fn read(&self, text: &str) -> Option<Set> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let mut bits = 0;
        for part in text.split(',') {
            bits |= self.part(part)?;
        }
        Some(Set { bits, is_star: text.starts_with('*') })
    }

    /// `*`, `5`, `1-5`, each with `/2` behind it.
    fn part(&self, text: &str) -> Option<u64> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|it| *it > 0)?)),
            None => (text, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.least, self.most),
            Some((first, last)) => (self.number(first)?, self.number(last)?),
            // `5/10` begins at 5 and goes on to the end.
            None if step.is_some() => (self.number(range)?, self.most),
            None => (self.number(range)?, self.number(range)?),
        };
        if first > last {
            return None;
        }
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        Some((first..=last).step_by(step).fold(0, |bits, it| bits | 1 << it))
    }

    fn number(&self, text: &str) -> Option<u32> {
        let lower = text.to_ascii_lowercase();
        let named = self.names.iter().position(|it| *it == lower);
        if let Some(place) = named {
            return Some(self.least + u32::try_from(place).ok()?);
        }
        let is_plain = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_plain)?;
        (self.least..=self.most).contains(&number).then_some(number)
    }
}

impl Cron {
    /// The first time after `after`.
    #[must_use]
    pub fn next_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = zone.to_datetime(after).date();
        // A skipped time may move from the day before to today.
        let start = today.yesterday().unwrap_or(today);
        self.dates_from(start).find_map(|date| self.on(date, zone).find(|it| *it > after))
    }

    fn dates_from(&self, start: Date) -> impl Iterator<Item = Date> {
        let dates = std::iter::successors(Some(start), |it| it.tomorrow().ok());
        dates.take(DAYS_MAX).filter(|it| self.has_date(*it))
    }

    /// Of day and weekday one is enough if both are given, as cron has always done.
    fn has_date(&self, date: Date) -> bool {
        let day = self.days.has(date.day());
        let weekday = self.weekdays.has(from_sunday(date.weekday()));
        let is_day = match (self.days.is_star, self.weekdays.is_star) {
            (false, false) => day || weekday,
            (true, _) | (_, true) => day && weekday,
        };
        self.months.has(date.month()) && is_day
    }

    /// The times of one day in order.
    fn on(&self, date: Date, zone: &TimeZone) -> impl Iterator<Item = Timestamp> {
        let mut found: Vec<Timestamp> = match self.hours.is_star {
            true => self.every_hour(date, zone),
            false => self.at_hours(date, zone),
        };
        found.sort();
        found.dedup();
        found.into_iter()
    }

    fn at_hours(&self, date: Date, zone: &TimeZone) -> Vec<Timestamp> {
        let times = self
            .hours
            .numbers()
            .flat_map(|hour| self.minutes.numbers().map(move |minute| date.at(hour, minute, 0, 0)));
        times.filter_map(|it| instant(it, zone)).collect()
    }

    /// Along the clock as it really goes, so that the doubled hour of autumn is run twice too.
    fn every_hour(&self, date: Date, zone: &TimeZone) -> Vec<Timestamp> {
        let midnight = |it: Date| instant(it.at(0, 0, 0, 0), zone);
        let end = date.checked_add(1.day()).ok().and_then(midnight);
        let (Some(start), Some(end)) = (midnight(date), end) else { return Vec::new() };
        let minute = SignedDuration::from_secs(60);
        let instants = std::iter::successors(Some(start), |it| it.checked_add(minute).ok());
        let fits = |it: &Timestamp| {
            let local = zone.to_datetime(*it);
            self.hours.has(local.hour()) && self.minutes.has(local.minute())
        };
        instants.take_while(|it| *it < end).filter(fits).collect()
    }
}

/// A skipped time is moved by the gap; of a doubled one the first is taken (RFC 5545 §3.3.5).
fn instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(local).compatible().ok()
}

fn from_sunday(weekday: Weekday) -> i8 {
    weekday.to_sunday_zero_offset()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    /// The local times that follow one another.
    fn runs(cron: &str, after: &str, count: usize) -> Vec<String> {
        let cron: Cron = cron.parse().unwrap();
        let mut at: Timestamp = after.parse().unwrap();
        let mut found = Vec::new();
        for _ in 0..count {
            at = cron.next_after(at, &berlin()).unwrap();
            found.push(at.to_zoned_datetime(berlin()).strftime("%Y-%m-%d %H:%M%:z").to_string());
        }
        found
    }

    #[test]
    fn every_night_at_two() {
        assert_eq!(
            runs("0 2 * * *", "2026-11-24T01:00:00Z", 2),
            ["2026-11-25 02:00+01:00", "2026-11-26 02:00+01:00"]
        );
        assert_eq!(runs("0 2 * * *", "2026-11-24T00:59:59Z", 1), ["2026-11-24 02:00+01:00"]);
    }

    #[test]
    fn lists_ranges_steps_and_names() {
        assert_eq!(
            runs("*/20 8-9 * * mon-fri", "2026-11-20T08:30:00Z", 3),
            ["2026-11-20 09:40+01:00", "2026-11-23 08:00+01:00", "2026-11-23 08:20+01:00"]
        );
        assert_eq!(runs("5,7 0 1 JAN *", "2026-11-24T00:00:00Z", 2).len(), 2);
        assert_eq!(runs("0 0 * * 7", "2026-11-24T00:00:00Z", 1), ["2026-11-29 00:00+01:00"]);
        assert_eq!(runs("30/10 1 * * *", "2026-11-24T00:35:00Z", 1), ["2026-11-24 01:40+01:00"]);
    }

    #[test]
    fn of_day_and_weekday_one_is_enough() {
        assert_eq!(
            runs("0 3 1 * sun", "2026-11-24T12:00:00Z", 2),
            ["2026-11-29 03:00+01:00", "2026-12-01 03:00+01:00"]
        );
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_run_later_that_night() {
        assert_eq!(
            runs("30 2 * * *", "2027-03-27T02:00:00Z", 2),
            ["2027-03-28 03:30+02:00", "2027-03-29 02:30+02:00"]
        );
    }

    #[test]
    fn a_time_that_the_clocks_show_twice_is_run_once() {
        assert_eq!(
            runs("30 2 * * *", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25 02:30+02:00", "2026-10-26 02:30+01:00"]
        );
    }

    #[test]
    fn every_hour_means_every_hour_in_autumn_too() {
        assert_eq!(
            runs("0 * * * *", "2026-10-24T23:30:00Z", 3),
            ["2026-10-25 02:00+02:00", "2026-10-25 02:00+01:00", "2026-10-25 03:00+01:00"]
        );
        assert_eq!(runs("0 * * * *", "2027-03-28T00:30:00Z", 1), ["2027-03-28 03:00+02:00"]);
    }

    #[test]
    fn a_leap_day_is_waited_for() {
        assert_eq!(runs("0 0 29 2 *", "2096-03-01T00:00:00Z", 1), ["2104-02-29 00:00+01:00"]);
    }

    #[test]
    fn mistakes_name_their_field() {
        let field = |number, text: &str| CronError::Field { number, text: text.to_owned() };
        for (text, error) in [
            ("0 2 * *", CronError::Fields(4)),
            ("", CronError::Fields(0)),
            ("60 2 * * *", field(1, "60")),
            ("0 24 * * *", field(2, "24")),
            ("0 2 0 * *", field(3, "0")),
            ("0 2 * 13 *", field(4, "13")),
            ("0 2 * * 8", field(5, "8")),
            ("*/0 2 * * *", field(1, "*/0")),
            ("5-1 2 * * *", field(1, "5-1")),
            ("+5 2 * * *", field(1, "+5")),
            ("1,,2 2 * * *", field(1, "1,,2")),
            ("0 0 31 2 *", CronError::Never),
        ] {
            assert_eq!(text.parse::<Cron>(), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn hostile_text_is_an_error_and_nothing_else(text in ".{0,80}") {
            let _ = text.parse::<Cron>();
        }

        #[test]
        fn the_next_time_is_later_and_nothing_lies_between(
            minute in 0..60_u32, hour in 0..24_u32, seconds in 0..4_000_000_000_i64,
        ) {
            let cron: Cron = format!("{minute} {hour} * * *").parse().unwrap();
            let after = Timestamp::from_second(seconds).unwrap();
            let next = cron.next_after(after, &berlin()).unwrap();
            prop_assert!(next > after);
            // Once a day, or an hour later or earlier where the clocks change.
            prop_assert!(next.as_second() - after.as_second() <= 26 * 60 * 60);
        }
    }
}
