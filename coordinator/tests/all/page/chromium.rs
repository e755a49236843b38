//! A headless Chromium, driven by its WebDriver. Its pictures are kept in `target/browser`.

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

pub struct Chromium {
    pub client: Client,
    driver: Child,
    _profile: TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let places = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}

impl Chromium {
    /// None, with a word about it, where there is no browser; with AUGUR_REQUIRE_BROWSER=1 that is a fault.
    pub async fn start() -> Option<Self> {
        let browser = find(&["chromium", "chromium-browser", "google-chrome"]);
        let (Some(browser), Some(driver)) = (browser, find(&["chromedriver"])) else {
            let missing = "no Chromium with its WebDriver here (Debian: chromium, chromium-driver)";
            assert!(
                env::var_os("AUGUR_REQUIRE_BROWSER").is_none_or(|asked| asked != "1"),
                "{missing}"
            );
            eprintln!("skipped: {missing}");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let options = json!({
            "binary": browser,
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
                "--disable-dev-shm-usage", "--window-size=1360,900", "--hide-scrollbars",
                format!("--user-data-dir={}", profile.path().display()),
            ],
        });
        let capabilities = json!({"goog:chromeOptions": options, "timeouts": {"script": 120_000}});
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{}", port.unwrap()))
            .await
            .unwrap();
        Some(Self {
            client,
            driver,
            _profile: profile,
        })
    }

    pub async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    /// Another address of the page, without loading it again.
    pub async fn go(&self, hash: &str) {
        self.run(&format!("location.hash = {}", json!(hash))).await;
    }

    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Comes back once an expression is true; the browser looks again and again.
    pub async fn until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[0], end = Date.now() + 60000;
             const look = () => {{
               let holds = false;
               try {{ holds = Boolean({expression}); }} catch {{}}
               if (holds || Date.now() > end) done(holds); else setTimeout(look, 20);
             }};
             look();"
        );
        let holds = self.client.execute_async(&script, vec![]).await.unwrap();
        assert_eq!(holds, true, "never came true: {expression}\n{}", self.text().await);
    }

    /// Everything that can be read.
    pub async fn text(&self) -> String {
        self.client
            .find(Locator::Css("body"))
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    /// Presses a key, wherever the focus is.
    pub async fn keys(&self, keys: &str) {
        let focused = self.client.active_element().await.unwrap();
        focused.send_keys(keys).await.unwrap();
    }

    /// Scrolls to the end of the page in steps; the frames that are drawn in a second meanwhile.
    pub async fn scroll(&self) -> f64 {
        let script = "const done = arguments[0], begin = performance.now();
            scrollTo(0, 0);
            let frames = 0;
            const step = () => {
              frames += 1;
              scrollBy(0, 60);
              const seconds = (performance.now() - begin) / 1000;
              const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
              if ((end && frames > 10) || seconds > 60) done(end ? frames / seconds : 0); else requestAnimationFrame(step);
            };
            requestAnimationFrame(step);";
        let frames = self.client.execute_async(script, vec![]).await.unwrap();
        frames.as_f64().unwrap()
    }

    pub async fn size(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.unwrap();
    }

    /// Keeps a picture of what is seen.
    pub async fn picture(&self, name: &str) {
        // Two frames, so that what was just put into the page is drawn.
        self.client
            .execute_async(
                "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))",
                vec![],
            )
            .await
            .unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("browser");
        std::fs::create_dir_all(&folder).unwrap();
        let png = self.client.screenshot().await.unwrap();
        std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }

    /// Ends the browser in order.
    pub async fn close(self) {
        self.client.clone().close().await.unwrap();
    }
}
