//! Who may do what: roles, what each call takes, and the one table of all calls. Pure.

use std::{fmt, str::FromStr};

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads, and decides over sweeps.
    Submitter,
    /// Does the work: leases trials and hands in what came of them.
    Worker,
    /// Everything.
    Admin,
}

/// What a call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Nothing: whoever probes whether the coordinator lives.
    Open,
    /// To read.
    Read,
    /// To read what workers have to know too.
    ReadAtWork,
    /// To decide over sweeps.
    Decide,
    /// To work.
    Work,
    /// To decide over workers.
    Administer,
}

/// What is said of a call in the record of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// Nothing unless it is refused: it changes nothing, or it comes all the time.
    Refusals,
    /// Each time.
    Always,
}

/// How large a request may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Names, filters, tokens of leases.
    Small,
    /// A spec, outcomes, measurements, pictures.
    Large,
}

/// A call of the API.
#[derive(Debug, PartialEq, Eq)]
pub struct Rpc {
    /// As HTTP/2 carries it.
    pub path: &'static str,
    /// What it takes.
    pub right: Right,
    /// Whether it is written down.
    pub record: Record,
    /// How large its request may be.
    pub size: Size,
    /// Whether its answer is a stream, which may last.
    pub streams: bool,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Submitter, Self::Worker, Self::Admin];

    /// Whether it has a right.
    pub fn may(self, right: Right) -> bool {
        match (self, right) {
            (_, Right::Open | Right::ReadAtWork) | (Self::Admin, _) => true,
            (Self::Viewer, right) => right == Right::Read,
            (Self::Submitter, right) => matches!(right, Right::Read | Right::Decide),
            (Self::Worker, right) => right == Right::Work,
        }
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Submitter => "submitter",
            Self::Worker => "worker",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|role| role.name() == text);
        known.ok_or_else(|| format!("`{text}` is no role; write viewer, submitter, worker or admin"))
    }
}

macro_rules! rpcs {
    ($($service:literal { $($name:ident: $right:ident $($more:ident)*;)* })*) => {
        &[$($(rpc(concat!("/", $service, "/", stringify!($name)), Right::$right)$(.$more())*),*),*]
    };
}

/// Every call there is. What is not here is refused.
pub const RPCS: &[Rpc] = rpcs! {
    "augur.v1.SweepService" {
        GetCoordinator: ReadAtWork;
        CreateSweep: Decide recorded large;
        GetSweep: Read;
        ListSweeps: Read;
        CancelSweep: Decide recorded;
        PauseSweep: Decide recorded;
        ResumeSweep: Decide recorded;
        RetryTrials: Decide recorded;
        SetPriority: Decide recorded;
        ExtendSweep: Decide recorded large;
        WatchSweep: Read streaming;
        ListGroups: Read;
        GetTrial: ReadAtWork;
        ListTrials: Read;
        ListMeasurements: Read;
        ListLogLines: Read;
        GetLeaderboard: Read;
        ListTasks: Read;
        ListResults: Read;
        GetCurves: Read;
        GetScatter: Read;
        ListPictures: Read;
        ListWorkers: Read;
        DrainWorker: Administer recorded;
    }
    "augur.v1.WorkerService" {
        RegisterWorker: Work recorded;
        AcquireLeases: Work;
        RenewLeases: Work;
        ReportMeasurements: Work large;
        CompleteTrial: Work recorded large;
        CompleteEvaluation: Work recorded large;
        FailLease: Work recorded;
        LeaveWorker: Work recorded;
    }
    "grpc.health.v1.Health" {
        Check: Open;
        Watch: Open streaming;
    }
    "grpc.reflection.v1.ServerReflection" {
        ServerReflectionInfo: Read streaming;
    }
    "grpc.reflection.v1alpha.ServerReflection" {
        ServerReflectionInfo: Read streaming;
    }
};

const fn rpc(path: &'static str, right: Right) -> Rpc {
    Rpc {
        path,
        right,
        record: Record::Refusals,
        size: Size::Small,
        streams: false,
    }
}

impl Rpc {
    /// The one at this path.
    pub fn at(path: &str) -> Option<&'static Self> {
        RPCS.iter().find(|rpc| rpc.path == path)
    }

    /// Without the package: what people call it.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    const fn recorded(self) -> Self {
        let record = Record::Always;
        Self { record, ..self }
    }

    const fn large(self) -> Self {
        let size = Size::Large;
        Self { size, ..self }
    }

    const fn streaming(self) -> Self {
        let streams = true;
        Self { streams, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_may_do_everything_and_a_viewer_changes_nothing() {
        for rpc in RPCS {
            assert!(Role::Admin.may(rpc.right), "{}", rpc.path);
            if rpc.record == Record::Always {
                assert!(!Role::Viewer.may(rpc.right), "{}", rpc.path);
            }
        }
    }

    #[test]
    fn workers_and_submitters_keep_out_of_each_others_way() {
        for rpc in RPCS {
            let both = Role::Worker.may(rpc.right) && Role::Submitter.may(rpc.right);
            let is_shared = matches!(rpc.right, Right::Open | Right::ReadAtWork);
            assert_eq!(both, is_shared, "{}", rpc.path);
        }
    }
}
