//! The files of the page (`coordinator/page`), built into the program. A browser keeps them and asks each time whether they are
//! still the same: another build is seen at once.

use augur_core::spec::sha256_of;
use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{collections::HashMap, sync::LazyLock};

/// A file as it is served.
struct Asset {
    kind: &'static str,
    text: &'static str,
    /// Weak: what travels may be compressed.
    tag: String,
}

macro_rules! assets {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../page/", $path)))),*]
    };
}

static ASSETS: LazyLock<HashMap<&str, Asset>> = LazyLock::new(|| {
    let files = assets![
        "index.html",
        "app/api.js",
        "app/away.js",
        "app/charts/base.js",
        "app/charts/curves.js",
        "app/charts/histogram.js",
        "app/charts/lines.js",
        "app/charts/scatter.js",
        "app/dom.js",
        "app/format.js",
        "app/icon.svg",
        "app/live.js",
        "app/logbox.js",
        "app/main.js",
        "app/parts.js",
        "app/route.js",
        "app/theme.js",
        "app/views/curves.js",
        "app/views/epochs.js",
        "app/views/leaderboard.js",
        "app/views/log.js",
        "app/views/overview.js",
        "app/views/scatter.js",
        "app/views/sweep.js",
        "app/views/sweeps.js",
        "app/views/trial.js",
        "app/views/trials.js",
        "app/views/workers.js",
        "style/base.css",
        "style/charts.css",
        "style/layout.css",
        "style/log.css",
        "style/parts.css",
        "style/theme.css",
        "vendor/uPlot.css",
        "vendor/uPlot.js",
        "vendor/uPlot-LICENSE.txt",
    ];
    let asset = |(path, text): (&'static str, &'static str)| {
        let asset = Asset {
            kind: kind(path),
            text,
            tag: format!("W/\"{}\"", &sha256_of(&text)[..16]),
        };
        (path, asset)
    };
    files.map(asset).into()
});

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

pub(super) async fn index(headers: HeaderMap) -> Response {
    serve("index.html", &headers)
}

pub(super) async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    serve(&path, &headers)
}

fn serve(path: &str, headers: &HeaderMap) -> Response {
    let Some(asset) = ASSETS.get(path) else {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    };
    let about = [(header::ETAG, asset.tag.as_str()), (header::CACHE_CONTROL, "no-cache")];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    if known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == asset.tag)) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, [(header::CONTENT_TYPE, asset.kind)], asset.text).into_response()
}
