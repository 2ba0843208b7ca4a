//! What this crate builds can be built.

use wazo_auth_test_support::{abi, plugins};

#[test]
fn every_plugin_is_built() {
    for file in [
        plugins::native(),
        plugins::backend_example(),
        plugins::external_bar(),
    ] {
        assert!(file.exists(), "{}", file.display());
    }
    for name in [
        "abort",
        "duplicate",
        "hangs",
        "nonsense",
        "panics",
        "routes",
    ] {
        let file = plugins::bad(name);
        assert!(file.exists(), "{}", file.display());
    }
    let versions = [
        abi::older_minor(),
        abi::newer_minor(),
        abi::changed_layout(),
    ];
    for file in versions {
        assert!(file.exists(), "{}", file.display());
    }
}
