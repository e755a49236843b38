//! Lets augur-worker and its tests find libtorch at run time, without LD_LIBRARY_PATH.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.libtorch/lib");
    // target/release, then target/release/{deps,examples}, then the tree this was built from.
    for rpath in ["$ORIGIN/../../.libtorch/lib", "$ORIGIN/../../../.libtorch/lib"] {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{rpath}");
    }
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", workspace.display());
}
