//! The options of `augur launch kubernetes`.

use super::values::{Quantity, Selector, Taint, claim, label_name, quantity, secret, selector, taint};
use clap::Args;
use std::{num::NonZeroU32, path::PathBuf};

/// Runs a sweep on Kubernetes: coordinator, workers and the sweep itself as plain objects of its API
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The sweep's config, a YAML file
    pub config: PathBuf,
    /// The folder of the launch: its state, and every object in a file; not needed with --dry-run
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    pub out: Option<PathBuf>,
    /// Only prints the objects as YAML, or with --out writes them, and asks no cluster
    #[arg(long)]
    pub dry_run: bool,
    /// Container image with augur's programs; the Containerfile builds one
    #[arg(long, value_name = "IMAGE")]
    pub image: String,
    /// Secret that the registry of the image asks for
    #[arg(long, value_name = "SECRET", value_parser = secret)]
    pub image_pull_secret: Option<String>,
    /// What the objects' names begin with [default: the sweep's name]
    #[arg(long, value_name = "NAME", value_parser = label_name)]
    pub name: Option<String>,
    /// Namespace of all objects, which has to be there [default: that of the kubeconfig's context]
    #[arg(long, value_name = "NAMESPACE", value_parser = label_name)]
    pub namespace: Option<String>,
    /// Context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "CONTEXT")]
    pub context: Option<String>,
    #[command(flatten)]
    pub workers: Workers,
    #[command(flatten)]
    pub store: Store,
    #[command(flatten)]
    pub access: Access,
}

/// Who runs the trials.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Workers")]
pub struct Workers {
    /// Workers, each in a pod of its own
    #[arg(long = "workers", value_name = "N", default_value = "1")]
    pub count: NonZeroU32,
    /// Trials that a worker runs side by side [default: its cores / threads of a trial]
    #[arg(long, value_name = "S")]
    pub slots: Option<NonZeroU32>,
    /// NVIDIA GPUs of each worker
    #[arg(long, value_name = "N", default_value = "0")]
    pub gpus: u32,
    /// Cores of each worker, such as 4 or 500m
    #[arg(long, value_name = "CORES", default_value = "2", value_parser = quantity)]
    pub cpu: Quantity,
    /// Memory of each worker, such as 8Gi
    #[arg(long, value_name = "BYTES", default_value = "4Gi", value_parser = quantity)]
    pub memory: Quantity,
    /// Label that a worker's node has to have; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = selector)]
    pub node_selector: Vec<Selector>,
    /// Taint of nodes that workers may run on all the same; may be given several times
    #[arg(long, value_name = "KEY[=VALUE][:EFFECT]", value_parser = taint)]
    pub toleration: Vec<Taint>,
    /// PersistentVolumeClaim with the images; the config's paths start there
    #[arg(long, value_name = "CLAIM", value_parser = claim)]
    pub data_claim: Option<String>,
    /// PersistentVolumeClaim, for several workers ReadWriteMany, that keeps checkpoints, detectors and results; without it
    /// they go with their pods
    #[arg(long, value_name = "CLAIM", value_parser = claim)]
    pub artifacts_claim: Option<String>,
}

/// Where the coordinator keeps the sweep.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Store")]
pub struct Store {
    /// Secret whose key `url` is a PostgreSQL store (and `password`, if it is there, its password); then two coordinators
    /// share it, one standing by. Without it the store is an SQLite file on a volume of its own
    #[arg(long, value_name = "SECRET", value_parser = secret)]
    pub postgres_secret: Option<String>,
    /// StorageClass of the SQLite store's volume [default: the cluster's]
    #[arg(long, value_name = "CLASS", value_parser = claim, conflicts_with = "postgres_secret")]
    pub storage_class: Option<String>,
    /// Size of that volume
    #[arg(long, value_name = "BYTES", default_value = "10Gi", value_parser = quantity)]
    pub storage: Quantity,
}

/// Who may speak with the coordinator.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Access")]
pub struct Access {
    /// Existing Secret with tls.crt, tls.key, ca.crt, tokens, worker.token and client.token (docs/kubernetes.md)
    #[arg(long, value_name = "SECRET", value_parser = secret, conflicts_with = "insecure")]
    pub secret: Option<String>,
    /// Neither TLS nor tokens: whoever reaches the coordinator's pod may use it
    #[arg(long)]
    pub insecure: bool,
}
