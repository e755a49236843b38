//! ListTasks: what became of each task so far, over its seeds and variants.

use super::{names, paging::Page, present, sweeps::Sweeps};
use crate::{
    error::Result,
    store::{
        Conn,
        groups::{self, GroupRow, GroupState},
        sweeps::{SweepRow, SweepState},
        trials,
    },
};
use augur_core::{plan::Plan, spec::METHOD};
use augur_proto::v1;

impl Sweeps {
    pub(super) async fn list_tasks(&self, request: v1::ListTasksRequest) -> Result<v1::ListTasksResponse> {
        let mut view = self.0.view().await?;
        let conn = view.conn();
        let sweep = names::sweep(conn, &request.parent, "parent").await?;
        let page = Page::<u32>::of(request.page_size, &request.page_token, &("tasks", sweep.key))?;
        let plan = self.0.plan(conn, sweep.key).await?;
        let count = u32::try_from(plan.spec().tasks.len()).unwrap_or(u32::MAX);
        let first = page.from.map_or(0, |last| last + 1);
        let tasks: Vec<_> = (first..count).take(page.limit() as usize).collect();
        let (tasks, next_page_token) = page.cut(tasks, |task| *task);
        let mut shown = Vec::with_capacity(tasks.len());
        for task in tasks {
            shown.push(counts(conn, &sweep, &plan, task).await?);
        }
        Ok(v1::ListTasksResponse {
            tasks: shown,
            next_page_token,
        })
    }
}

/// Counts over the groups of a task, and its best trial.
async fn counts(conn: &mut Conn, sweep: &SweepRow, plan: &Plan, task: u32) -> Result<v1::TaskProgress> {
    let each = plan.groups() / u32::try_from(plan.spec().tasks.len()).unwrap_or(1).max(1);
    let rows = groups::list(conn, sweep.key, task * each, each).await?;
    let sum = |of: fn(&GroupRow) -> u32| rows.iter().map(of).sum::<u32>();
    let mut counts = v1::TaskProgress {
        task: plan.group(task * each).task,
        trials_total: sum(|row| row.trials_total),
        trials_completed: sum(|row| row.trials_completed),
        trials_failed: sum(|row| row.trials_failed),
        trials_stopped: sum(|row| row.trials_stopped),
        groups_total: each,
        groups_done: sum(|row| u32::from(row.state == GroupState::Done)),
        ..v1::TaskProgress::default()
    };
    let within = plan.members(task * each).start..plan.members((task + 1) * each - 1).end;
    counts.trials_running = trials::count_leased(conn, sweep.key, within).await?;
    let ended = counts.trials_completed + counts.trials_failed + counts.trials_stopped + counts.trials_running;
    let rest = counts.trials_total.saturating_sub(ended);
    // Trials are cancelled with their sweep and only then.
    match sweep.state {
        SweepState::Cancelled => counts.trials_cancelled = rest,
        _ => counts.trials_pending = rest,
    }
    let own = rows.iter().filter(|row| plan.group(row.index).variant == METHOD);
    let best = own
        .filter_map(|row| row.best)
        .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    if let Some((_, index)) = best {
        let rows = trials::list(conn, sweep.key, index..index + 1, None, 1).await?;
        counts.best_trial = present::trials(conn, sweep, plan, &rows).await?.pop();
    }
    Ok(counts)
}
