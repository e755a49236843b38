//! The page's JSON: each address asks the gRPC service in this process, and shows what it answers.

mod trial;

use super::{
    Page, events,
    failure::Failure,
    json::{self, Listed},
};
use augur_proto::v1::{self, sweep_service_server::SweepService};
use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, Query, State},
    http::{header, request::Parts},
    routing::get,
};
use serde::{Deserialize, de::DeserializeOwned};
use tonic::{Request, Status};

pub(super) fn router() -> Router<Page> {
    Router::new()
        .route("/coordinator", get(coordinator))
        .route("/workers", get(workers))
        .route("/sweeps", get(sweeps))
        .route("/sweeps/{sweep}", get(sweep))
        .route("/sweeps/{sweep}/events", get(events::events))
        .route("/sweeps/{sweep}/tasks", get(tasks))
        .route("/sweeps/{sweep}/results", get(results))
        .route("/sweeps/{sweep}/trials", get(trials))
        .route("/sweeps/{sweep}/trials/{trial}", get(trial::trial))
        .route("/sweeps/{sweep}/trials/{trial}/log", get(trial::log))
        .route("/sweeps/{sweep}/curves", get(curves))
        .route("/sweeps/{sweep}/scatter", get(scatter))
}

/// What is served changes all the time, so nobody keeps it.
type Answer<T> = Result<([(header::HeaderName, &'static str); 1], Json<T>), Failure>;

fn answer<T>(shown: T) -> Answer<T> {
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(shown)))
}

/// The part of a list that is wanted, as the gRPC service takes it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Part {
    page_size: i32,
    page_token: String,
    filter: String,
    order_by: String,
    /// Curves in full.
    best: i32,
}

/// What stands behind the `?`. What can't be read is refused as the service refuses: in JSON.
struct Asked<T>(T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(refused) => Err(Status::invalid_argument(refused.body_text()).into()),
        }
    }
}

fn sweep_name(sweep: &str) -> String {
    format!("sweeps/{sweep}")
}

async fn coordinator(State(page): State<Page>) -> Answer<json::Coordinator> {
    let request = Request::new(v1::GetCoordinatorRequest {});
    answer(page.sweeps.get_coordinator(request).await?.into_inner().into())
}

async fn workers(State(page): State<Page>, Asked(part): Asked<Part>) -> Answer<Listed<json::Worker>> {
    let request = v1::ListWorkersRequest {
        page_size: part.page_size,
        page_token: part.page_token,
    };
    let list = page.sweeps.list_workers(Request::new(request)).await?.into_inner();
    answer(Listed::new(list.workers, list.next_page_token))
}

async fn sweeps(State(page): State<Page>, Asked(part): Asked<Part>) -> Answer<Listed<json::Sweep>> {
    let request = v1::ListSweepsRequest {
        page_size: part.page_size,
        page_token: part.page_token,
    };
    let list = page.sweeps.list_sweeps(Request::new(request)).await?.into_inner();
    answer(Listed::new(list.sweeps, list.next_page_token))
}

async fn sweep(State(page): State<Page>, Path(sweep): Path<String>) -> Answer<json::WholeSweep> {
    let name = sweep_name(&sweep);
    let sweep = page
        .sweeps
        .get_sweep(Request::new(v1::GetSweepRequest { name }))
        .await?;
    answer(json::WholeSweep::new(sweep.into_inner()))
}

async fn tasks(
    State(page): State<Page>,
    Path(sweep): Path<String>,
    Asked(part): Asked<Part>,
) -> Answer<Listed<json::TaskProgress>> {
    let request = v1::ListTasksRequest {
        parent: sweep_name(&sweep),
        page_size: part.page_size,
        page_token: part.page_token,
    };
    let list = page.sweeps.list_tasks(Request::new(request)).await?.into_inner();
    answer(Listed::new(list.tasks, list.next_page_token))
}

async fn results(
    State(page): State<Page>,
    Path(sweep): Path<String>,
    Asked(part): Asked<Part>,
) -> Answer<Listed<json::Result>> {
    let request = v1::ListResultsRequest {
        parent: sweep_name(&sweep),
        page_size: part.page_size,
        page_token: part.page_token,
        filter: part.filter,
    };
    let list = page.sweeps.list_results(Request::new(request)).await?.into_inner();
    answer(Listed::new(list.results, list.next_page_token))
}

async fn trials(
    State(page): State<Page>,
    Path(sweep): Path<String>,
    Asked(part): Asked<Part>,
) -> Answer<Listed<json::Trial>> {
    let request = v1::ListTrialsRequest {
        parent: sweep_name(&sweep),
        page_size: part.page_size,
        page_token: part.page_token,
        filter: part.filter,
        order_by: part.order_by,
        ..v1::ListTrialsRequest::default()
    };
    let list = page.sweeps.list_trials(Request::new(request)).await?.into_inner();
    answer(Listed::new(list.trials, list.next_page_token))
}

async fn curves(State(page): State<Page>, Path(sweep): Path<String>, Asked(part): Asked<Part>) -> Answer<json::Curves> {
    let request = v1::GetCurvesRequest {
        name: sweep_name(&sweep),
        filter: part.filter,
        best: part.best,
    };
    answer(page.sweeps.get_curves(Request::new(request)).await?.into_inner().into())
}

async fn scatter(
    State(page): State<Page>,
    Path(sweep): Path<String>,
    Asked(part): Asked<Part>,
) -> Answer<json::Scatter> {
    let request = v1::GetScatterRequest {
        name: sweep_name(&sweep),
        filter: part.filter,
    };
    answer(
        page.sweeps
            .get_scatter(Request::new(request))
            .await?
            .into_inner()
            .into(),
    )
}
