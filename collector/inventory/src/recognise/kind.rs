//! What an enclosure says about what stands in it.

use super::platforms::platforms;
use crate::asset::AssetKind;

/// What a machine in an enclosure of this kind is (DSP0134 §7.4.1). `None`: the enclosure does not
/// say.
#[must_use]
pub fn kind_of_chassis(number: u8) -> Option<AssetKind> {
    platforms().chassis.iter().find(|it| it.numbers.contains(&number)).map(|it| it.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_enclosures_that_say_so_tell_the_kind() {
        assert_eq!(kind_of_chassis(10), Some(AssetKind::Laptop));
        assert_eq!(kind_of_chassis(23), Some(AssetKind::Server));
        assert_eq!(kind_of_chassis(3), Some(AssetKind::Client));
        for silent in [0, 1, 2, 7, 255] {
            assert_eq!(kind_of_chassis(silent), None, "{silent}");
        }
    }
}
