//! Rows of licences and subscriptions.

use observation::latest::Licence;

use super::{Row, one_of, text};

pub(super) fn licence(it: &Licence) -> Row {
    let fields = vec![
        ("edition", it.edition.clone()),
        ("state", it.state.clone()),
        ("count", text(it.count)),
        ("key_hash", it.key_hash.clone()),
        ("key_tail", it.key_tail.clone()),
        ("expires_on", text(it.expires_on)),
    ];
    one_of("licence", format!("{} ({}, {})", it.product, it.channel, it.place), fields)
}
