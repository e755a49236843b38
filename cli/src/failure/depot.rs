//! Object stores that do not do what they should.

use super::{Exit, Failure};
use augur_depot::DepotError;

impl From<DepotError> for Failure {
    fn from(error: DepotError) -> Self {
        let exit = match &error {
            DepotError::Url { .. } | DepotError::Key { .. } | DepotError::Settings { .. } => Exit::CommandLine,
            DepotError::NotThere(_)
            | DepotError::NoData { .. }
            | DepotError::Damaged { .. }
            | DepotError::Manifest { .. }
            | DepotError::Changed(_) => Exit::BadData,
            DepotError::Local { .. } | DepotError::TooLarge { .. } => Exit::CannotWrite,
            DepotError::Away { .. } => Exit::Unreachable,
            DepotError::Hiccup(_)
            | DepotError::Denied { .. }
            | DepotError::NoBucket { .. }
            | DepotError::Other { .. } => Exit::Unexpected,
        };
        Self::new(exit, error.to_string())
    }
}
