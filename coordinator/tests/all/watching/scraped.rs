//! Metrics as a scrape gives them.

use crate::page::web::Web;
use axum::http::{StatusCode, header::CONTENT_TYPE};
use std::{collections::BTreeSet, net::SocketAddr};

/// The answer to one scrape.
pub struct Scraped(pub String);

impl Scraped {
    pub async fn of(address: SocketAddr) -> Self {
        let answer = Web::at(address).get("/metrics").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header(CONTENT_TYPE), "text/plain; version=0.0.4; charset=utf-8");
        Self(String::from_utf8(answer.body).unwrap())
    }

    /// The value of a series, written as it stands in the text.
    pub fn value(&self, series: &str) -> f64 {
        let value = self
            .0
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        let value = value.unwrap_or_else(|| panic!("{series} is not in\n{}", self.0));
        value.parse().unwrap()
    }

    /// The names of all metrics, without those that the samples of a histogram have beside.
    pub fn names(&self) -> BTreeSet<String> {
        let name = |line: &str| Some(line.strip_prefix("# TYPE ")?.split(' ').next()?.to_owned());
        self.0.lines().filter_map(name).collect()
    }
}
