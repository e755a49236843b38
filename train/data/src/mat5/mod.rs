//! MATLAB v5 files: a header of 128 bytes, then one element a variable, plain or compressed by zlib, in the byte order
//! of the machine that wrote it (MathWorks, "MAT-File Format", level 5). Numeric arrays are read; of these, SVHN's.

mod array;
mod element;
mod error;
mod file;
mod svhn;

pub use array::Variable;
pub use error::Mat5Error;
pub use file::MatFile;
pub use svhn::SvhnFile;
