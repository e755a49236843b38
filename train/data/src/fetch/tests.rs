//! Fetching for real: apt-get where it is, curl against a server on the loopback, and nothing twice.

use super::*;
use std::{
    cell::RefCell,
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};
use tempfile::TempDir;

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn present() -> PathBuf {
    let folder = locate(repository());
    folder.unwrap_or_else(|error| panic!("run `augur fetch fashion-mnist` (`make setup-test` does): {error}"))
}

/// Serves the files of `folder` over HTTP until the test's process ends; the address.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap())
                .lines()
                .map_while(Result::ok);
            let path = lines
                .next()
                .unwrap_or_default()
                .split(' ')
                .nth(1)
                .unwrap_or_default()
                .to_owned();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let (status, body) = match fs::read(folder.join(path.trim_start_matches('/'))) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            // A client that has seen enough may hang up.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    address
}

fn leftovers(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn files_come_over_http_and_a_second_call_does_nothing() {
    let base = TempDir::new().unwrap();
    let address = serve(present());
    let lines = RefCell::new(Vec::new());
    let get = |ways: &[FetchWay]| {
        let mut progress = |line: &str| lines.borrow_mut().push(line.to_owned());
        fetch(Some(Path::new("a/b")), base.path(), &address, ways, &mut progress)
    };
    let target = base.path().join("a/b");
    assert_eq!(
        get(&[web::fetch]),
        Ok(Fetched {
            folder: target.clone(),
            way: Way::Web
        })
    );
    assert_eq!(
        get(&[]),
        Ok(Fetched {
            folder: target.clone(),
            way: Way::AlreadyThere
        })
    );
    assert_eq!(leftovers(&base.path().join("a")), ["b"], "the temporary folder is gone");
    assert_eq!(leftovers(&target).len(), 4);
    assert_eq!(lines.borrow()[0], LICENCE);

    // A damaged file is replaced, a file of somebody else's stays.
    fs::write(target.join("t10k-labels-idx1-ubyte.gz"), "broken").unwrap();
    fs::write(target.join("notes.txt"), "mine").unwrap();
    assert_eq!(get(&[web::fetch]).map(|fetched| fetched.way), Ok(Way::Web));
    verify::folder(&target).unwrap();
    assert_eq!(leftovers(&target).len(), 5);
}

#[test]
fn false_files_are_refused_and_leave_nothing() {
    let (base, source) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    for (name, _) in verify::FILES {
        fs::copy(
            present().join(format!("{name}.gz")),
            source.path().join(format!("{name}.gz")),
        )
        .unwrap();
    }
    // A well-formed file of the right size, with other labels.
    let labels = [&[0, 0, 8, 1, 0, 0, 0x27, 0x10][..], &[0; 10_000]].concat();
    fs::write(source.path().join("t10k-labels-idx1-ubyte.gz"), labels).unwrap();
    let target = base.path().join("to");
    let address = serve(source.path().into());
    let error = fetch(Some(&target), base.path(), &address, &[web::fetch], &mut |_| {}).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("t10k-labels-idx1-ubyte is not the published file"),
        "{error}"
    );
    assert!(leftovers(base.path()).is_empty(), "{:?}", leftovers(base.path()));
}

#[test]
fn every_way_that_failed_is_told() {
    let base = TempDir::new().unwrap();
    let debian: FetchWay = |_, _, _| {
        Err(Fault {
            what: "apt-get: no lists".into(),
            remedy: Some("run `sudo apt-get update` and try again"),
        })
    };
    let address = serve(base.path().join("nothing"));
    let to = Some(Path::new("to"));
    let error = fetch(to, base.path(), &address, &[debian, web::fetch], &mut |_| {})
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("can't fetch fashion-mnist: apt-get: no lists; curl: "),
        "{error}"
    );
    assert!(
        error.ends_with("404; run `sudo apt-get update` and try again"),
        "{error}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let base = TempDir::new().unwrap();
    fs::write(base.path().join("file"), "").unwrap();
    let error = fetch(Some(Path::new("file/to")), base.path(), "", &[], &mut |_| {}).unwrap_err();
    let text = error.to_string().replace(base.path().to_str().unwrap(), "BASE");
    insta::assert_snapshot!(text, @"can't write BASE/file: entity already exists; choose a folder of yours with `--to DIR`");
}

/// A wheel of the right name and version, with other content.
const FALSE_WHEEL: &str = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + '/elpv_dataset-1.0.0.post1-py3-none-any.whl', 'w') as wheel:
    about = 'elpv_dataset-1.0.0.post1.dist-info/'
    wheel.writestr(about + 'METADATA', 'Metadata-Version: 2.1\\nName: elpv-dataset\\nVersion: 1.0.0.post1\\n')
    wheel.writestr(about + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(about + 'RECORD', '')
    wheel.writestr('elpv_dataset/data/labels.csv', 'images/cell0001.png 1.0 mono\\n')
";

#[test]
fn a_false_package_is_refused_and_leaves_nothing() {
    let (base, source) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let place = source.path().to_str().unwrap();
    let get = || {
        let found = elpv::fetch(
            Some(Path::new("to")),
            base.path(),
            &["--no-index", "--find-links", place],
            &mut |_| {},
        );
        found.unwrap_err().to_string()
    };
    let missing = get();
    assert!(missing.starts_with("can't fetch elpv: "), "{missing}");
    assert!(missing.contains("elpv-dataset==1.0.0.post1"), "{missing}");
    run::run(std::process::Command::new("python3").args(["-c", FALSE_WHEEL, place])).unwrap();
    let error = get();
    assert!(error.contains("has SHA-256"), "{error}");
    assert!(leftovers(base.path()).is_empty(), "{:?}", leftovers(base.path()));
}
