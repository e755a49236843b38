//! What happens to the coordinator that leads.

/// A fault. What it did is undone after the take-over was seen, so that the one that was struck stands by for the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL.
    Killed,
    /// SIGTERM: it leaves in order.
    Terminated,
    /// SIGSTOP, and SIGCONT after the take-over.
    Frozen,
    /// Its connections to PostgreSQL are closed, and new ones too.
    Cut,
    /// Nothing passes between it and PostgreSQL, and nobody is told.
    Held,
    /// PostgreSQL ends its session, by pg_terminate_backend. It may be as quick as the other one to take the lock again.
    SessionEnded,
}

impl Fault {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Killed,
        Self::Terminated,
        Self::Frozen,
        Self::Cut,
        Self::Held,
        Self::SessionEnded,
    ];

    /// In a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Killed => "SIGKILL",
            Self::Terminated => "SIGTERM",
            Self::Frozen => "SIGSTOP, later SIGCONT",
            Self::Cut => "connection to PostgreSQL cut",
            Self::Held => "connection held, nobody told",
            Self::SessionEnded => "pg_terminate_backend",
        }
    }

    /// Whether the other one has to lead afterwards.
    pub fn deposes(self) -> bool {
        self != Self::SessionEnded
    }
}
