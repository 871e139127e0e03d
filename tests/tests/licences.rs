//! The list of libraries that the program shows is the list of libraries that it is made of.

#[test]
fn the_list_of_licences_names_every_library() {
    let shown = include_str!("../../collector/assets/licences.txt");
    let linked = tests::licences::lines().unwrap();
    assert!(shown == linked, "out of date: run `cargo run -p tests --bin licences`");
}
