//! Known sums. They are of the decompressed files: the package and the public address compress them differently.

use super::Fault;
use crate::{data_sets, idx};
use sha2::{Digest, Sha256};
use std::path::Path;

/// SHA-256 of each decompressed file.
pub(super) const FILES: [(&str, &str); 4] = [
    (
        "train-images-idx3-ubyte",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    (
        "train-labels-idx1-ubyte",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    (
        "t10k-images-idx3-ubyte",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    (
        "t10k-labels-idx1-ubyte",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
];

/// Whether a folder has the four files, each what it should be.
pub(super) fn folder(folder: &Path) -> Result<(), Fault> {
    for (name, expected) in FILES {
        let path = data_sets::fashion_mnist_file(folder, name).map_err(|_| format!("{name} is missing"))?;
        let bytes = idx::read(&path).map_err(|fault| format!("{name} is damaged: {fault}"))?;
        let found = sha256(&bytes);
        if found != expected {
            return Err(format!("{name} is not the published file: expected SHA-256 {expected}, found {found}").into());
        }
    }
    Ok(())
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
