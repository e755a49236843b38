//! `augur verify`: whether the choices of a leaderboard are those that were sealed before labels were read.

use super::print;
use crate::{
    client::Remote,
    failure::{Exit, Failure},
    results, text,
};
use clap::Args;

/// Recomputes the seal of every choice and compares it with the one that was made before labels were read
#[derive(Args)]
pub struct Verify {
    /// A folder of results, a leaderboard.json, or a sweep's name or identifier
    #[arg(value_name = "DIR|FILE|SWEEP")]
    results: String,
    /// Another copy to compare the seals with, named in the same ways: such as the sweep at its coordinator
    #[arg(long, value_name = "DIR|FILE|SWEEP")]
    against: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

impl Verify {
    pub async fn run(self) -> Result<(), Failure> {
        let (board, spec) = results::leaderboard_of(&self.results, &self.remote).await?;
        let mut faults = results::verify(&board, spec.as_ref());
        if let Some(against) = &self.against {
            let (other, _) = results::leaderboard_of(against, &self.remote).await?;
            faults.extend(results::compare_seals(&board, &other));
        }
        if !faults.is_empty() {
            faults.iter().for_each(|fault| print(&format!("{fault}\n")));
            let count = u32::try_from(faults.len()).unwrap_or(u32::MAX);
            let text = format!(
                "{} of {} not as sealed: see above",
                text::count(count, "thing"),
                self.results
            );
            return Err(Failure::new(Exit::BrokenSeal, text));
        }
        let choices = u32::try_from(board.tasks.len()).unwrap_or(u32::MAX);
        print(&format!(
            "{}: {}, every one as it was sealed\n",
            board.sweep.name,
            text::count(choices, "choice")
        ));
        if spec.is_none() {
            print("the config is not beside it, so that the trials were not compared with those that it asks for\n");
        }
        Ok(())
    }
}
