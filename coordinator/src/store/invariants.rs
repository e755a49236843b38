//! What must hold in every store at every moment, as one predicate.

use super::{Conn, Result, SweepKey, facts, query, query_scalar};
use std::fmt;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant.
    pub invariant: &'static str,
    /// The sweep's name.
    pub sweep: String,
    /// Position of the trial or group, or a count, as the invariant has it.
    pub at: i64,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sweep {}: {} ({})", self.sweep, self.invariant, self.at)
    }
}

/// Each invariant, with a query that gives the key of every sweep in which it does not hold, and where.
const INVARIANTS: [(&str, &str); 13] = [
    (
        "the trials are 0..n, each once",
        "SELECT s.sweep_key, COUNT(t.trial_index) AS at FROM sweeps s LEFT JOIN trials t USING (sweep_key)
         GROUP BY s.sweep_key HAVING COUNT(*) <> COUNT(DISTINCT t.trial) OR MIN(t.trial_index) <> 0
             OR MAX(t.trial_index) <> COUNT(*) - 1
             OR COUNT(*) <> (SELECT SUM(g.trials_total) FROM groups g WHERE g.sweep_key = s.sweep_key)",
    ),
    (
        "the groups are 0..n, each once",
        "SELECT s.sweep_key, COUNT(g.group_index) AS at FROM sweeps s LEFT JOIN groups g USING (sweep_key)
         GROUP BY s.sweep_key HAVING COUNT(*) <> s.groups_total OR MIN(g.group_index) <> 0
             OR MAX(g.group_index) <> COUNT(*) - 1",
    ),
    (
        "a trial has a lease exactly while it is leased",
        "SELECT sweep_key, trial_index AS at FROM trials
         WHERE (state = 'leased') <> (expires IS NOT NULL) OR (state = 'leased') <> (deadline IS NOT NULL) OR (state = 'leased' AND (worker IS NULL OR token IS NULL))
             OR (state = 'leased' AND begun = 0) OR charged > begun
             OR (token IS NOT NULL AND state NOT IN ('leased', 'completed'))",
    ),
    (
        "no token stands for two leases",
        "SELECT t.sweep_key, t.trial_index AS at FROM trials t JOIN evaluations e ON e.token = t.token",
    ),
    (
        "the sweep's counters are those of its trials",
        "SELECT s.sweep_key, s.trials_completed AS at FROM sweeps s JOIN trials t USING (sweep_key)
         GROUP BY s.sweep_key HAVING s.trials_pending <> COUNT(*) FILTER (WHERE t.state = 'pending')
             OR s.trials_leased <> COUNT(*) FILTER (WHERE t.state = 'leased')
             OR s.trials_completed <> COUNT(*) FILTER (WHERE t.state = 'completed')
             OR s.trials_failed <> COUNT(*) FILTER (WHERE t.state = 'failed')
             OR s.trials_cancelled <> COUNT(*) FILTER (WHERE t.state = 'cancelled')
             OR s.trials_stopped <> COUNT(*) FILTER (WHERE t.state = 'stopped')",
    ),
    (
        "the sweep's counters are those of its groups",
        "SELECT s.sweep_key, s.groups_done AS at FROM sweeps s JOIN groups g USING (sweep_key)
         GROUP BY s.sweep_key HAVING s.groups_done <> COUNT(*) FILTER (WHERE g.state = 'done')
             OR s.groups_selected <> COUNT(*) FILTER (WHERE g.state = 'done'
                 AND json_array_length(g.choice::json -> 'ranking') > 0)",
    ),
    (
        "the group's counters are those of its trials",
        "SELECT sweep_key, group_index AS at FROM groups g JOIN (
             SELECT sweep_key, group_index, COUNT(*) AS total, COUNT(*) FILTER (WHERE state = 'completed') AS completed,
                 COUNT(*) FILTER (WHERE state = 'failed') AS failed, COUNT(*) FILTER (WHERE state = 'stopped') AS stopped
             FROM trials GROUP BY sweep_key, group_index
         ) t USING (sweep_key, group_index)
         WHERE trials_total <> total OR trials_completed <> completed OR trials_failed <> failed OR trials_stopped <> stopped",
    ),
    (
        "a trial has an outcome exactly if it completed, of the attempt that did",
        "SELECT t.sweep_key, t.trial_index AS at FROM trials t LEFT JOIN outcomes o USING (sweep_key, trial_index)
         WHERE (t.state = 'completed') <> (o.attempt IS NOT NULL) OR o.attempt <> t.begun",
    ),
    (
        "a group is sealed exactly when all its trials are over, and selects only from completed ones",
        "SELECT g.sweep_key, g.group_index AS at FROM groups g
         WHERE (g.state <> 'searching') <> (g.trials_completed + g.trials_failed + g.trials_stopped = g.trials_total)
             OR (g.state <> 'searching') <> (g.seal IS NOT NULL)
             OR EXISTS (SELECT 1 FROM json_array_elements(g.choice::json -> 'ranking') r
                 LEFT JOIN trials t ON t.sweep_key = g.sweep_key AND t.trial = (r.value ->> 'trial')
                 WHERE t.state IS NULL OR t.state <> 'completed' OR t.group_index <> g.group_index)",
    ),
    (
        "a sweep is over exactly when nothing of it is pending or leased",
        "SELECT s.sweep_key, s.trials_pending AS at FROM sweeps s
         WHERE (s.state IN ('running', 'paused')) <> (s.ended_at IS NULL)
             OR (s.state IN ('running', 'paused') AND s.groups_done = s.groups_total)
             OR (s.state NOT IN ('running', 'paused') AND s.trials_pending + s.trials_leased > 0)
             OR (s.state = 'succeeded' AND EXISTS (SELECT 1 FROM groups g WHERE g.sweep_key = s.sweep_key
                 AND g.group_index % (1 + COALESCE(json_array_length(s.spec_json::json -> 'variants'), 0)) = 0
                 AND COALESCE(json_array_length(g.choice::json -> 'ranking'), 0) = 0))
             OR (s.state NOT IN ('running', 'paused') AND EXISTS (SELECT 1 FROM evaluations e
                 WHERE e.sweep_key = s.sweep_key AND e.state IN ('pending', 'leased')))",
    ),
    (
        "a reused outcome is that of the sweep that computed it, and is counted",
        "SELECT s.sweep_key, s.trials_reused AS at FROM sweeps s
         WHERE s.trials_reused <> (SELECT COUNT(o.reused_from) FROM outcomes o WHERE o.sweep_key = s.sweep_key)
         UNION ALL
         SELECT o.sweep_key, o.trial_index AS at FROM outcomes o JOIN trials t USING (sweep_key, trial_index)
         WHERE o.reused_from IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM trials u JOIN outcomes p USING (sweep_key, trial_index)
             WHERE u.sweep_key = o.reused_from AND u.trial = t.trial AND p.reused_from IS NULL
                 AND p.fingerprint = o.fingerprint AND p.outcome = o.outcome AND p.scores = o.scores)",
    ),
    (
        "a trial is stopped exactly at a rung where it has a value, in a sweep with early stopping",
        "SELECT t.sweep_key, t.trial_index AS at FROM trials t JOIN sweeps s USING (sweep_key)
         WHERE (t.state = 'stopped') <> (t.stopped_epoch IS NOT NULL)
             OR (t.state = 'stopped' AND (s.spec_json::json ->> 'early_stopping') IS NULL)
             OR (t.state = 'stopped' AND NOT EXISTS (SELECT 1 FROM rung_values v WHERE v.sweep_key = t.sweep_key
                 AND v.trial_index = t.trial_index AND v.epoch = t.stopped_epoch))",
    ),
    (
        "a sweep has a reason exactly while it is paused, and recalls trials only then",
        "SELECT sweep_key, recall AS at FROM sweeps
         WHERE (state = 'paused') <> (pause_reason IS NOT NULL) OR (recall <> 0 AND state <> 'paused')",
    ),
];

/// Everything that does not hold, of these and of `core::invariants`; nothing, if all is well. Reads the whole store.
pub(crate) async fn check(conn: &mut Conn) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for (invariant, sql) in INVARIANTS {
        let sql = conn.dialect().json(sql);
        for row in query(sql).fetch_all(conn).await? {
            let key: i64 = row.try_get("sweep_key")?;
            let name = query_scalar("SELECT name FROM sweeps WHERE sweep_key = $1").bind(key);
            violations.push(Violation {
                invariant,
                sweep: name.fetch_one(conn).await?,
                at: row.try_get("at")?,
            });
        }
    }
    let sweeps = query("SELECT sweep_key, name FROM sweeps ORDER BY sweep_key")
        .fetch_all(conn)
        .await?;
    for sweep in sweeps {
        let name: String = sweep.try_get("name")?;
        let broken = facts::broken(conn, SweepKey(sweep.try_get("sweep_key")?)).await?;
        violations.extend(broken.into_iter().map(|(invariant, at)| Violation {
            invariant,
            sweep: name.clone(),
            at: at.into(),
        }));
    }
    Ok(violations)
}

#[cfg(test)]
mod tests;
