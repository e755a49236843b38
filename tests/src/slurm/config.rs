//! slurm.conf of a test's cluster.

use std::{net::TcpListener, path::Path};

/// The nodes: each a slurmd of this machine.
pub const NODES: [&str; 2] = ["n1", "n2"];

/// The configuration with everything in `folder`.
///
/// A job that was put back waits as long as a credential lasts, two minutes unless it is said to be shorter. Nodes have more
/// cores than the machine: what is tested is who runs when.
pub fn text(folder: &Path) -> String {
    let (folder, host, user) = (folder.display(), host(), user());
    let [controller, first, second] = ports();
    format!(
        "\
ClusterName=augur
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
KillWait=30
MinJobAge=3600
JobRequeue=1
ReturnToService=2
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={first} CPUs=8 RealMemory=4000 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={second} CPUs=8 RealMemory=4000 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES PriorityTier=1 GraceTime=60 State=UP MaxTime=INFINITE
PartitionName=high Nodes=n1 PriorityTier=10 PreemptMode=OFF State=UP MaxTime=INFINITE
"
    )
}

/// Ports that were free a moment ago.
fn ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("loopback has free ports"));
    listeners.map(|listener| listener.local_addr().expect("it is bound").port())
}

fn host() -> String {
    said("uname", &["-n"])
}

/// Who runs this.
pub fn user() -> String {
    said("id", &["-un"])
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = std::process::Command::new(program).args(arguments).output();
    String::from_utf8_lossy(&output.expect("every Unix has it").stdout)
        .trim()
        .to_owned()
}
