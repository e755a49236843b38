//! The record of who changed what, and of who was refused.

use super::{Strict, call, sweeps, workers};
use crate::support::{SPEC, registration};
use augur_coordinator::safety::{Audit, Role};
use augur_proto::v1;
use prost::Message;
use serde_json::{Value, json};
use std::{fs, path::Path, sync::Arc};
use tonic::Code;

async fn start() -> Strict {
    Strict::start(|folder, safety| {
        safety.audit = Some(Arc::new(Audit::open(&folder.path().join("audit.jsonl")).unwrap()));
    })
    .await
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A line without what differs from run to run.
fn plain(mut line: Value) -> Value {
    let fields = line.as_object_mut().unwrap();
    let peer = fields.remove("peer").unwrap();
    assert!(peer.as_str().unwrap().starts_with("127.0.0.1:"), "{peer}");
    line
}

#[tokio::test]
async fn each_change_and_each_refusal_has_a_line_and_nothing_else_has() {
    let strict = start().await;
    let file = strict.folder.path().join("audit.jsonl");
    let channel = strict.channel().await;
    let [alice, bob, worker] = [
        ("alice", Role::Submitter),
        ("bob", Role::Viewer),
        ("gpu-1", Role::Worker),
    ]
    .map(|(name, role)| strict.token(name, role));
    let create = |validate_only| {
        let request = v1::CreateSweepRequest {
            spec_yaml: SPEC.into(),
            request_id: "first".into(),
            validate_only,
            ..Default::default()
        };
        request.encode_to_vec()
    };
    let pause = v1::PauseSweepRequest {
        name: "sweeps/small".into(),
        request_id: "second".into(),
        now: false,
    };
    let resume = v1::ResumeSweepRequest {
        name: "sweeps/nothing".into(),
        ..Default::default()
    };
    let id = uuid::Uuid::now_v7().to_string();
    let beat = v1::RenewLeasesRequest {
        worker_id: id.clone(),
        ..Default::default()
    };
    for (path, token, message, code) in [
        (sweeps("CreateSweep"), Some(&alice), create(true), Code::Ok),
        (sweeps("CreateSweep"), Some(&alice), create(false), Code::Ok),
        (sweeps("PauseSweep"), Some(&alice), pause.encode_to_vec(), Code::Ok),
        (
            sweeps("PauseSweep"),
            Some(&bob),
            pause.encode_to_vec(),
            Code::PermissionDenied,
        ),
        (
            sweeps("ResumeSweep"),
            Some(&alice),
            resume.encode_to_vec(),
            Code::NotFound,
        ),
        (sweeps("ListSweeps"), Some(&bob), vec![], Code::Ok),
        (sweeps("ListSweeps"), None, vec![], Code::Unauthenticated),
        (
            workers("RegisterWorker"),
            Some(&worker),
            registration(&id, 1).encode_to_vec(),
            Code::Ok,
        ),
        (workers("RenewLeases"), Some(&worker), beat.encode_to_vec(), Code::Ok),
    ] {
        let status = call(&channel, &path, token.map(String::as_str), &message).await;
        assert_eq!(status.code(), code, "{path}: {status}");
    }
    let mut lines: Vec<_> = lines(&file).into_iter().map(plain).collect();
    let created = lines[0]["resource"].take();
    assert!(created.as_str().unwrap().starts_with("sweeps/"), "{created}");
    let time = "2026-09-21T14:13:20Z";
    assert_eq!(
        lines,
        [
            json!({"time": time, "rpc": sweeps("CreateSweep"), "outcome": "Ok", "token": "alice", "role": "submitter",
                   "resource": null, "request_id": "first"}),
            json!({"time": time, "rpc": sweeps("PauseSweep"), "outcome": "Ok", "token": "alice", "role": "submitter",
                   "resource": "sweeps/small", "request_id": "second"}),
            json!({"time": time, "rpc": sweeps("PauseSweep"), "outcome": "PermissionDenied", "reason": "ROLE_LACKING",
                   "token": "bob", "role": "viewer"}),
            json!({"time": time, "rpc": sweeps("ResumeSweep"), "outcome": "NotFound", "reason": "NOT_FOUND",
                   "token": "alice", "role": "submitter", "resource": "sweeps/nothing"}),
            json!({"time": time, "rpc": sweeps("ListSweeps"), "outcome": "Unauthenticated", "reason": "TOKEN_MISSING"}),
            json!({"time": time, "rpc": workers("RegisterWorker"), "outcome": "Ok", "token": "gpu-1", "role": "worker",
                   "resource": format!("workers/{id}")}),
        ]
    );
    let text = fs::read_to_string(&file).unwrap();
    for token in [alice, bob, worker] {
        assert!(!text.contains(&token), "a token stands in the record");
    }
}

#[tokio::test]
async fn a_record_that_was_moved_away_begins_anew() {
    let strict = start().await;
    let [file, moved] = ["audit.jsonl", "audit.1"].map(|name| strict.folder.path().join(name));
    let channel = strict.channel().await;
    call(&channel, &sweeps("ListSweeps"), None, &[]).await;
    fs::rename(&file, &moved).unwrap();
    call(&channel, &sweeps("ListTrials"), None, &[]).await;
    assert_eq!(lines(&moved)[0]["rpc"], sweeps("ListSweeps"));
    let new = lines(&file);
    assert_eq!((new.len(), &new[0]["rpc"]), (1, &json!(sweeps("ListTrials"))));
}

#[tokio::test]
async fn what_strangers_call_is_cut_to_what_a_line_takes() {
    let strict = start().await;
    let channel = strict.channel().await;
    call(&channel, &format!("/{}", "x".repeat(5000)), None, &[]).await;
    let lines = lines(&strict.folder.path().join("audit.jsonl"));
    assert_eq!(lines[0]["rpc"].as_str().unwrap().len(), 200);
}
