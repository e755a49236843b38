//! Coordinators that are not of our API: real gRPC servers on a loopback port.

use augur_proto::v1::{
    self,
    sweep_service_server::{SweepService, SweepServiceServer},
};
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_stream::{Empty, wrappers::TcpListenerStream};
use tonic::{Request, Response, Status, service::Routes, transport::Server};

/// A server that lives as long as this.
pub struct Foreign {
    pub url: String,
    _runtime: Runtime,
}

impl Foreign {
    /// Speaks an API of another version.
    pub fn of_version(api_version: &str) -> Self {
        let service = OtherVersion(api_version.to_owned());
        Self::serve(Routes::new(SweepServiceServer::new(service)))
    }

    /// Knows none of our calls.
    pub fn of_another_kind() -> Self {
        Self::serve(Routes::default())
    }

    fn serve(routes: Routes) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(
            Server::builder()
                .add_routes(routes)
                .serve_with_incoming(TcpListenerStream::new(listener)),
        );
        Self { url, _runtime: runtime }
    }
}

struct OtherVersion(String);

type Answer<T> = Result<Response<T>, Status>;

/// Calls that nobody gets to make.
macro_rules! never {
    ($($call:ident: $request:ident -> $response:ident),*) => {
        #[tonic::async_trait]
        impl SweepService for OtherVersion {
            type WatchSweepStream = Empty<Result<v1::WatchSweepResponse, Status>>;

            async fn get_coordinator(&self, _: Request<v1::GetCoordinatorRequest>) -> Answer<v1::Coordinator> {
                let (augur_version, api_version) = ("9.0.0".into(), self.0.clone());
                Ok(Response::new(v1::Coordinator { augur_version, api_version }))
            }

            async fn watch_sweep(&self, _: Request<v1::WatchSweepRequest>) -> Answer<Self::WatchSweepStream> {
                Err(Status::internal("called in spite of its version"))
            }

            $(async fn $call(&self, _: Request<v1::$request>) -> Answer<v1::$response> {
                Err(Status::internal("called in spite of its version"))
            })*
        }
    };
}

never!(
    create_sweep: CreateSweepRequest -> Sweep,
    get_sweep: GetSweepRequest -> Sweep,
    list_sweeps: ListSweepsRequest -> ListSweepsResponse,
    cancel_sweep: CancelSweepRequest -> Sweep,
    pause_sweep: PauseSweepRequest -> Sweep,
    resume_sweep: ResumeSweepRequest -> Sweep,
    retry_trials: RetryTrialsRequest -> Sweep,
    set_priority: SetPriorityRequest -> Sweep,
    extend_sweep: ExtendSweepRequest -> Sweep,
    drain_worker: DrainWorkerRequest -> Worker,
    list_groups: ListGroupsRequest -> ListGroupsResponse,
    get_trial: GetTrialRequest -> Trial,
    list_trials: ListTrialsRequest -> ListTrialsResponse,
    list_measurements: ListMeasurementsRequest -> ListMeasurementsResponse,
    list_log_lines: ListLogLinesRequest -> ListLogLinesResponse,
    list_tasks: ListTasksRequest -> ListTasksResponse,
    list_results: ListResultsRequest -> ListResultsResponse,
    list_pictures: ListPicturesRequest -> ListPicturesResponse,
    get_curves: GetCurvesRequest -> Curves,
    get_scatter: GetScatterRequest -> Scatter,
    get_leaderboard: GetLeaderboardRequest -> Leaderboard,
    list_workers: ListWorkersRequest -> ListWorkersResponse
);
