//! The hours of the day in which a plan may run.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// From one time of the day until another, by the local clock; the end may lie on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    opens: Time,
    closes: Time,
}

impl FromStr for Window {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (opens, closes) = text.split_once('-').ok_or(())?;
        let (opens, closes) = (time(opens.trim()).ok_or(())?, time(closes.trim()).ok_or(())?);
        if opens == closes { Err(()) } else { Ok(Self { opens, closes }) }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (opens, closes) = (self.opens.strftime("%H:%M"), self.closes.strftime("%H:%M"));
        write!(formatter, "{opens}-{closes}")
    }
}

/// `22:00`; `24:00` is midnight.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |it: &str| {
        let is_plain = (1..=2).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
        it.parse::<i8>().ok().filter(|_| is_plain)
    };
    match (number(hour)?, number(minute)?) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
}

impl Window {
    /// Whether it is open.
    #[must_use]
    pub fn is_open(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let now = zone.to_datetime(at).time();
        match self.opens < self.closes {
            true => self.opens <= now && now < self.closes,
            // Over midnight.
            false => self.opens <= now || now < self.closes,
        }
    }

    /// The first moment from `at` on at which it is open.
    #[must_use]
    pub fn next_open(&self, at: Timestamp, zone: &TimeZone) -> Timestamp {
        if self.is_open(at, zone) { at } else { next(self.opens, at, zone) }
    }

    /// When it closes after `at`.
    #[must_use]
    pub fn next_close(&self, at: Timestamp, zone: &TimeZone) -> Timestamp {
        next(self.closes, at, zone)
    }
}

/// The first moment after `at` at which the local clock shows a time.
fn next(time: Time, at: Timestamp, zone: &TimeZone) -> Timestamp {
    let today = zone.to_datetime(at).date();
    let days = [-1, 0, 1, 2].into_iter().filter_map(|it| today.checked_add(it.days()).ok());
    let moments = days.filter_map(|date| {
        let local = date.to_datetime(time);
        zone.to_ambiguous_timestamp(local).compatible().ok()
    });
    // At the end of all dates there is no next one; then it is now.
    moments.filter(|it| *it > at).min().unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn window(text: &str) -> Window {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_may_go_over_midnight() {
        let night = window("22:00-05:00");
        for (moment, is_open) in [
            ("2026-11-24T20:59:59Z", false),
            ("2026-11-24T21:00:00Z", true),
            ("2026-11-25T00:00:00Z", true),
            ("2026-11-25T03:59:59Z", true),
            ("2026-11-25T04:00:00Z", false),
        ] {
            assert_eq!(night.is_open(at(moment), &berlin()), is_open, "{moment}");
        }
        assert_eq!(
            night.next_open(at("2026-11-24T12:00:00Z"), &berlin()),
            at("2026-11-24T21:00:00Z")
        );
        assert_eq!(
            night.next_open(at("2026-11-25T00:00:00Z"), &berlin()),
            at("2026-11-25T00:00:00Z")
        );
        assert_eq!(
            night.next_close(at("2026-11-24T22:00:00Z"), &berlin()),
            at("2026-11-25T04:00:00Z")
        );
    }

    #[test]
    fn the_clocks_of_autumn_make_the_night_longer() {
        let night = window("22:00-05:00");
        let opens = night.next_open(at("2026-10-24T12:00:00Z"), &berlin());
        let closes = night.next_close(opens, &berlin());
        assert_eq!(closes.as_second() - opens.as_second(), 8 * 60 * 60);
    }

    #[test]
    fn a_window_is_shown_as_it_is_typed() {
        for text in ["22:00-05:00", "08:30-17:00"] {
            assert_eq!(window(text).to_string(), text);
        }
        assert_eq!(window("20:00-24:00").to_string(), "20:00-00:00");
    }

    #[test]
    fn other_texts_are_no_window() {
        for text in ["", "22-5", "22:00", "25:00-05:00", "22:60-05:00", "5:00-5:00", "+1:00-05:00"]
        {
            assert_eq!(text.parse::<Window>(), Err(()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_opens_and_closes_later(
            opens in 0..1440_i32, closes in 0..1440_i32, seconds in 0..4_000_000_000_i64,
        ) {
            prop_assume!(opens != closes);
            let text = |it: i32| format!("{:02}:{:02}", it / 60, it % 60);
            let window = window(&format!("{}-{}", text(opens), text(closes)));
            let now = Timestamp::from_second(seconds).unwrap();
            let opening = window.next_open(now, &berlin());
            prop_assert!(opening >= now);
            prop_assert!(window.next_close(opening, &berlin()) > opening);
        }

        #[test]
        fn hostile_text_is_an_error_and_nothing_else(text in ".{0,40}") {
            let _ = text.parse::<Window>();
        }
    }
}
