//! Answers that hold until the files that they were made from change.
//!
//! A service reads its host again and again, and package managers change seldom. What costs much to find out of their
//! records is kept in memory with a [`Witness`] of them, and found out again when the witness differs.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use observation::latest::Absent;

use crate::host::{Ask, Host};

/// A file changed so short a time ago may change again within the same tick of the kernel's clock: nothing is kept of
/// it. Ticks are ten milliseconds at most; the rest is for clocks that are being corrected.
const SETTLED_AFTER_NANOSECONDS: i128 = 2_000_000_000;

/// The state of files and folders, by which it is told whether one of them changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Witness(Vec<Option<(u64, i64)>>);

impl Witness {
    /// The state of paths, always asked for in the same order. None where it cannot be told: a path may not be looked
    /// at, or changed just now.
    pub(crate) fn of<'a>(
        host: &dyn Host,
        now: Timestamp,
        paths: impl IntoIterator<Item = &'a str>,
    ) -> Option<Self> {
        let state = |path| match host.status(path) {
            Ok(it) => {
                let age = now.as_nanosecond() - i128::from(it.changed_nanoseconds);
                (age >= SETTLED_AFTER_NANOSECONDS)
                    .then_some(Some((it.size_bytes, it.changed_nanoseconds)))
            }
            Err(Absent::NotHere { .. }) => Some(None),
            Err(_) => None,
        };
        paths.into_iter().map(state).collect::<Option<_>>().map(Self)
    }
}

/// One answer with the witness of what it was made from. Clones share it.
#[derive(Debug)]
pub(crate) struct Kept<T>(Arc<Mutex<Option<(Witness, T)>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone> Kept<T> {
    /// The answer, if what it was made from is as it was.
    pub(crate) fn answer(&self, witness: &Witness) -> Option<T> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(it, _)| it == witness).map(|(_, it)| it.clone())
    }

    /// Keeps an answer in place of the one before.
    pub(crate) fn keep(&self, witness: Witness, answer: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((witness, answer));
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::Privilege;

    use super::*;
    use crate::host::{Reply, Request};
    use crate::sources::testing::MapHost;

    const PATHS: [&str; 3] = ["/a", "/b", "/f"];
    const LATER: Timestamp = Timestamp::constant(1_800_000_000, 0);

    /// A machine whose paths nobody may look at.
    struct Closed;

    impl Host for Closed {
        fn ask(&self, request: &Request) -> Result<Reply, Absent> {
            let (what, needs) = (format!("{request:?}"), Privilege::Root);
            Err(Absent::NotAllowed { what, needs })
        }
    }

    fn machine() -> MapHost {
        MapHost::new().file("/a", "1").folder("/f")
    }

    fn witness(host: &MapHost) -> Option<Witness> {
        Witness::of(host, LATER, PATHS)
    }

    #[test]
    fn a_witness_differs_with_every_path() {
        let before = witness(&machine()).unwrap();
        assert_eq!(witness(&machine()), Some(before.clone()));
        for changed in [
            machine().file("/a", "12"),
            machine().file("/b", "came"),
            machine().file("/f/new", ""),
            MapHost::new().file("/a", "1"),
        ] {
            assert_ne!(witness(&changed), Some(before.clone()));
        }
    }

    #[test]
    fn nothing_is_kept_of_what_may_not_be_seen_or_changed_just_now() {
        assert_eq!(Witness::of(&Closed, LATER, PATHS), None);
        let changed_at = Timestamp::UNIX_EPOCH;
        assert_eq!(Witness::of(&machine(), changed_at, PATHS), None);
        assert_eq!(Witness::of(&machine(), changed_at, ["/b"]), Some(Witness(vec![None])));
    }

    #[test]
    fn an_answer_holds_for_its_witness_and_for_every_clone() {
        let (kept, other) = (Kept::default(), machine().file("/b", ""));
        let (before, after) = (witness(&machine()).unwrap(), witness(&other).unwrap());
        assert_eq!(kept.answer(&before), None);
        kept.clone().keep(before.clone(), 7);
        assert_eq!((kept.answer(&before), kept.answer(&after)), (Some(7), None));
        kept.keep(after.clone(), 8);
        assert_eq!((kept.answer(&before), kept.answer(&after)), (None, Some(8)));
    }
}
