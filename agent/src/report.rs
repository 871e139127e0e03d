//! One run of all sources becomes one report. A source that fails costs its section, not the report.
