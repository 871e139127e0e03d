//! What people rate the protection need of: processes and information.

use super::{Level, Register};

/// A process or information with its need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rated<'a> {
    /// Its code.
    pub code: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Need for confidentiality, integrity and availability; none: not assessed.
    pub levels: [Option<Level>; 3],
}

impl Rated<'_> {
    /// Whether all three values are stated.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.levels.iter().all(Option::is_some)
    }
}

impl Register {
    /// All processes.
    pub fn rated_processes(&self) -> impl Iterator<Item = Rated<'_>> {
        self.process.iter().map(|it| Rated {
            code: &it.code,
            name: &it.name,
            levels: [it.confidentiality, it.integrity, it.availability],
        })
    }

    /// All information.
    pub fn rated_information(&self) -> impl Iterator<Item = Rated<'_>> {
        self.information.iter().map(|it| Rated {
            code: &it.code,
            name: &it.name,
            levels: [it.confidentiality, it.integrity, it.availability],
        })
    }

    /// All processes, and then all information.
    pub fn rated(&self) -> impl Iterator<Item = Rated<'_>> {
        self.rated_processes().chain(self.rated_information())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_three_values_are_not_a_rating() {
        let text = "[[process]]\ncode = \"P\"\nname = \"A\"\nconfidentiality = \"normal\"\nintegrity = \"high\"\n\
            [[information]]\ncode = \"I\"\nname = \"B\"\nconfidentiality = \"high\"\nintegrity = \"high\"\n\
            availability = \"normal\"\n";
        let register = Register::parse(text).unwrap();
        let all: Vec<(&str, bool)> = register.rated().map(|it| (it.code, it.is_whole())).collect();
        assert_eq!(all, [("P", false), ("I", true)]);
    }
}
