//! The lists of `SweepService`, each a page at a time, and single trials.

use super::{
    filter::{self, Filter},
    names,
    paging::Page,
    present,
    sweeps::Sweeps,
};
use crate::{
    error::{Error, Result},
    store::{
        SweepKey, groups,
        listing::{self, Cursor, Listing},
        log_lines, measurements, outcomes, pictures, reuse, sweeps, trials, workers,
    },
};
use augur_core::plan::Plan;
use augur_proto::v1;

impl Sweeps {
    pub(super) async fn list(&self, request: v1::ListSweepsRequest) -> Result<v1::ListSweepsResponse> {
        let page = Page::of(request.page_size, &request.page_token, &"sweeps")?;
        let mut view = self.0.view().await?;
        let before = SweepKey(page.from.unwrap_or(i64::MAX));
        let rows = sweeps::list(view.conn(), before, page.limit()).await?;
        let (rows, next_page_token) = page.cut(rows, |row| row.key.0);
        let mut sweeps = Vec::with_capacity(rows.len());
        for row in &rows {
            sweeps.push(present::sweep(&self.0, view.conn(), row).await?);
        }
        Ok(v1::ListSweepsResponse {
            sweeps,
            next_page_token,
        })
    }

    pub(super) async fn list_groups(&self, request: v1::ListGroupsRequest) -> Result<v1::ListGroupsResponse> {
        let mut view = self.0.view().await?;
        let sweep = names::sweep(view.conn(), &request.parent, "parent").await?;
        let page = Page::of(request.page_size, &request.page_token, &("groups", sweep.key))?;
        let plan = self.0.plan(view.conn(), sweep.key).await?;
        let rows = groups::list(view.conn(), sweep.key, position(&page), page.limit()).await?;
        let (rows, next_page_token) = page.cut(rows, |row| row.index.into());
        Ok(v1::ListGroupsResponse {
            groups: rows.iter().map(|row| present::group(&plan, row)).collect(),
            next_page_token,
        })
    }

    pub(super) async fn get_trial(&self, request: v1::GetTrialRequest) -> Result<v1::Trial> {
        let mut view = self.0.view().await?;
        let (sweep, row) = names::trial(view.conn(), &request.name, "name").await?;
        let row = row.ok_or(Error::Invalid {
            field: "name",
            problem: "names no trial; write sweeps/{sweep}/trials/{trial}".into(),
        })?;
        let plan = self.0.plan(view.conn(), sweep.key).await?;
        let mut trial = present::trial(&sweep, &plan, &row);
        let members = row.index..row.index + 1;
        let outcome = outcomes::without_scores(view.conn(), sweep.key, members.clone()).await?;
        if let Some(mut outcome) = outcome.into_values().next() {
            let scores = outcomes::scores(view.conn(), sweep.key, row.index).await?;
            let scores = scores.unwrap_or_default();
            (outcome.scores, outcome.test_scores) = (scores.validation, scores.test);
            let origin = reuse::origins(view.conn(), sweep.key, members).await?;
            present::complete(&mut trial, &plan, outcome, origin.into_values().next());
        }
        Ok(trial)
    }

    pub(super) async fn list_trials(&self, request: v1::ListTrialsRequest) -> Result<v1::ListTrialsResponse> {
        let mut view = self.0.view().await?;
        let sweep = names::sweep(view.conn(), &request.parent, "parent").await?;
        let plan = self.0.plan(view.conn(), sweep.key).await?;
        let filter = Filter::parse(&request.filter)?;
        let (order, descending) = filter::order(&request.order_by)?;
        let mut listing = Listing {
            sweep: sweep.key,
            positions: filter.positions(&plan)?,
            state: filter.state_tag(),
            order,
            descending,
            thin: None,
        };
        if let Some(group) = request.group {
            let members = plan.members(check_group(&plan, group)?);
            let span = &mut listing.positions.span;
            *span = span.start.max(members.start)..span.end.min(members.end);
        }
        if let Some(state) = present::state_tag(request.state()) {
            let same = listing.state.is_none_or(|other| other == state);
            listing.state = same.then_some(state);
            if !same {
                listing.positions.span = 0..0;
            }
        }
        let list = (
            "trials",
            sweep.key,
            request.group,
            request.state,
            &request.filter,
            &request.order_by,
        );
        let page = Page::<Cursor>::of(request.page_size, &request.page_token, &list)?;
        let rows = listing::page(view.conn(), &listing, page.from, page.limit()).await?;
        let (rows, next_page_token) = page.cut(rows, |(cursor, _)| *cursor);
        let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
        Ok(v1::ListTrialsResponse {
            trials: present::trials(view.conn(), &sweep, &plan, &rows).await?,
            next_page_token,
        })
    }

