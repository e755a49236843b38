//! Sweeps of any size, of trials that nobody computes.

use anyhow::{Result, ensure};
use augur_proto::v1::{self, sweep_service_client::SweepServiceClient};
use tonic::transport::Channel;

/// The size of a sweep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub tasks: u32,
    pub seeds: u32,
    /// Trials of each (task, seed).
    pub starts: u32,
}

impl Shape {
    pub fn trials(self) -> u32 {
        self.tasks * self.seeds * self.starts
    }

    fn yaml(self, name: &str) -> String {
        let seeds: Vec<String> = (0..self.seeds).map(|seed| seed.to_string()).collect();
        let task = |n: u32| {
            format!(
                "  - {{normal: sneaker, anomaly: {{planted: {{rotate_deg: {}}}}}}}\n",
                n + 1
            )
        };
        let tasks: String = (0..self.tasks).map(task).collect();
        format!(
            "\
version: 1
name: {name}
data: {{fashion_mnist: {{}}}}
tasks:
{tasks}families: [{{rotation: {{starts: {{grid: {}}}}}}}]
seeds: [{}]
",
            self.starts,
            seeds.join(", ")
        )
    }
}

/// The API for people.
pub(super) type Api = SweepServiceClient<Channel>;

pub(super) async fn api(url: &str) -> Result<Api> {
    Ok(SweepServiceClient::connect(url.to_owned()).await?)
}

/// Submits a sweep and checks that it has as many trials as it should.
pub(super) async fn submit(url: &str, name: &str, shape: Shape) -> Result<v1::Sweep> {
    let request = v1::CreateSweepRequest {
        spec_yaml: shape.yaml(name),
        ..Default::default()
    };
    let sweep = api(url).await?.create_sweep(request).await?.into_inner();
    let total = sweep.progress.clone().unwrap_or_default().trials_total;
    ensure!(total == shape.trials(), "{total} trials instead of {}", shape.trials());
    Ok(sweep)
}
