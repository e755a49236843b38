//! The calls of MLflow's REST API 2.0 that an export needs.

use super::run::{Text, TrialRun};
use crate::failure::{Exit, Failure, os_text};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{collections::HashMap, env, sync::Arc, time::Duration};
use ureq::{
    Agent, RequestBuilder,
    http::{Response, StatusCode},
    tls::{Certificate, RootCerts, TlsConfig},
};

/// The most metrics that log-batch takes, and the most runs that search is asked for.
const MOST: usize = 1000;
const PATIENCE: Duration = Duration::from_secs(60);

/// A run that is there.
pub struct Found {
    /// Its identifier.
    pub run: String,
    pub tags: HashMap<String, String>,
}

/// A tracking server.
pub struct Server {
    agent: Agent,
    url: String,
    /// From the variables that MLflow's own clients read.
    authorization: Option<String>,
}

impl Server {
    /// The server at a tracking URI, such as http://127.0.0.1:5000.
    ///
    /// # Errors
    /// An URI that is not one of a server.
    pub fn new(url: &str) -> Result<Self, Failure> {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            let text = format!("`{url}` is no tracking URI of an MLflow server; write it like http://127.0.0.1:5000");
            return Err(Failure::new(Exit::CommandLine, text));
        }
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .tls_config(tls());
        Ok(Self {
            agent: config.build().into(),
            url: url.trim_end_matches('/').to_owned(),
            authorization: authorization(),
        })
    }

    /// The identifier of an experiment, which is made if it isn't there.
    pub fn experiment(&self, name: &str) -> Result<String, Failure> {
        if let Some(found) = self.find_experiment(name)? {
            return Ok(found);
        }
        let made = self.post("experiments/create", &json!({ "name": name }))?;
        text(&made, "/experiment_id").ok_or_else(|| self.odd("experiments/create"))
    }

    fn find_experiment(&self, name: &str) -> Result<Option<String>, Failure> {
        let call = "experiments/get-by-name";
        let request = self.agent.get(self.address(call)).query("experiment_name", name);
        let (status, answer) = self.read(call, self.authorize(request).call())?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let answer = self.accept(call, status, answer)?;
        if text(&answer, "/experiment/lifecycle_stage").as_deref() == Some("deleted") {
            let text =
                format!("the experiment {name} was deleted; restore it there, or choose another one by --experiment");
            return Err(Failure::new(Exit::Unexpected, text));
        }
        let found = text(&answer, "/experiment/experiment_id").ok_or_else(|| self.odd(call))?;
        Ok(Some(found))
    }

    /// Every run of an experiment that has a tag.
    pub fn runs(&self, experiment: &str, (key, value): (&str, &str)) -> Result<Vec<Found>, Failure> {
        let call = "runs/search";
        let mut all = Vec::new();
        let mut page_token = String::new();
        loop {
            let mut request = json!({
                "experiment_ids": [experiment],
                "filter": format!("tags.`{key}` = '{value}'"),
                "max_results": MOST,
            });
            if !page_token.is_empty() {
                request["page_token"] = page_token.into();
            }
            let answer = self.post(call, &request)?;
            for run in list(&answer, "/runs") {
                let tags = list(run, "/data/tags");
                let tags = tags.filter_map(|tag| Some((text(tag, "/key")?, text(tag, "/value")?)));
                all.push(Found {
                    tags: tags.collect(),
                    run: text(run, "/info/run_id").ok_or_else(|| self.odd(call))?,
                });
            }
            match text(&answer, "/next_page_token") {
                Some(token) if !token.is_empty() => page_token = token,
                _ => return Ok(all),
            }
        }
    }

    /// Makes a run, by whose tags it is found again; its identifier.
    pub fn create_run(&self, experiment: &str, run: &TrialRun) -> Result<String, Failure> {
        let call = "runs/create";
        let request = json!({
            "experiment_id": experiment,
            "run_name": run.name,
            "start_time": run.start,
            "tags": run.tags,
        });
        let answer = self.post(call, &request)?;
        text(&answer, "/run/info/run_id").ok_or_else(|| self.odd(call))
    }

    /// Logs what a run holds. What was logged before is the same, and changes nothing.
    pub fn log(&self, identifier: &str, run: &TrialRun) -> Result<(), Failure> {
        let call = "runs/log-batch";
        let texts = json!({ "run_id": identifier, "params": run.params, "tags": run.tags });
        self.post(call, &texts)?;
        for metrics in run.metrics.chunks(MOST) {
            self.post(call, &json!({ "run_id": identifier, "metrics": metrics }))?;
        }
        Ok(())
    }

    /// Says how a run stands.
    pub fn update_run(&self, identifier: &str, run: &TrialRun) -> Result<(), Failure> {
        let mut request = json!({ "run_id": identifier, "status": run.status });
        if let Some(end) = run.end {
            request["end_time"] = end.into();
        }
        self.post("runs/update", &request).map(drop)
    }

    /// Sets a tag of a run.
    pub fn tag(&self, identifier: &str, key: &str, value: &str) -> Result<(), Failure> {
        let tag = Text {
            key: key.into(),
            value: value.into(),
        };
        self.post("runs/log-batch", &json!({ "run_id": identifier, "tags": [tag] }))
            .map(drop)
    }

    fn post(&self, call: &str, request: &Value) -> Result<Value, Failure> {
        let sent = self.authorize(self.agent.post(self.address(call))).send_json(request);
        let (status, answer) = self.read(call, sent)?;
        self.accept(call, status, answer)
    }

    fn address(&self, call: &str) -> String {
        format!("{}/api/2.0/mlflow/{call}", self.url)
    }

    fn authorize<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.authorization {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        }
    }

    fn read(
        &self,
        call: &str,
        sent: Result<Response<ureq::Body>, ureq::Error>,
    ) -> Result<(StatusCode, String), Failure> {
        let read = sent.and_then(|mut response| Ok((response.status(), response.body_mut().read_to_string()?)));
        read.map_err(|error| {
            let error = match &error {
                ureq::Error::Io(io) => os_text(io),
                other => other.to_string(),
            };
            let text = format!(
                "can't reach an MLflow server at {} ({call}): {error}; start one with `mlflow server`, or name another with \
                 --tracking-uri",
                self.url
            );
            Failure::new(Exit::Unreachable, text)
        })
    }

    /// The JSON of an answer that is none of an error.
    fn accept(&self, call: &str, status: StatusCode, answer: String) -> Result<Value, Failure> {
        let parsed = serde_json::from_str::<Value>(&answer).ok();
        if status.is_success() {
            return parsed.ok_or_else(|| self.odd(call));
        }
        let said = parsed.and_then(|answer| text(&answer, "/message"));
        let said = said.unwrap_or_else(|| answer.chars().take(200).collect());
        let text = format!("the server at {} refused {call}: {status}: {said}", self.url);
        Err(Failure::new(Exit::Unexpected, text))
    }

    fn odd(&self, call: &str) -> Failure {
        let text = format!(
            "the server at {} answered {call} with something that is not of MLflow's REST API; check --tracking-uri",
            self.url
        );
        Failure::new(Exit::Unexpected, text)
    }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// The certificates that this machine trusts.
fn tls() -> TlsConfig {
    let trusted = rustls_native_certs::load_native_certs().certs;
    let trusted: Vec<_> = trusted
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    TlsConfig::builder()
        .root_certs(RootCerts::from(trusted.into_iter()))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

/// MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.
fn authorization() -> Option<String> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(token) = variable("MLFLOW_TRACKING_TOKEN") {
        return Some(format!("Bearer {token}"));
    }
    let user = variable("MLFLOW_TRACKING_USERNAME")?;
    let password = variable("MLFLOW_TRACKING_PASSWORD")?;
    Some(format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{user}:{password}"))
    ))
}
