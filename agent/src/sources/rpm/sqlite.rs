//! `rpmdb.sqlite`: the table `Packages (hnum INTEGER PRIMARY KEY, blob BLOB)` of a SQLite database.

use super::{HEADER_BYTES_MAX, PACKAGES_MAX, Take};
use crate::sources::pieces::{Pieces, Unread};
use crate::sources::sqlite::{Bounds, rows};

/// Each row holds one package.
const BOUNDS: Bounds = Bounds { row_bytes: HEADER_BYTES_MAX, rows: PACKAGES_MAX };

/// Gives every header to `take`.
pub(super) fn headers(pieces: &mut Pieces<'_>, take: Take<'_>) -> Result<(), Unread> {
    rows(pieces, "Packages", BOUNDS, &mut |row| {
        take(row.get(1)?.bytes());
        Some(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::sqlite::samples::WITHOUT_PACKAGES;
    use crate::sources::testing::MapHost;

    #[test]
    fn a_database_of_something_else_is_broken_and_not_empty() {
        let host = MapHost::new().file("/x", zstd::decode_all(WITHOUT_PACKAGES).unwrap());
        let problem = headers(&mut Pieces::new(&host, "/x"), &mut |_| panic!("no header"));
        assert_eq!(problem, Err(Unread::Broken("it has not the table that it should have")));
    }
}
