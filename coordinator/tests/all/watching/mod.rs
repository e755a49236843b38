//! What operators watch: metrics, traces, logs, and the files for Prometheus and Grafana that go with them.

mod collector;
mod files;
mod linked;
mod logs;
mod metrics;
mod prometheus;
mod scraped;
mod traces;
