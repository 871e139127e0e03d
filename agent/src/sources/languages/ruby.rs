//! Ruby: the specifications that RubyGems writes when it installs a gem (`Gem::Specification#to_ruby`). They are
//! programs; of these only lines of the form that RubyGems itself writes are read.

use observation::latest::{InstalledPackage, PackageManager};

use super::{bare, line};

/// What RubyGems writes before name, version, platform and paths of a gem.
const STUB: &str = "# stub: ";

/// Whether a folder is one of installed gems; gems also carry specifications of their own making.
pub(super) fn is_specification(folder: &str) -> bool {
    folder.ends_with("/specifications") || folder.ends_with("/specifications/default")
}

/// The gem of a specification.
pub(super) fn package(
    specification: &[u8],
    folder: &str,
) -> Result<InstalledPackage, &'static str> {
    let text = String::from_utf8_lossy(specification);
    let stub = text.lines().take(5).find_map(|it| it.strip_prefix(STUB));
    let mut words = stub.unwrap_or_default().split_whitespace();
    let name = words.next().map(str::to_owned).or_else(|| field(&text, "name"));
    let version = words.next().map(str::to_owned).or_else(|| field(&text, "version"));
    let (Some(name), Some(version)) = (name, version) else {
        return Err("it has no name or version as RubyGems writes them");
    };
    let place = folder.trim_end_matches("/default").trim_end_matches("/specifications");
    let mut package = bare(PackageManager::RubyGem, &name, &version, place);
    package.architecture = words.next().filter(|it| *it != "ruby").map(str::to_owned);
    package.summary = field(&text, "summary");
    package.home_page = field(&text, "homepage");
    package.licence = field(&text, "licenses");
    package.publisher = field(&text, "authors");
    Ok(package)
}

/// The texts of `s.name = "…".freeze` or of a list of them.
fn field(text: &str, name: &str) -> Option<String> {
    let value = text.lines().find_map(|it| {
        let rest = it.trim_start().strip_prefix("s.")?.strip_prefix(name)?;
        rest.trim_start().strip_prefix('=')
    })?;
    let texts: Vec<&str> = value.split('"').skip(1).step_by(2).collect();
    line(&texts.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Real: Debian 12's ruby-net-telnet, shortened.
    const TELNET: &str = "# -*- encoding: utf-8 -*-\n# stub: net-telnet 0.2.0 ruby lib\n\n\
        Gem::Specification.new do |s|\n  s.name = \"net-telnet\".freeze\n  s.version = \"0.2.0\"\n\n\
        \x20 s.authors = [\"SHIBATA Example\".freeze, \"Other\".freeze]\n  s.homepage = \"https://github.com/ruby/net-telnet\".freeze\n\
        \x20 s.licenses = [\"ruby\".freeze]\n  s.summary = \"Provides telnet client functionality.\".freeze\nend\n";

    const PLACE: &str = "/var/lib/gems/3.1.0/specifications";

    #[test]
    fn a_specification_is_a_gem() {
        let found = package(TELNET.as_bytes(), PLACE).unwrap();
        assert_eq!((&*found.name, &*found.version), ("net-telnet", "0.2.0"));
        assert_eq!(found.place.as_deref(), Some("/var/lib/gems/3.1.0"));
        assert_eq!(found.licence.as_deref(), Some("ruby"));
        assert_eq!(found.publisher.as_deref(), Some("SHIBATA Example, Other"));
        assert_eq!(found.architecture, None);
    }

    #[test]
    fn without_the_stub_the_fields_count() {
        let text = TELNET.replace("# stub: ", "# ");
        assert_eq!(package(text.as_bytes(), PLACE).unwrap().version, "0.2.0");
        let native = TELNET.replace("0.2.0 ruby", "0.2.0 x86_64-linux");
        let found = package(native.as_bytes(), PLACE).unwrap();
        assert_eq!(found.architecture.as_deref(), Some("x86_64-linux"));
    }

    #[test]
    fn a_program_of_another_form_is_told() {
        for text in ["", "s.version = VERSION\ns.name = 'x'", "# stub: alone"] {
            assert!(package(text.as_bytes(), PLACE).is_err(), "{text}");
        }
    }

    #[test]
    fn only_folders_of_installed_gems_count() {
        assert!(is_specification(PLACE));
        assert!(is_specification("/usr/lib/ruby/gems/3.1.0/specifications/default"));
        assert!(!is_specification("/home/x/project"));
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "((# stub: |s.name ?= ?|s.version=)?\\PC{0,9}\n){0,9}") {
            let _ = package(text.as_bytes(), PLACE);
        }
    }
}
