//! Rows of extensions of browsers and development environments.

use observation::latest::Extension;

use super::{Row, one_of, text, truth};

pub(super) fn extension(it: &Extension) -> Row {
    let permissions = (!it.permissions.is_empty()).then(|| it.permissions.join(", "));
    let left_out = (it.permissions_left_out > 0).then_some(it.permissions_left_out);
    let fields = vec![
        ("name", it.name.clone()),
        ("version", it.version.clone()),
        ("is_enabled", truth(it.is_enabled)),
        ("is_from_store", truth(it.is_from_store)),
        ("permissions", permissions),
        ("permissions_left_out", text(left_out)),
    ];
    // The place bears the pseudonym of the person whose profile it is.
    one_of("extension", format!("{} ({}, {})", it.id, it.application, it.place), fields)
}

#[cfg(test)]
mod tests {
    use observation::latest::UserName;

    use super::*;

    #[test]
    fn profiles_with_the_same_extension_have_rows_of_their_own() {
        let at = |place: &str| Extension {
            application: "Firefox".to_owned(),
            id: "a@b".to_owned(),
            name: Some("A".to_owned()),
            version: Some("1".to_owned()),
            is_enabled: Some(false),
            is_from_store: None,
            permissions: vec!["storage".to_owned(), "tabs".to_owned()],
            permissions_left_out: 0,
            owner: Some(UserName::Clear("root".to_owned())),
            place: place.to_owned(),
        };
        let (one, other) = (extension(&at("~x/1")), extension(&at("~x/2")));
        assert_ne!(one.object, other.object);
        let value =
            |name: &str| one.fields.iter().find(|it| it.0 == name).and_then(|it| it.1.clone());
        assert_eq!(value("permissions").as_deref(), Some("storage, tabs"));
        assert_eq!(value("is_enabled").as_deref(), Some("no"));
        assert_eq!((value("is_from_store"), value("permissions_left_out")), (None, None));
    }
}
