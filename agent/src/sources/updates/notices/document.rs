//! One notice of `updateinfo.xml`, as createrepo writes it (`repo_updateinfoxml.c` of libsolv reads the same).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// How a notice begins.
pub(super) const BEGINNING: &[u8] = b"<update ";
/// Most parts of a notice that are looked at.
const EVENTS_MAX: usize = 200_000;
/// Most packages of a notice.
const PACKAGES_MAX: usize = 20_000;

/// A notice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Notice {
    /// Its number.
    pub(super) id: String,
    /// `security`, `bugfix`, `enhancement`, `newpackage` …
    pub(super) kind: String,
    /// Severity in its own words.
    pub(super) severity: Option<String>,
    /// The packages that it offers.
    pub(super) packages: Vec<Package>,
}

/// A package of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) architecture: String,
    /// `epoch:version-release`; an epoch of zero is not written.
    pub(super) version: String,
    /// Name and stream of the module that it belongs to.
    pub(super) module: Option<(String, String)>,
}

impl Notice {
    /// A notice from its beginning on; what follows its end is passed over. None without a number.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        let mut notice = Self::default();
        let (mut element, mut module) = (String::new(), None);
        for _ in 0..EVENTS_MAX {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    let name = start.name();
                    element = name.as_ref().to_owned();
                    match &*element {
                        "update" => notice.kind = attribute(&start, "type").unwrap_or_default(),
                        "collection" => module = None,
                        _ => notice.enter(&element, &start, &mut module),
                    }
                }
                Event::Empty(start) => {
                    let name = start.name().as_ref().to_owned();
                    notice.enter(&name, &start, &mut module);
                }
                Event::Text(text) => match &*element {
                    "id" if notice.id.is_empty() => {
                        text.xml10_content().trim().clone_into(&mut notice.id);
                    }
                    "severity" => {
                        let severity = text.xml10_content().trim().to_owned();
                        notice.severity = Some(severity).filter(|it| !it.is_empty());
                    }
                    _ => {}
                },
                Event::End(end) => {
                    element.clear();
                    if end.name().as_ref() == "update" {
                        break;
                    }
                }
                Event::Eof => break,
                Event::CData(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_)
                | Event::GeneralRef(_) => {}
            }
        }
        (!notice.id.is_empty()).then_some(notice)
    }

    fn enter(
        &mut self,
        name: &str,
        element: &BytesStart<'_>,
        module: &mut Option<(String, String)>,
    ) {
        match name {
            "module" => *module = attribute(element, "name").zip(attribute(element, "stream")),
            "package" if self.packages.len() < PACKAGES_MAX => {
                self.packages.extend(Package::of(element, module.clone()));
            }
            _ => {}
        }
    }
}

impl Package {
    fn of(element: &BytesStart<'_>, module: Option<(String, String)>) -> Option<Self> {
        let [name, version, release, architecture] =
            ["name", "version", "release", "arch"].map(|it| attribute(element, it));
        let epoch = attribute(element, "epoch").filter(|it| it != "0");
        let epoch = epoch.map(|it| format!("{it}:")).unwrap_or_default();
        let version = format!("{epoch}{}-{}", version?, release?);
        Some(Self { name: name?, architecture: architecture?, version, module })
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    let value = quick_xml::escape::unescape(&attribute.value).ok()?.into_owned();
    (!value.is_empty()).then_some(value)
}
