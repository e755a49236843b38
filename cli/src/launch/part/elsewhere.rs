//! A sweep whose coordinator is no part of the launch: nobody marks its end in the folder, so that coordinator is asked.

use super::say;
use crate::{
    client::{Client, sweep_name},
    failure::Failure,
    launch::{files::LaunchFolder, state::State},
};
use augur_channel::{Access, Addresses};
use augur_proto::v1::SweepState;
use std::time::Duration;
use tokio::time::sleep;

const ASK: Duration = Duration::from_secs(30);

/// Whether the sweep is over; not as far as is known where the coordinator does not say.
pub async fn is_over(folder: &LaunchFolder, addresses: &Addresses) -> bool {
    ask(folder, addresses).await.is_ok_and(is_end)
}

/// Ends once the sweep is over.
pub async fn over(folder: &LaunchFolder, addresses: &Addresses) {
    let mut last = String::new();
    loop {
        match ask(folder, addresses).await {
            Ok(state) if is_end(state) => return,
            Ok(_) => last.clear(),
            Err(failure) => {
                let why = failure.to_string();
                if why != last {
                    say(&format!("can't ask whether the sweep is over: {why}"));
                    last = why;
                }
            }
        }
        sleep(ASK).await;
    }
}

/// As one of the people, for a worker has no right to ask.
async fn ask(folder: &LaunchFolder, addresses: &Addresses) -> Result<SweepState, Failure> {
    let state = State::read(folder)?;
    let access = Access {
        addresses: addresses.clone(),
        credentials: state.person(folder),
    };
    let mut client = Client::connect(&access).await?;
    Ok(client.sweep(&sweep_name(&state.sweep)).await?.state())
}

fn is_end(state: SweepState) -> bool {
    matches!(
        state,
        SweepState::Succeeded | SweepState::Failed | SweepState::Cancelled
    )
}
