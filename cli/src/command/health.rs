//! `augur health`: whether a coordinator serves, by gRPC's health service; for probes, and for scripts that wait for one.

use super::{Remote, print};
use crate::failure::{Exit, Failure};
use augur_channel::Access;
use clap::Args;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tonic::transport::Endpoint;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(4);
/// How long until it is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Seconds: a longer wait ends at no time that there is.
const YEAR: u64 = 365 * 24 * 60 * 60;

/// Says whether a coordinator serves: of several, whether any does
#[derive(Args)]
pub struct Health {
    /// Seconds to wait for one that does
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = clap::value_parser!(u64).range(..=YEAR))]
    wait: u64,
    #[command(flatten)]
    remote: Remote,
}

impl Health {
    pub async fn run(self) -> Result<(), Failure> {
        let access = self.remote.required()?;
        let until = Instant::now() + Duration::from_secs(self.wait);
        loop {
            match any(&access).await {
                Ok(address) => {
                    print(&format!("{address} serves\n"));
                    return Ok(());
                }
                Err(failure) if failure.exit != Exit::Unreachable || Instant::now() >= until => return Err(failure),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
}

/// The first of the addresses at which a coordinator serves; else why the last one doesn't.
async fn any(access: &Access) -> Result<String, Failure> {
    let mut result = Err(Failure::new(Exit::CommandLine, "no coordinator is named"));
    for address in access.addresses.iter() {
        let address = address.to_string();
        let one = Access {
            addresses: address.parse().map_err(command_line)?,
            credentials: access.credentials.clone(),
        };
        result = serves(&one).await.map(|()| address);
        if result.is_ok() {
            break;
        }
    }
    result
}

async fn serves(access: &Access) -> Result<(), Failure> {
    let address = &access.addresses;
    let connection = access.open(|endpoint| endpoint.connect_timeout(ANSWER), Endpoint::connect_lazy);
    let mut client = HealthClient::new(connection.map_err(command_line)?);
    let asked = client.check(HealthCheckRequest { service: String::new() });
    let said = match timeout(ANSWER, asked).await {
        Ok(Ok(answer)) if answer.get_ref().status() == ServingStatus::Serving => return Ok(()),
        Ok(Ok(_)) => "is there and does not serve: it stands by, or its store is away".to_owned(),
        Ok(Err(status)) => format!("can't be asked: {}", status.message()),
        Err(_) => format!("did not answer within {} seconds", ANSWER.as_secs()),
    };
    let text = format!("the coordinator at {address} {said}; --wait SECONDS waits for it");
    Err(Failure::new(Exit::Unreachable, text))
}

fn command_line(fault: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::CommandLine, fault.to_string())
}
