//! Compiles augur's own kernels, and lets this package's tests and examples find libtorch at run time,
//! without LD_LIBRARY_PATH.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/kernels");
    println!("cargo::rerun-if-env-changed=LIBTORCH_CXX11_ABI");
    compile_kernels();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.libtorch/lib");
    // target/release, then target/release/{deps,examples}, then the tree this was built from.
    for rpath in ["$ORIGIN/../../.libtorch/lib", "$ORIGIN/../../../.libtorch/lib"] {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{rpath}");
    }
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", workspace.display());
}

/// With the headers of the libtorch that torch-sys found, and its ABI. The loops are compiled for several kinds of CPU, of
/// which the program takes the best at run time.
fn compile_kernels() {
    let lib = std::env::var("DEP_TCH_LIBTORCH_LIB").expect("torch-sys says where libtorch lies");
    let abi = std::env::var("LIBTORCH_CXX11_ABI").unwrap_or_else(|_| "1".to_owned());
    let base = || {
        let mut build = cc::Build::new();
        build.cpp(true).std("c++20").opt_level(3).warnings(false);
        build
    };
    let mut kernels = base();
    // at::parallel_for is a loop of one thread without OpenMP, and it has to be libtorch's, GNU's, which is found first at run time.
    if kernels.get_compiler().is_like_clang() {
        println!(
            "cargo::warning=augur's kernels will use one thread each: they are compiled by clang, whose OpenMP isn't libtorch's"
        );
    } else {
        kernels.flag("-fopenmp");
        println!("cargo::rustc-link-lib=gomp");
    }
    kernels
        .include(PathBuf::from(lib).join("../include"))
        .define("AUGUR_ABLATION", if cfg!(feature = "ablation") { "1" } else { "0" })
        .define("_GLIBCXX_USE_CXX11_ABI", abi.as_str())
        .files([
            "src/kernels/convolution.cpp",
            "src/kernels/fused.cpp",
            "src/kernels/strided.cpp",
            "src/kernels/memory.cpp",
            "src/kernels/pixels.cpp",
            "src/kernels/pooling.cpp",
            "src/kernels/weight.cpp",
        ])
        .compile("augur_kernels");
    let is_x86_64 = std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("x86_64");
    let kinds: &[(&str, &str)] = if is_x86_64 {
        &[("baseline", "x86-64"), ("v3", "x86-64-v3"), ("v4", "x86-64-v4")]
    } else {
        &[("baseline", "")]
    };
    if is_x86_64 {
        base()
            .flag("-march=x86-64-v3")
            .file("src/kernels/outer.cpp")
            .compile("augur_outer");
    }
    for (name, march) in kinds {
        let mut loops = base();
        if !march.is_empty() {
            loops.flag(format!("-march={march}"));
        }
        if *name == "v4" {
            loops.flag("-mprefer-vector-width=512");
        }
        loops
            // Sums may be taken in the order that fills registers.
            .flags([
                "-fno-math-errno",
                "-fno-trapping-math",
                "-fno-signed-zeros",
                "-fassociative-math",
            ])
            .define("AUGUR_CPU", *name)
            .file("src/kernels/loops.cpp")
            .compile(&format!("augur_loops_{name}"));
    }
}