    pub(super) async fn list_measurements(
        &self,
        request: v1::ListMeasurementsRequest,
    ) -> Result<v1::ListMeasurementsResponse> {
        let mut view = self.0.view().await?;
        let (sweep, trial) = names::trial(view.conn(), &request.parent, "parent").await?;
        let plan = self.0.plan(view.conn(), sweep.key).await?;
        let within = match (trial, request.group) {
            (Some(trial), _) => trial.index..trial.index + 1,
            (None, Some(group)) => plan.members(check_group(&plan, group)?),
            (None, None) => {
                return Err(Error::Invalid {
                    field: "group",
                    problem: "is missing; sweeps/{sweep}/trials/- needs one".into(),
                });
            }
        };
        let mut measured = measurements::newest(view.conn(), sweep.key, within.clone()).await?;
        let rows = trials::list(view.conn(), sweep.key, within, None, u32::MAX).await?;
        let trials = rows
            .into_iter()
            .filter(|row| row.job.begun > 0)
            .map(|row| v1::TrialMeasurements {
                trial: row.trial.to_string(),
                attempt: row.job.begun,
                measurements: measured.remove(&row.index).unwrap_or_default(),
            });
        Ok(v1::ListMeasurementsResponse {
            trials: trials.collect(),
        })
    }

    pub(super) async fn list_log_lines(&self, request: v1::ListLogLinesRequest) -> Result<v1::ListLogLinesResponse> {
        let mut view = self.0.view().await?;
        let (sweep, row) = names::trial(view.conn(), &request.parent, "parent").await?;
        let row = row.ok_or(Error::Invalid {
            field: "parent",
            problem: "names no trial; write sweeps/{sweep}/trials/{trial}".into(),
        })?;
        // A trial that waits again has the log of the attempt before.
        let attempt = match request.attempt {
            0 => log_lines::newest_attempt(view.conn(), sweep.key, row.index, u32::MAX).await?,
            attempt => Some(attempt),
        };
        let Some(attempt) = attempt else {
            return Ok(v1::ListLogLinesResponse::default());
        };
        let place = (sweep.key, row.index, attempt);
        let lines = log_lines::after(view.conn(), place, request.after_sequence).await?;
        Ok(v1::ListLogLinesResponse {
            attempt,
            lines: lines.into_iter().map(present::log_line).collect(),
        })
    }

    pub(super) async fn list_pictures(&self, request: v1::ListPicturesRequest) -> Result<v1::ListPicturesResponse> {
        let mut view = self.0.view().await?;
        let sweep = names::sweep(view.conn(), &request.parent, "parent").await?;
        let plan = self.0.plan(view.conn(), sweep.key).await?;
        let pictures = pictures::list(view.conn(), sweep.key, check_group(&plan, request.group)?).await?;
        Ok(v1::ListPicturesResponse {
            pictures: pictures.into_iter().map(Into::into).collect(),
        })
    }

    pub(super) async fn list_workers(&self, request: v1::ListWorkersRequest) -> Result<v1::ListWorkersResponse> {
        let page = Page::of(request.page_size, &request.page_token, &"workers")?;
        let mut view = self.0.view().await?;
        let rows = workers::list(view.conn(), page.from.unwrap_or(0), page.limit()).await?;
        let (rows, next_page_token) = page.cut(rows, |row| row.key);
        Ok(v1::ListWorkersResponse {
            workers: rows.into_iter().map(|row| present::worker(&self.0, row)).collect(),
            next_page_token,
        })
    }
}

/// The position after the one where the page before ended.
fn position(page: &Page) -> u32 {
    page.from.map_or(0, |last| u32::try_from(last + 1).unwrap_or(u32::MAX))
}

fn check_group(plan: &Plan, group: u32) -> Result<u32> {
    if group < plan.groups() {
        Ok(group)
    } else {
        Err(Error::NotFound {
            what: "group",
            name: group.to_string(),
        })
    }
}
