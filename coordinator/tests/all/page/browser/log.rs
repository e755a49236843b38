//! The log of a trial in a real browser: it follows, its lines are text, and it is read from any address and by keyboard.

use super::{MARK, assert_same_page, begin, fill, host};
use crate::{
    page::chromium::Chromium,
    support::{Host, LightWorker, create},
};
use augur_proto::v1;
use serde_json::json;

/// The rows that a worker wrote.
const ROWS: &str = "[...document.querySelectorAll('.log li:not(.aside)')].map((row) => row.textContent.slice(10))";

/// Pixels from what is seen of the log to its end.
const TO_END: &str = "(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight)(document.querySelector('.log'))";

/// What a process may write that no page should obey.
const HOSTILE: &str =
    "<img src=x onerror=\"window.hacked = true\"><b>bold</b> &amp; </li><script>hacked = true</script>";

/// The address of the first trial in a state.
async fn trial(host: &Host, state: v1::TrialState) -> String {
    let request = v1::ListTrialsRequest {
        parent: "sweeps/logs".into(),
        page_size: 1,
        state: state.into(),
        ..Default::default()
    };
    let answer = host.sweeps().await.list_trials(request).await.unwrap().into_inner();
    format!(
        "#/sweeps/logs/trials/{}",
        answer.trials[0].name.rsplit('/').next().unwrap()
    )
}

async fn log(worker: &mut LightWorker, token: &str, lines: std::ops::RangeInclusive<u32>) {
    let texts: Vec<_> = lines
        .map(|n| (n, format!("epoch {n}: checkpoint after step {}", 24 * n)))
        .collect();
    let lines: Vec<_> = texts.iter().map(|(n, text)| (*n, text.as_str())).collect();
    worker.log(token, &lines).await;
}

/// Waits for so many lines of the log.
async fn lines(chromium: &Chromium, many: u32) {
    chromium.until(&format!("{ROWS}.length === {many}")).await;
}

#[tokio::test]
async fn a_log_follows_its_trial_and_stays_where_it_is_read() {
    let Some(chromium) = Chromium::start().await else {
        return;
    };
    let (host, page) = host().await;
    create(&mut host.sweeps().await, &fill::spec("logs", 2)).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let lease = begin(&mut worker, 1).await.remove(0);
    let begins = "begins: process 4711, threads 1, Fashion-MNIST from the cache";
    worker.log(&lease.token, &[(1, begins), (2, HOSTILE)]).await;

    // From the list of trials.
    chromium
        .open(&format!("http://{page}/#/sweeps/logs/trials?state=running"))
        .await;
    chromium.until("document.querySelector('tbody a')").await;
    chromium.run(MARK).await;
    chromium.run("document.querySelector('tbody a').click()").await;
    lines(&chromium, 2).await;
    // Markup is text, and nothing of it was obeyed.
    assert_eq!(chromium.run(&format!("return {ROWS}")).await, json!([begins, HOSTILE]));
    let made = "document.querySelectorAll('.log :is(img, b, script)').length + Number('hacked' in window)";
    assert_eq!(chromium.run(&format!("return {made}")).await, 0);
    chromium
        .until("document.querySelector('main').textContent.includes('follows while the trial runs')")
        .await;
    // Where it runs.
    chromium
        .until("[...document.querySelectorAll('dt')].find((name) => name.textContent === 'Runs on').nextSibling.textContent.startsWith('test ')")
        .await;

    // It follows, and the newest line is in view.
    log(&mut worker, &lease.token, 3..=60).await;
    lines(&chromium, 60).await;
    chromium.until(&format!("{TO_END} < 2")).await;
    // People who hear the page are told.
    chromium
        .until(
            "document.getElementById('said').textContent.startsWith('58 new lines in the log, the newest: epoch 60')",
        )
        .await;

    // Whoever has scrolled up stays there, and is told what came.
    chromium.run("document.querySelector('.log').scrollTop = 100").await;
    chromium.until("!document.querySelector('.jump').hidden").await;
    log(&mut worker, &lease.token, 61..=62).await;
    chromium
        .until("document.querySelector('.jump').textContent === '2 new lines ↓'")
        .await;
    assert_eq!(
        chromium.run("return document.querySelector('.log').scrollTop").await,
        100
    );
    chromium.size(1360, 1300).await;
    for theme in ["light", "dark"] {
        chromium.picture(&format!("log-running-{theme}")).await;
        chromium.run("document.getElementById('theme').click()").await;
        lines(&chromium, 62).await;
    }
    chromium.size(1360, 900).await;

    // By keyboard: up with Home, down again with the button, which leaves the keyboard in the log.
    chromium.run("document.querySelector('.log').focus()").await;
    chromium.keys("\u{E011}").await;
    chromium.until("document.querySelector('.log').scrollTop === 0").await;
    chromium.keys("\u{E004}").await;
    assert_eq!(chromium.run("return document.activeElement.className").await, "jump");
    chromium.keys("\u{E007}").await;
    chromium
        .until(&format!("{TO_END} < 2 && document.querySelector('.jump').hidden"))
        .await;
    assert_eq!(chromium.run("return document.activeElement.className").await, "log");

    // The next attempt is followed from its first line on.
    worker
        .fail_with(
            &lease.token,
            v1::CauseKind::Crashed,
            "signal 11 (SIGSEGV) after epoch 4",
        )
        .await
        .unwrap();
    let again = begin(&mut worker, 1).await.remove(0);
    let resumes = "resumes after epoch 4, step 12";
    worker.log(&again.token, &[(1, resumes)]).await;
    chromium.until(&format!("{ROWS}.join() === '{resumes}'")).await;
    chromium
        .until("document.querySelector('.notice').textContent.includes('(crashed): signal 11')")
        .await;

    // An earlier attempt, by choosing it.
    let select = "document.querySelector('[data-key=choose-attempt]')";
    chromium
        .run(&format!(
            "{select}.value = '1'; {select}.dispatchEvent(new Event('change'))"
        ))
        .await;
    lines(&chromium, 62).await;
    assert_eq!(chromium.run("return location.hash.endsWith('?attempt=1')").await, true);
    let note = "document.querySelector('.log-card header p').textContent";
    assert_eq!(chromium.run(&format!("return {note}")).await, "attempt 1 of 2");
    chromium.run("history.back()").await;
    lines(&chromium, 1).await;

    // Of an attempt that has said more than the one before, nothing is left out.
    worker.fail(&again.token, v1::CauseKind::Crashed).await.unwrap();
    let third = begin(&mut worker, 1).await.remove(0);
    log(&mut worker, &third.token, 1..=5).await;
    lines(&chromium, 5).await;

    // What is said at the end is there once the trial is over.
    worker.log(&third.token, &[(6, "ends after epoch 20")]).await;
    fill::finish(&mut worker, &third).await;
    lines(&chromium, 6).await;
    chromium
        .until(&format!(
            "{note} === 'attempt 3 of 3' && document.querySelector('h1 + .badge').textContent === 'completed'"
        ))
        .await;
    assert_same_page(&chromium).await;
    chromium.close().await;
}

