//! Resource names, `sweeps/{sweep}` and `sweeps/{sweep}/trials/{trial}`, where {sweep} is a UUID or the spec's name, and
//! `workers/{worker}`.

use crate::{
    error::{Error, Result},
    store::{
        Conn,
        sweeps::{self, SweepRow},
        trials::{self, TrialRow},
        workers,
    },
};
use augur_core::{id::WorkerId, time::Timestamp};

/// The sweep called `name`; `field` is where the name stood.
pub(super) async fn sweep(conn: &mut Conn, name: &str, field: &'static str) -> Result<SweepRow> {
    let id = part(name.strip_prefix("sweeps/"), name, field, "sweeps/{sweep}")?;
    find_sweep(conn, id).await
}

/// The sweep and the trial called `name`; no trial where it is `-`.
pub(super) async fn trial(conn: &mut Conn, name: &str, field: &'static str) -> Result<(SweepRow, Option<TrialRow>)> {
    let form = "sweeps/{sweep}/trials/{trial}";
    let parts = name
        .strip_prefix("sweeps/")
        .and_then(|rest| rest.split_once("/trials/"));
    let sweep = part(parts.map(|(sweep, _)| sweep), name, field, form)?;
    let trial = part(parts.map(|(_, trial)| trial), name, field, form)?;
    let sweep = find_sweep(conn, sweep).await?;
    if trial == "-" {
        return Ok((sweep, None));
    }
    let row = match trial.parse() {
        Ok(id) => trials::by_id(conn, sweep.key, id).await?,
        Err(_) => None,
    };
    let row = row.ok_or_else(|| Error::NotFound {
        what: "trial",
        name: name.to_owned(),
    })?;
    Ok((sweep, Some(row)))
}

async fn find_sweep(conn: &mut Conn, id: &str) -> Result<SweepRow> {
    if let Ok(uuid) = id.parse()
        && let Some(sweep) = sweeps::by_id(conn, uuid).await?
    {
        return Ok(sweep);
    }
    let sweep = sweeps::by_name(conn, id).await?;
    sweep.ok_or_else(|| Error::NotFound {
        what: "sweep",
        name: id.to_owned(),
    })
}

/// The worker called `name`: by its identifier, or by its host, if only one worker of that host was
/// heard of after `since`.
pub(super) async fn worker(conn: &mut Conn, name: &str, since: Timestamp) -> Result<WorkerId> {
    let id = part(name.strip_prefix("workers/"), name, "name", "workers/{worker}")?;
    if let Ok(worker) = id.parse() {
        return Ok(worker);
    }
    let there = workers::of_host(conn, id, since).await?;
    match there[..] {
        [worker] => Ok(worker),
        [] => Err(Error::NotFound {
            what: "worker",
            name: id.to_owned(),
        }),
        _ => Err(Error::Invalid {
            field: "name",
            problem: format!(
                "is {id:?}, a host with {} workers; name one by its identifier",
                there.len()
            ),
        }),
    }
}

/// One part of a name: there, and without further slashes.
fn part<'a>(part: Option<&'a str>, name: &str, field: &'static str, form: &str) -> Result<&'a str> {
    part.filter(|part| !part.is_empty() && !part.contains('/'))
        .ok_or_else(|| Error::Invalid {
            field,
            problem: format!("is {name:?}; write {form}"),
        })
}
