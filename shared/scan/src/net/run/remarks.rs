//! Keeps the remarks of a run within what the collector takes.

use std::collections::BTreeMap;

use observation::latest::scan::ScanRemark;

/// Remarks of one kind that are told one by one; of the rest only how many.
const REMARKS_PER_CODE_MAX: usize = 100;
/// Longest text of a remark.
const WHAT_BYTES_MAX: usize = 200;

/// The remarks in order, none twice, none too long, and not too many of one kind.
pub(super) fn bounded(mut remarks: Vec<ScanRemark>) -> Vec<ScanRemark> {
    for remark in &mut remarks {
        cut(&mut remark.what);
    }
    remarks.sort();
    remarks.dedup();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    remarks.retain(|it| {
        let count = counts.entry(it.code.clone()).or_default();
        *count += 1;
        *count <= REMARKS_PER_CODE_MAX
    });
    let further = counts.into_iter().filter(|it| it.1 > REMARKS_PER_CODE_MAX);
    remarks.extend(further.map(|(code, count)| ScanRemark {
        code: "further_remarks".to_owned(),
        what: format!("{code} ({})", count - REMARKS_PER_CODE_MAX),
    }));
    remarks.sort();
    remarks
}

fn cut(text: &mut String) {
    text.truncate(text.floor_char_boundary(WHAT_BYTES_MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remark(code: &str, what: String) -> ScanRemark {
        ScanRemark { code: code.to_owned(), what }
    }

    #[test]
    fn of_many_remarks_of_a_kind_a_hundred_are_told_and_the_others_counted() {
        let many = (0..512).map(|it| remark("no_way", format!("10.0.{}.{}", it / 256, it % 256)));
        let twice = [remark("interrupted", String::new()), remark("interrupted", String::new())];
        let told = bounded(many.chain(twice).collect());
        assert_eq!(told.iter().filter(|it| it.code == "no_way").count(), 100);
        assert_eq!(told.iter().filter(|it| it.code == "interrupted").count(), 1);
        assert!(told.contains(&remark("further_remarks", "no_way (412)".to_owned())));
    }

    #[test]
    fn a_long_text_is_cut_between_two_letters() {
        let told = bounded(vec![remark("raw_failed", format!("x{}", "ä".repeat(200)))]);
        assert_eq!(told[0].what.len(), 199);
    }
}