#[tokio::test]
async fn a_log_has_an_address_and_a_trial_without_one_says_so() {
    let Some(chromium) = Chromium::start().await else {
        return;
    };
    let (host, page) = host().await;
    create(&mut host.sweeps().await, &fill::spec("logs", 2)).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let empty = "document.querySelector('.log-card .empty:not([hidden])').textContent";
    let says = async |text: &str| chromium.until(&format!("{empty} === '{text}'")).await;
    let waits = trial(&host, v1::TrialState::Pending).await;
    chromium.open(&format!("http://{page}/{waits}/log")).await;
    says("It has not begun yet, so there is no log.").await;
    chromium.picture("log-none").await;

    let lease = begin(&mut worker, 1).await.remove(0);
    let address = trial(&host, v1::TrialState::Running).await;
    chromium.go(&address).await;
    says("Nothing has been said yet.").await;
    fill::finish(&mut worker, &lease).await;
    says("It left no log.").await;

    // Two attempts, of which the first has more lines than are kept.
    let lease = begin(&mut worker, 1).await.remove(0);
    let address = trial(&host, v1::TrialState::Running).await;
    log(&mut worker, &lease.token, 1..=300).await;
    log(&mut worker, &lease.token, 301..=620).await;
    worker.fail(&lease.token, v1::CauseKind::Crashed).await.unwrap();
    begin(&mut worker, 1).await;

    for width in [1360, 500] {
        chromium.size(width, 900).await;
        chromium.open("about:blank").await;
        chromium.open(&format!("http://{page}/{address}/log?attempt=1")).await;
        lines(&chromium, 500).await;
        // Beneath the bar at the top, with its newest line, and ready for the keyboard.
        chromium.until("document.activeElement.className === 'log'").await;
        chromium.until(&format!("{TO_END} < 2")).await;
        let top = chromium
            .run("return document.querySelector('.log-card').getBoundingClientRect().top")
            .await;
        assert!((50.0..200.0).contains(&top.as_f64().unwrap()), "{top}");
        let wide = chromium
            .run("return document.documentElement.scrollWidth - window.innerWidth")
            .await;
        assert!(wide.as_i64().unwrap() <= 0, "{wide} pixels too wide at {width}");
        chromium.picture(&format!("log-address-{width}")).await;
    }
    let first = "document.querySelector('.log li').textContent";
    assert_eq!(
        chromium.run(&format!("return {first}")).await,
        "120 lines before this are no longer kept"
    );
    // The newest attempt has not said anything: what is there is of the one before.
    chromium.go(&address).await;
    let note = "document.querySelector('.log-card header p').textContent";
    chromium
        .until(&format!(
            "{note} === 'attempt 1 of 2; attempt 2 has said nothing yet; follows while the trial runs'"
        ))
        .await;
    chromium.go(&format!("{address}?attempt=2")).await;
    says("Nothing has been said yet.").await;
    chromium.go(&format!("{address}?attempt=7")).await;
    says("There is no attempt 7.").await;
    chromium.close().await;
}
