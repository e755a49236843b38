//! ListResults: the rows of the leaderboard a page at a time, each with its selected trial alone.

use super::{filter::Filter, names, paging::Page, sweeps::Sweeps};
use crate::{
    error::Result,
    store::{
        Conn, StoreError, SweepKey, evaluations,
        groups::{self, GroupState},
        outcomes, reuse, trials,
    },
};
use augur_core::{
    id::TrialId,
    leaderboard::{Completed, TaskResult},
    plan::Plan,
    select::Choice,
};
use augur_proto::v1;
use std::collections::BTreeMap;

impl Sweeps {
    pub(super) async fn list_results(&self, request: v1::ListResultsRequest) -> Result<v1::ListResultsResponse> {
        let mut view = self.0.view().await?;
        let conn = view.conn();
        let sweep = names::sweep(conn, &request.parent, "parent").await?;
        let plan = self.0.plan(conn, sweep.key).await?;
        let positions = Filter::parse(&request.filter)?.positions(&plan)?;
        let list = ("results", sweep.key, &request.filter);
        let page = Page::<u32>::of(request.page_size, &request.page_token, &list)?;
        let wanted = |group: u32| positions.meet(&plan.members(group));
        let (mut done, mut next) = (Vec::new(), page.from.map_or(0, |last| last + 1));
        // Those that aren't done, or aren't asked for, are passed over.
        while done.len() < page.limit() as usize {
            let rows = groups::list(conn, sweep.key, next, page.limit()).await?;
            let Some(last) = rows.last() else { break };
            next = last.index + 1;
            let rows = rows.into_iter().filter(|row| row.state == GroupState::Done);
            done.extend(rows.map(|row| row.index).filter(|group| wanted(*group)));
        }
        done.truncate(page.limit() as usize);
        let (done, next_page_token) = page.cut(done, |group| *group);
        let mut results = Vec::with_capacity(done.len());
        for group in done {
            results.push(result(conn, sweep.key, &plan, group).await?);
        }
        Ok(v1::ListResultsResponse {
            results,
            next_page_token,
        })
    }
}

async fn result(conn: &mut Conn, sweep: SweepKey, plan: &Plan, index: u32) -> Result<v1::Result> {
    let choice = groups::choice(conn, sweep, index).await?;
    let choice = choice.ok_or(StoreError::Damaged("choice"))?;
    let group = plan.group(index);
    let mut shown = v1::Result {
        group: index,
        task: group.task.clone(),
        seed: group.seed,
        variant: group.variant.clone(),
        ranked: u32::try_from(choice.ranking.len()).unwrap_or(u32::MAX),
        excluded: u32::try_from(choice.excluded.len()).unwrap_or(u32::MAX),
        seal: choice.seal(),
        selected: None,
    };
    if let Some(completed) = selected(conn, sweep, plan, &choice).await? {
        let agreements = evaluations::agreements(conn, sweep, index).await?;
        let result = TaskResult::new(&group, &choice, &completed, &agreements);
        shown.selected = result.selected.map(Into::into);
    }
    Ok(shown)
}

/// The selected trial alone, as a leaderboard wants it.
async fn selected(
    conn: &mut Conn,
    sweep: SweepKey,
    plan: &Plan,
    choice: &Choice,
) -> Result<Option<BTreeMap<TrialId, Completed>>> {
    let Some(trial) = choice.selected() else {
        return Ok(None);
    };
    let row = trials::by_id(conn, sweep, trial).await?;
    let index = row.ok_or(StoreError::Damaged("choice"))?.index;
    let outcome = outcomes::of(conn, sweep, &[index]).await?.remove(&index);
    let completed = Completed {
        spec: plan.trial(index),
        outcome: outcome.ok_or(StoreError::Damaged("outcome"))?,
        reused_from: reuse::origins_of(conn, sweep, &[index]).await?.remove(&index),
        fingerprint: outcomes::fingerprints(conn, sweep, index..index + 1)
            .await?
            .remove(&index),
    };
    Ok(Some(BTreeMap::from([(trial, completed)])))
}
