//! The collector: one ingest door, one inventory, one workbook.
