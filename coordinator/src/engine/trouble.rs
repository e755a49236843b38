//! What keeps the store from working: told once when it begins, and once when it is over.

use crate::store::{FaultKind, StoreError};

/// What is known of it.
#[derive(Default)]
pub(super) struct Trouble {
    /// What was told of; an error that is no fault of the database has no kind.
    told: Option<Option<FaultKind>>,
    /// The last batch was undone.
    is_undone: bool,
}

impl Trouble {
    /// Whether some was told of that isn't over.
    pub fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// Whether the server can't be reached.
    pub fn is_away(&self) -> bool {
        self.told == Some(Some(FaultKind::Away))
    }

    /// A batch was undone; whether that is news.
    pub fn begins(&mut self, error: &StoreError) -> bool {
        let kind = match error {
            StoreError::Database(fault) => Some(fault.kind),
            StoreError::Damaged(_) | StoreError::Conflict(_) | StoreError::NulInText => None,
        };
        self.is_undone = true;
        self.told.replace(kind) != Some(kind)
    }

    /// A batch was committed, and `wrote` something or not; whether the trouble is over by it. A disk that is full, or can't be
    /// written, commits a batch that writes nothing all the same.
    pub fn ends(&mut self, wrote: bool) -> bool {
        let is_over = match self.told {
            None => false,
            Some(Some(FaultKind::Away)) => true,
            Some(_) => wrote,
        };
        if is_over {
            self.told = None;
        }
        is_over
    }

    /// Whether the batch before was undone: its commit may have been made all the same, and brought work.
    pub fn take_undone(&mut self) -> bool {
        std::mem::take(&mut self.is_undone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Fault;

    fn fault(kind: FaultKind) -> StoreError {
        let (store, source) = ("s".into(), None);
        Fault { store, kind, source }.into()
    }

    #[test]
    fn a_full_disk_is_told_once_however_many_batches_write_nothing_meanwhile() {
        let mut trouble = Trouble::default();
        assert!(trouble.begins(&fault(FaultKind::Full)));
        for _ in 0..3 {
            assert!(!trouble.ends(false));
            assert!(!trouble.begins(&fault(FaultKind::Full)));
        }
        assert!(trouble.is_told());
        assert!(trouble.ends(true));
        assert!(!trouble.is_told());
        assert!(!trouble.ends(true));
        assert!(trouble.begins(&fault(FaultKind::Full)));
    }

    #[test]
    fn another_kind_is_news() {
        let mut trouble = Trouble::default();
        assert!(trouble.begins(&fault(FaultKind::Full)));
        assert!(trouble.begins(&fault(FaultKind::ReadOnly)));
        assert!(trouble.begins(&StoreError::Conflict("trial")));
    }

    #[test]
    fn a_server_that_answers_is_there_again() {
        let mut trouble = Trouble::default();
        trouble.begins(&fault(FaultKind::Away));
        assert!(trouble.ends(false));
    }

    #[test]
    fn those_who_wait_for_work_are_woken_after_the_first_batch_that_is_not_undone() {
        let mut trouble = Trouble::default();
        assert!(!trouble.take_undone());
        trouble.begins(&fault(FaultKind::Full));
        trouble.ends(false);
        assert!(trouble.take_undone());
        assert!(!trouble.take_undone());
    }
}
