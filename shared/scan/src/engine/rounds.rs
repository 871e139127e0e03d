//! The rounds in which a list of questions is asked.

use std::time::Duration;

use super::order::Order;

/// Always made: at 1 % loss each way one round misses 2 % of the answers, two 0.04 %.
const ROUNDS_MIN: u8 = 2;
/// Never more, however much is lost.
const ROUNDS_MAX: u8 = 4;
/// Expected number of missed answers above which a further round follows.
const MISSED_MAX: f64 = 0.025;
/// Resolution of the times that are kept per question.
const TICK: Duration = Duration::from_micros(10);

/// Questions by number. In each round every question that is not settled goes out once, in the same
/// order; in a later round none before its last answer is overdue.
#[derive(Debug)]
pub(super) struct Rounds {
    order: Order,
    groups: u64,
    members: u64,
    began: Option<Duration>,
    position: u64,
    round: u8,
    asked: Vec<Asked>,
    last_sent: Duration,
    answers: [u64; ROUNDS_MAX as usize + 1],
}

#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    ticks: u32,
    times: u8,
}

/// What is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Ask(usize),
    Wait(Duration),
    Over,
}

impl Rounds {
    /// `groups` questions for each of `members`: number = group × members + member. Groups go out one
    /// after the other, members in an order that spreads.
    pub(super) fn new(groups: u64, members: u64, seed: u64) -> Self {
        Self {
            order: Order::new(members, seed),
            groups,
            members,
            began: None,
            position: 0,
            round: 1,
            asked: vec![Asked::default(); (groups * members) as usize],
            last_sent: Duration::ZERO,
            answers: [0; ROUNDS_MAX as usize + 1],
        }
    }

    /// The next question that is neither settled nor too early, while any of them is `open`. A question
    /// that is given counts as sent.
    pub(super) fn turn(
        &mut self,
        now: Duration,
        timeout: Duration,
        is_open: bool,
        is_settled: impl Fn(usize) -> bool,
    ) -> Turn {
        // Times are kept from the first question on, so that they fit however late it comes.
        let began = *self.began.get_or_insert(now);
        let count = self.groups * self.members;
        if !is_open {
            return Turn::Over;
        }
        loop {
            if self.position >= count {
                if !self.has_further_round() || count == 0 {
                    let end = self.last_sent + timeout;
                    return if now >= end || count == 0 { Turn::Over } else { Turn::Wait(end) };
                }
                // Whether a further round is needed shows only when the answers are here.
                if self.round >= ROUNDS_MIN && now < self.last_sent + timeout {
                    return Turn::Wait(self.last_sent + timeout);
                }
                self.round += 1;
                self.position = 0;
            }
            let group = self.position / self.members;
            let number = group * self.members + self.order.at(self.position % self.members);
            let number = number as usize;
            let Some(asked) = self.asked.get_mut(number).filter(|_| !is_settled(number)) else {
                self.position += 1;
                continue;
            };
            let due = began + TICK * asked.ticks + timeout;
            if asked.times > 0 && due > now {
                return Turn::Wait(due);
            }
            *asked = Asked {
                ticks: ticks(now.saturating_sub(began)),
                times: asked.times.saturating_add(1),
            };
            self.last_sent = now;
            self.position += 1;
            return Turn::Ask(number);
        }
    }

    fn has_further_round(&self) -> bool {
        if self.round < ROUNDS_MIN {
            return true;
        }
        // Whoever answered only later shows which part q of the answers gets lost; of what the last round
        // found, that part is still to be found.
        let late: u64 = self.answers.iter().skip(2).sum();
        let all: u64 = self.answers.iter().sum();
        let last = self.answers.get(usize::from(self.round)).copied().unwrap_or(0);
        let missed = last as f64 * late as f64 / all.max(1) as f64;
        self.round < ROUNDS_MAX && missed > MISSED_MAX
    }

    /// An answer to this question that settled something. The round trip, where it is certain.
    pub(super) fn answered(&mut self, number: usize, now: Duration) -> Option<Duration> {
        let asked = self.asked.get(number).filter(|it| it.times > 0)?;
        if let Some(count) = self.answers.get_mut(usize::from(asked.times)) {
            *count += 1;
        }
        (asked.times == 1)
            .then(|| now.saturating_sub(self.began.unwrap_or_default() + TICK * asked.ticks))
    }

    /// Whether this question was ever asked.
    pub(super) fn was_asked(&self, number: usize) -> bool {
        self.asked.get(number).is_some_and(|it| it.times > 0)
    }

    /// How much of the scheduled rounds is asked, from 0 to 1.
    pub(super) fn fraction(&self) -> f64 {
        let count = (self.groups * self.members).max(1);
        let asked = u64::from(self.round - 1) * count + self.position;
        (asked as f64 / (u64::from(ROUNDS_MIN) * count) as f64).min(1.0)
    }

    /// The round, from 1.
    pub(super) fn round(&self) -> u8 {
        self.round
    }
}

fn ticks(now: Duration) -> u32 {
    u32::try_from(now.as_micros() / TICK.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn two_rounds_are_made_and_the_second_skips_what_is_settled() {
        let mut rounds = Rounds::new(2, 3, 0);
        let mut asked = vec![0; 6];
        let mut now = Duration::ZERO;
        loop {
            match rounds.turn(now, 50 * MS, true, |it| it < 3 && asked[it] > 0) {
                Turn::Ask(number) => asked[number] += 1,
                Turn::Wait(until) => {
                    assert!(until > now);
                    now = until;
                }
                Turn::Over => break,
            }
        }
        assert_eq!(asked, [1, 1, 1, 2, 2, 2]);
        assert_eq!(now, 100 * MS);
    }

    #[test]
    fn answers_that_only_a_second_question_gets_bring_a_third_round() {
        let mut rounds = Rounds::new(1, 10, 0);
        let (mut asked, mut settled) = ([0; 10], [false; 10]);
        let mut now = Duration::ZERO;
        loop {
            match rounds.turn(now, 50 * MS, true, |it| settled[it]) {
                Turn::Ask(number) => {
                    asked[number] += 1;
                    if number < 5 && asked[number] == 2 || number == 7 {
                        settled[number] = true;
                        rounds.answered(number, now);
                    }
                }
                Turn::Wait(until) => now = until,
                Turn::Over => break,
            }
        }
        assert_eq!(asked, [2, 2, 2, 2, 2, 3, 3, 1, 3, 3]);
    }

    #[test]
    fn only_the_answer_to_a_single_question_is_measured() {
        let mut rounds = Rounds::new(1, 1, 0);
        assert_eq!(rounds.answered(0, MS), None);
        assert_eq!(rounds.turn(MS, 5 * MS, true, |_| false), Turn::Ask(0));
        assert_eq!(rounds.answered(0, 4 * MS), Some(3 * MS));
        assert_eq!(rounds.turn(4 * MS, 5 * MS, true, |_| false), Turn::Wait(6 * MS));
        assert_eq!(rounds.turn(6 * MS, 5 * MS, true, |_| false), Turn::Ask(0));
        assert_eq!(rounds.answered(0, 7 * MS), None);
    }

    #[test]
    fn nothing_to_ask_is_over_at_once() {
        assert_eq!(Rounds::new(6, 0, 9).turn(MS, MS, true, |_| false), Turn::Over);
        assert_eq!(Rounds::new(0, 5, 9).turn(MS, MS, true, |_| false), Turn::Over);
    }
}
