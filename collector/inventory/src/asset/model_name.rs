//! Maker and model in one text for people.

/// `Dell Inc. PowerEdge R640`; a maker that the model repeats stands there once.
#[must_use]
pub fn maker_and_model(maker: Option<&str>, model: Option<&str>) -> Option<String> {
    match (maker, model) {
        (Some(maker), Some(model)) if repeats(model, maker) => Some(model.to_owned()),
        (Some(maker), Some(model)) => Some(format!("{maker} {model}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

/// Whether a model begins with the first word of its maker.
fn repeats(model: &str, maker: &str) -> bool {
    let first = |text: &str| text.split_whitespace().next().map(str::to_lowercase);
    first(maker).is_some_and(|it| first(model) == Some(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maker_that_the_model_repeats_stands_there_once() {
        let check = |maker, model, expected: Option<&str>| {
            assert_eq!(maker_and_model(maker, model).as_deref(), expected);
        };
        check(Some("Kyocera"), Some("Kyocera ECOSYS M2540dn"), Some("Kyocera ECOSYS M2540dn"));
        check(Some("HP Inc."), Some("hp LaserJet"), Some("hp LaserJet"));
        check(Some("Dell Inc."), Some("PowerEdge R640"), Some("Dell Inc. PowerEdge R640"));
        check(Some("Dell Inc."), None, Some("Dell Inc."));
        check(None, Some("PowerEdge R640"), Some("PowerEdge R640"));
        check(None, None, None);
    }
}
