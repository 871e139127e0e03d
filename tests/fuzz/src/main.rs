//! One fuzz target of [`targets`], chosen by the environment variable `TARGET`. See `run.sh`.

#![no_main]

mod targets;

use std::sync::OnceLock;

use targets::Target;

static CHOSEN: OnceLock<Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let chosen = CHOSEN.get_or_init(|| {
        let name = std::env::var("TARGET").unwrap_or_default();
        let all = targets::all();
        let names: Vec<String> = all.iter().map(|it| it.name.clone()).collect();
        let found = all.into_iter().find(|it| it.name == name);
        found.unwrap_or_else(|| panic!("TARGET must be one of {}", names.join(" ")))
    });
    chosen.run(data);
});
