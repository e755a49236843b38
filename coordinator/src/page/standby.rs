//! What browsers see of a coordinator that stands by: that it does, and who leads.

use super::assets;
use axum::{
    Json, Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tokio::sync::watch;

/// The pages of a coordinator that waits; `waits` says for what, in words.
pub(crate) fn standby(waits: watch::Receiver<String>) -> Router {
    let index = waits.clone();
    Router::new()
        .route("/", get(move || async move { page(&index.borrow()) }))
        .route("/assets/{*path}", get(assets::asset))
        .fallback(move || async move { refusal(&waits.borrow()) })
}

/// It looks again by itself. The text is ours and an address's: nothing in it is markup.
fn page(waits: &str) -> Response {
    let text = format!(
        "<!doctype html>
<html lang=\"en\">
<head>
  <meta charset=\"utf-8\">
  <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
  <meta http-equiv=\"refresh\" content=\"2\">
  <title>augur: standing by</title>
  <link rel=\"icon\" href=\"/assets/app/icon.svg\" type=\"image/svg+xml\">
  <link rel=\"stylesheet\" href=\"/assets/style/theme.css\">
  <link rel=\"stylesheet\" href=\"/assets/style/base.css\">
  <link rel=\"stylesheet\" href=\"/assets/style/layout.css\">
</head>
<body>
  <header class=\"top\"><a class=\"brand\" href=\"/\"><img src=\"/assets/app/icon.svg\" alt=\"\" width=\"22\" height=\"22\">augur</a></header>
  <main id=\"main\">
    <h1>This coordinator stands by</h1>
    <p>{waits}. It takes over when that one ends; sweeps are shown by the one that leads.</p>
  </main>
</body>
</html>
"
    );
    let about = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, about, text).into_response()
}

fn refusal(waits: &str) -> Response {
    let error = json!({"error": format!("this coordinator stands by: {waits}")});
    (StatusCode::SERVICE_UNAVAILABLE, Json(error)).into_response()
}
