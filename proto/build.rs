//! Compiles the .proto files with protox: no protoc on the machine is needed.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=augur");
    let files = [
        "augur/v1/resources.proto",
        "augur/v1/sweep_service.proto",
        "augur/v1/worker_service.proto",
    ];
    let descriptors = protox::compile(files, ["."])?;
    let bytes = prost::Message::encode_to_vec(&descriptors);
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("augur.bin"), bytes)?;
    // BTreeMap: hyperparameters keep one order, so that messages are equal byte for byte.
    tonic_prost_build::configure().btree_map(".").compile_fds(descriptors)?;
    Ok(())
}
