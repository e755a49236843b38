//! Workers.

use super::{last_part, millis, state};
use augur_proto::v1;
use serde::Serialize;

#[derive(Serialize)]
pub(in crate::page) struct Worker {
    id: String,
    host: String,
    state: String,
    slots: u32,
    leases: u32,
    memory_bytes: u64,
    augur_version: String,
    libtorch_version: String,
    last_heartbeat: Option<i64>,
}

impl From<v1::Worker> for Worker {
    fn from(of: v1::Worker) -> Self {
        Self {
            id: last_part(&of.name),
            state: state(of.state().as_str_name(), "WORKER_STATE_"),
            host: of.host,
            slots: of.slots,
            leases: of.leases,
            memory_bytes: of.memory_bytes,
            augur_version: of.augur_version,
            libtorch_version: of.libtorch_version,
            last_heartbeat: millis(of.last_heartbeat_time),
        }
    }
}
