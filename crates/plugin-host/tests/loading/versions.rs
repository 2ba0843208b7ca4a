//! Plugins that other versions of the ABI have built.

use wazo_auth_plugin_host::{CallContext, State, Verdict};
use wazo_auth_test_support::{abi, plugins};

use crate::support::{Directory, file};

#[test]
fn every_minor_of_the_abi_is_loaded_in_every_order() {
    let files = [
        ("older", "example_older", abi::older_minor()),
        ("newer", "example_newer", abi::newer_minor()),
        ("own", "example", plugins::backend_example().to_owned()),
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut directory = Directory::new();
        for (position, number) in order.into_iter().enumerate() {
            let (name, backend, path) = &files[number];
            // Files are loaded by name.
            directory = directory
                .file(&format!("{position}-{name}.so"), path)
                .backend(backend);
        }
        let registry = directory.load();
        for (_, backend, _) in &files {
            let entry = registry.backend(backend);
            let entry = entry.unwrap_or_else(|| panic!("{backend}: {:?}", registry.report()));
            let verdict = entry.verify_password(&CallContext::default(), "bob", "abc123");
            assert!(
                matches!(verdict, Ok(Verdict::Accepted { .. })),
                "{backend}: {verdict:?}"
            );
        }
    }
}

#[test]
fn a_changed_layout_under_the_same_version_is_refused_in_one_line() {
    let directory = Directory::new()
        .file("changed.so", &abi::changed_layout())
        .file("own.so", plugins::backend_example())
        .backend("example_changed")
        .backend("example");
    let registry = directory.load();
    assert!(registry.backend("example").is_some());
    let report = registry.report();
    let changed = file(&report, "changed.so");
    assert_eq!(changed.state, State::Refused);
    let reason = changed.reason.clone().unwrap_or_default();
    assert!(
        reason.contains("another layout") && !reason.contains('\n'),
        "{reason}"
    );
    assert!(
        reason.contains("verify_password"),
        "it says where: {reason}"
    );
}

#[test]
fn a_kind_that_a_file_of_an_older_minor_cannot_have_is_an_error_of_that_entry() {
    // Such a file says that it has one, and lacks the function that starts it.
    let directory = Directory::new()
        .file("odd.so", &abi::older_minor_with_metadata())
        .backend("example_odd")
        .metadata("example_odd");
    let registry = directory.load();
    assert!(registry.backend("example_odd").is_some());
    assert!(registry.metadata("example_odd").is_none());
    let report = registry.report();
    let reasons: Vec<_> = file(&report, "odd.so")
        .entries
        .iter()
        .filter_map(|entry| entry.reason.as_deref())
        .collect();
    assert_eq!(
        reasons,
        ["its file cannot start metadata plugins; rebuild it with a newer SDK"]
    );
}
