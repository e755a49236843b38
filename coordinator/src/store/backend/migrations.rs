//! Every schema so far. Both databases count the same versions, so that an export says which one it is of.

use super::OpenError;
use sqlx::{
    SqlSafeStr,
    migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator},
};

/// (version, name, SQL), oldest first. One that has been released is never edited.
pub(super) type Migrations = [(i64, &'static str, &'static str)];

macro_rules! sqlite {
    ($file:literal) => {
        include_str!(concat!("../../../migrations/sqlite/", $file))
    };
}

/// Those of SQLite.
pub(super) const SQLITE: &Migrations = &[
    (1, "initial", sqlite!("0001_initial.sql")),
    (2, "variants", sqlite!("0002_variants.sql")),
    (3, "reuse", sqlite!("0003_reuse.sql")),
    (4, "order", sqlite!("0004_order.sql")),
    (5, "early_stopping", sqlite!("0005_early_stopping.sql")),
    (6, "verbs", sqlite!("0006_verbs.sql")),
    (7, "logs", sqlite!("0007_logs.sql")),
    (8, "pictures", sqlite!("0008_pictures.sql")),
    (9, "losses", sqlite!("0009_losses.sql")),
];

/// Those of PostgreSQL, which came with the fifth.
pub(super) const POSTGRES: &Migrations = &[
    (
        5,
        "initial",
        include_str!("../../../migrations/postgres/0005_initial.sql"),
    ),
    (6, "verbs", include_str!("../../../migrations/postgres/0006_verbs.sql")),
    (7, "logs", include_str!("../../../migrations/postgres/0007_logs.sql")),
    (
        8,
        "pictures",
        include_str!("../../../migrations/postgres/0008_pictures.sql"),
    ),
    (
        9,
        "losses",
        include_str!("../../../migrations/postgres/0009_losses.sql"),
    ),
];

/// The version of the newest schema.
pub(crate) const NEWEST: i64 = SQLITE[SQLITE.len() - 1].0;
const _: () = assert!(
    POSTGRES[POSTGRES.len() - 1].0 == NEWEST,
    "a migration for one database only"
);

/// Brings a database to the newest of `migrations`, each in a transaction of its own.
pub(super) async fn migrate<C: Migrate>(conn: &mut C, migrations: &Migrations, store: &str) -> Result<(), OpenError> {
    let migration = |&(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let migrator = Migrator::with_migrations(migrations.iter().map(migration).collect());
    let store = store.to_owned();
    match migrator.run_direct(None, conn, false).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found)) => Err(OpenError::Newer {
            store,
            found,
            known: NEWEST,
        }),
        Err(MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) => {
            Err(OpenError::Unusable { store, source })
        }
        Err(other) => Err(OpenError::Unusable {
            store,
            source: sqlx::Error::Migrate(Box::new(other)),
        }),
    }
}
