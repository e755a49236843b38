//! `augur watch`: follows a sweep until it ends.

use super::{Remote, print, verdict, width};
use crate::{
    client::sweep_name,
    failure::Failure,
    interrupt,
    progress::{self, Output},
    results,
    tensorboard::{self, Export},
    watch::{self, Until},
};
use clap::Args;
use std::path::PathBuf;
use tokio::sync::mpsc;

/// Follows a sweep until it ends, then shows what was selected
#[derive(Args)]
pub struct Watch {
    /// The sweep's name or identifier
    sweep: String,
    /// Write each trial's epochs as event files of TensorBoard into this folder
    #[arg(long, value_name = "DIR")]
    tensorboard: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    remote: Remote,
}

impl Watch {
    pub async fn run(self) -> Result<(), Failure> {
        let mut export = self.tensorboard.as_deref().map(Export::into_folder).transpose()?;
        let mut client = self.remote.connect().await?;
        let reader = client.clone();
        let name = client.sweep(&sweep_name(&self.sweep)).await?.name;
        let mut screen = progress::screen(&client, &self.output, None);
        // Nobody sends notices here: that is for those who start the workers themselves.
        let (_none, mut notices) = mpsc::channel(1);
        let follow = watch::follow(&mut client, &name, Until::Over, screen.as_mut(), &mut notices);
        let follow = tensorboard::alongside(export.as_mut(), &reader, &name, follow);
        let followed = tokio::select! {
            followed = follow => followed,
            () = interrupt::interrupted() => Err(interrupt::failure("the sweep goes on")),
        };
        screen.finish();
        let sweep = followed?;
        if !self.output.json {
            let board = client.leaderboard(&name).await?;
            print(&results::to_table(&board, width()));
        }
        if let Some(export) = &mut export {
            export.finish(&mut client, &name).await?;
        }
        verdict(
            &sweep,
            &format!("`augur leaderboard {} --format md`", sweep.display_name),
        )
    }
}
