//! A server in the place of Kubernetes' API.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

/// The one namespace that there is.
pub const NAMESPACE: &str = "labs";

/// A request, in short: `PATCH Job demo-worker (dry)`, `DELETE StatefulSet demo-coordinator`, `LIST pods`.
pub type Asked = Vec<String>;

#[derive(Default)]
struct Kept {
    asked: Asked,
    /// By their path.
    objects: BTreeMap<String, Value>,
    /// What every request but that for an object is answered with instead.
    refusal: Option<(u16, String)>,
    /// How often pods of a Job that was deleted are listed until they have ended.
    lingering: u32,
    log: String,
}

/// The server, which ends with the test.
pub struct Api {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    _runtime: tokio::runtime::Runtime,
}

impl Api {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let kept = Arc::new(Mutex::new(Kept::default()));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(kept.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            kept,
            _runtime: runtime,
        }
    }

    pub fn kubeconfig(&self, namespace: Option<&str>) -> String {
        let namespace = namespace.map_or(String::new(), |name| format!(", namespace: {name}"));
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: lab\n\
             contexts: [{{name: lab, context: {{cluster: lab, user: ann{namespace}}}}}]\n\
             clusters: [{{name: lab, cluster: {{server: 'http://{}'}}}}]\nusers: [{{name: ann, user: {{token: t}}}}]\n",
            self.address
        )
    }

    /// What was asked since the last time.
    pub fn asked(&self) -> Asked {
        std::mem::take(&mut self.kept.lock().unwrap().asked)
    }

    /// Whether there is an object: `jobs/demo-worker`.
    pub fn has(&self, end: &str) -> bool {
        self.kept
            .lock()
            .unwrap()
            .objects
            .keys()
            .any(|path| path.ends_with(&format!("/{end}")))
    }

    pub fn refuse(&self, code: u16, message: &str) {
        self.kept.lock().unwrap().refusal = Some((code, message.to_owned()));
    }

    pub fn server(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn put(&self, path: &str, object: Value) {
        self.kept.lock().unwrap().objects.insert(path.to_owned(), object);
    }

    pub fn remove(&self, path: &str) {
        self.kept.lock().unwrap().objects.remove(path);
    }

    /// The status that a controller would have written.
    pub fn set_status(&self, end: &str, status: Value) {
        let mut kept = self.kept.lock().unwrap();
        let mut objects = kept.objects.iter_mut();
        let (_, object) = objects.find(|(path, _)| path.ends_with(&format!("/{end}"))).unwrap();
        object["status"] = status;
    }

    pub fn pods_linger(&self, lists: u32) {
        self.kept.lock().unwrap().lingering = lists;
    }

    pub fn log(&self, text: &str) {
        self.kept.lock().unwrap().log = text.to_owned();
    }
}

async fn answer(
    State(kept): State<Arc<Mutex<Kept>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut kept = kept.lock().unwrap();
    let (path, query) = (uri.path().to_owned(), uri.query().unwrap_or_default().to_owned());
    assert_eq!(headers["authorization"], "Bearer t");
    let parts: Vec<_> = path.split('/').collect();
    let at = parts.iter().position(|part| *part == "namespaces").unwrap();
    let (namespace, resource, name) = (parts[at + 1], parts[at + 2], parts.get(at + 3));
    match (&method, name) {
        (&Method::GET, Some(name)) if parts.last() != Some(&"log") => match kept.objects.get(&path) {
            Some(object) => axum::Json(object.clone()).into_response(),
            None => refusal(404, &format!("{resource} \"{name}\" not found"), resource),
        },
        _ if kept.refusal.is_some() => {
            let (code, message) = kept.refusal.clone().unwrap();
            refusal(code, &message, "")
        }
        (&Method::GET, Some(name)) if parts.last() == Some(&"log") => {
            kept.asked.push(format!("LOG {name}"));
            kept.log.clone().into_response()
        }
        (&Method::GET, None) => list(&mut kept, &path, resource, &query),
        (&Method::PATCH, Some(name)) if namespace == NAMESPACE => {
            assert_eq!(headers["content-type"], "application/apply-patch+yaml");
            apply(&mut kept, &path, &query, name, &body)
        }
        (&Method::PATCH, _) => refusal(404, &format!("namespaces \"{namespace}\" not found"), "namespaces"),
        (&Method::DELETE, Some(name)) => delete(&mut kept, &path, resource, name, &body),
        other => panic!("the API was asked {other:?}"),
    }
}

