//! What the jobs of a launch run: `augur launch part coordinator` and `augur launch part worker`. Each is the process that its
//! scheduler signals; it starts the programs that do the work, and stops them in order.

mod coordinator;
mod elsewhere;
mod forward;
mod signals;
mod worker;

use crate::failure::Failure;
use clap::{Args, Subcommand};

/// The part of a job; scripts of `augur launch` call it
#[derive(Args)]
#[command(hide = true)]
pub struct Part {
    #[command(subcommand)]
    which: Which,
}

#[derive(Subcommand)]
enum Which {
    Coordinator(coordinator::Coordinator),
    Worker(worker::Worker),
}

impl Part {
    pub async fn run(self) -> Result<(), Failure> {
        match self.which {
            Which::Coordinator(part) => part.run().await,
            Which::Worker(part) => part.run().await,
        }
    }
}

/// A line in the job's log.
fn say(text: &str) {
    eprintln!("augur launch: {text}");
}
