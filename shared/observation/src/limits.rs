//! Bounds that both ends keep: nothing larger is sent, nothing larger is accepted.

/// Longest text in one field; longer text is cut and complained about.
pub const FIELD_BYTES_MAX: usize = 4096;
/// Most facts in one section.
pub const FACTS_PER_SECTION_MAX: usize = 50_000;
/// Most sections in one report.
pub const SECTIONS_PER_REPORT_MAX: usize = 200;
/// Most complaints kept per section; the rest is only counted.
pub const COMPLAINTS_PER_SECTION_MAX: usize = 50;
/// Largest section body, as JSON text before compression.
pub const SECTION_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Largest request as it travels (compressed).
pub const REQUEST_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Largest request after decompression.
pub const REQUEST_UNPACKED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Deepest nesting of a JSON document.
pub const JSON_DEPTH_MAX: usize = 32;
/// Most networks of a company that an agent is told.
pub const HOME_NETWORKS_MAX: usize = 512;
/// Most networks in which a scan says what it is done with.
pub const DONE_NETWORKS_MAX: usize = 4096;
