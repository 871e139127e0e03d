//! Rows of settings: drift is a change of one of them.

use observation::latest::Setting;

use super::{Row, one_of};
use crate::reconcile::wire;

pub(super) fn setting(it: &Setting) -> Row {
    let scope = it.scope.as_ref().map(|it| format!(" [{it}]")).unwrap_or_default();
    let fields = vec![
        ("value", it.value.clone()),
        ("origin", Some(wire::setting_origin(it.origin).to_owned())),
        ("place", Some(it.place.clone())),
    ];
    one_of("setting", format!("{}{scope}: {}", it.subject, it.name), fields)
}