fn list(kept: &mut Kept, path: &str, resource: &str, query: &str) -> Response {
    kept.asked.push(format!("LIST {resource}"));
    let wanted = query
        .split('&')
        .find_map(|part| part.strip_prefix("labelSelector="))
        .unwrap();
    let wanted = wanted.replace("%2F", "/").replace("%3D", "=").replace("%2C", ",");
    let has = |object: &Value| {
        wanted.split(',').all(|label| {
            let (key, value) = label.split_once('=').unwrap();
            object["metadata"]["labels"][key] == value
        })
    };
    let prefix = format!("{path}/");
    let of_kind = kept.objects.iter().filter(|(at, _)| at.starts_with(&prefix));
    let items: Vec<_> = of_kind
        .filter(|(_, object)| has(object))
        .map(|(_, object)| object.clone())
        .collect();
    if resource == "pods" {
        let is_leaving = |object: &Value| object["metadata"]["deletionTimestamp"].is_string();
        if kept.lingering > 0 && items.iter().any(is_leaving) {
            kept.lingering -= 1;
        } else {
            kept.objects.retain(|_, object| !is_leaving(object));
        }
    }
    axum::Json(json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items})).into_response()
}

fn apply(kept: &mut Kept, path: &str, query: &str, name: &str, body: &Bytes) -> Response {
    let mut object: Value = serde_json::from_slice(body).unwrap();
    assert!(
        query.contains("fieldManager=augur") && query.contains("fieldValidation=Strict"),
        "{query}"
    );
    assert!(!query.contains("force"), "{query}");
    assert_eq!(object["metadata"]["name"], name);
    let kind = object["kind"].as_str().unwrap().to_owned();
    assert!(
        path.contains(&format!("/{}/namespaces/", object["apiVersion"].as_str().unwrap())),
        "{path}"
    );
    let is_dry = query.contains("dryRun=All");
    kept.asked
        .push(format!("PATCH {kind} {name}{}", if is_dry { " (dry)" } else { "" }));
    if let Some(stored) = kept.objects.get(path)
        && kind == "Job"
        && stored["spec"]["template"] != object["spec"]["template"]
    {
        let text = format!("Job.batch \"{name}\" is invalid: spec.template: Invalid value: ...: field is immutable");
        return refusal(422, &text, "Job");
    }
    object["metadata"]["namespace"] = json!(NAMESPACE);
    if !is_dry {
        kept.objects.insert(path.to_owned(), object.clone());
    }
    axum::Json(object).into_response()
}

fn delete(kept: &mut Kept, path: &str, resource: &str, name: &str, body: &Bytes) -> Response {
    let options: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(options["propagationPolicy"], "Background");
    let grace = options["gracePeriodSeconds"]
        .as_u64()
        .map_or(String::new(), |grace| format!(" (grace {grace})"));
    kept.asked.push(format!("DELETE {resource} {name}{grace}"));
    if kept.objects.remove(path).is_none() {
        return refusal(404, &format!("{resource} \"{name}\" not found"), resource);
    }
    // As the garbage collector does, in its time.
    for (_, object) in kept.objects.iter_mut() {
        if object["metadata"]["ownerReferences"][0]["name"] == name {
            object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
    }
    axum::Json(json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})).into_response()
}

fn refusal(code: u16, message: &str, kind: &str) -> Response {
    let reason = match code {
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        _ => "Invalid",
    };
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason,
        "details": {"kind": kind}, "code": code,
    });
    (StatusCode::from_u16(code).unwrap(), axum::Json(status)).into_response()
}
