//! Whom files belong to, in little memory: a number per path, and each package once.

use std::collections::{HashMap, HashSet};

use observation::latest::OwnerPackage;

use super::number::{new_key, number};

/// Most paths that are kept, about sixteen bytes each: ten times those of a developer's machine.
const PATHS_MAX: usize = 1 << 16;

/// Whom the files that were asked for belong to.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    key: u64,
    /// The place of the package in `packages` by the number of the path; none: it belongs to no package.
    by_path: HashMap<u64, Option<u32>>,
    packages: Vec<OwnerPackage>,
    /// Where was looked for those that belong to no package.
    pub(super) searched: String,
}

impl Default for Answers {
    fn default() -> Self {
        let (by_path, packages) = (HashMap::new(), Vec::new());
        Self { key: new_key(), by_path, packages, searched: String::new() }
    }
}

impl Answers {
    /// Puts the known owners of `paths` into `owners` and returns the paths that were never asked for.
    pub(super) fn answer(
        &self,
        paths: &HashSet<String>,
        owners: &mut HashMap<String, OwnerPackage>,
    ) -> HashSet<String> {
        let mut unanswered = HashSet::new();
        for path in paths {
            match self.by_path.get(&number(self.key, path.as_bytes())) {
                None => {
                    unanswered.insert(path.clone());
                }
                Some(None) => {}
                Some(Some(package)) => {
                    let package = usize::try_from(*package).ok();
                    let package = package.and_then(|it| self.packages.get(it));
                    owners.extend(package.map(|it| (path.clone(), it.clone())));
                }
            }
        }
        unanswered
    }

    /// Adds what a search for `paths` said.
    pub(super) fn add(
        &mut self,
        paths: &HashSet<String>,
        owners: &HashMap<String, OwnerPackage>,
        searched: &str,
    ) {
        let mut places: HashMap<OwnerPackage, u32> = HashMap::new();
        for (place, package) in (0..).zip(&self.packages) {
            places.insert(package.clone(), place);
        }
        for path in paths {
            if self.by_path.len() == PATHS_MAX {
                break;
            }
            let package = owners.get(path).map(|package| {
                let next = u32::try_from(self.packages.len()).unwrap_or(u32::MAX);
                *places.entry(package.clone()).or_insert_with(|| {
                    self.packages.push(package.clone());
                    next
                })
            });
            self.by_path.insert(number(self.key, path.as_bytes()), package);
        }
        // A search ends as soon as every path has its owner: who looked further looked everywhere.
        if searched.len() > self.searched.len() {
            searched.clone_into(&mut self.searched);
        }
    }
}
