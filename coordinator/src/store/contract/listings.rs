//! Lists of trials: filtered, in an order, a page at a time.

use super::*;
use crate::store::{
    backend::Dialect,
    listing::{self, Cursor, Listing, Order},
};
use augur_core::plan::Positions;

on_every_store!(
    listings_are_in_order_whatever_the_page,
    a_store_that_is_migrated_has_the_losses_of_its_outcomes,
    listings_are_of_the_places_asked_for,
);

/// Every trial of a listing, read in pages of `size`.
async fn listed(conn: &mut Conn, listing: &Listing, size: u32) -> Vec<u32> {
    let (mut all, mut from) = (Vec::new(), None::<Cursor>);
    loop {
        let page = listing::page(conn, listing, from, size).await.unwrap();
        let Some((last, _)) = page.last() else { return all };
        // As it comes back in a page token.
        from = Some(last.to_string().parse().unwrap());
        assert_eq!(from, Some(*last));
        all.extend(page.into_iter().map(|(_, row)| row.index));
    }
}

async fn listings_are_in_order_whatever_the_page(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, _reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let conn = transaction.conn();
    let key = sweep(conn).await;
    let validations = validations();
    // Any token, as long as each has another one.
    let state = query("UPDATE trials SET state = 'completed', token = trial WHERE trial_index <> 1");
    state.execute(conn).await.unwrap();
    for (index, validation) in (0..).zip(validations) {
        if index != 1 {
            let outcome = Outcome {
                validation,
                ..outcome()
            };
            let place = (key, index, 1);
            outcomes::insert(conn, place, ("2.13.0", "f"), &outcome, Criterion::Dsv)
                .await
                .unwrap();
        }
    }
    for criterion in Criterion::ALL {
        let losses = validations.map(|validation| validation.and_then(|validation| criterion.loss(&validation)));
        for (index, outcome) in outcomes::without_scores(conn, key, 0..4).await.unwrap() {
            outcomes::set_loss(conn, key, index, &outcome, criterion).await.unwrap();
        }
        for (descending, size) in [(false, 1), (false, 9), (true, 1), (true, 3)] {
            let mut expected = [0, 1, 2, 3];
            let loss = |index: &u32| losses[*index as usize];
            expected.sort_by(|a, b| match descending {
                false => loss(a).partial_cmp(&loss(b)).unwrap(),
                true => loss(b).partial_cmp(&loss(a)).unwrap(),
            });
            // In both directions.
            expected.sort_by_key(|index| loss(index).is_none());
            let mut listing = Listing {
                sweep: key,
                positions: Positions::all(0..4),
                state: None,
                order: Order::Loss,
                descending,
                thin: None,
            };
            let case = format!("{criterion:?} {descending} {size}");
            assert_eq!(listed(conn, &listing, size).await, expected, "{case}");
            listing.state = Some("completed");
            let completed: Vec<_> = expected.into_iter().filter(|index| *index != 1).collect();
            assert_eq!(listed(conn, &listing, size).await, completed, "{case}");
            listing.state = Some("pending");
            assert_eq!(listed(conn, &listing, size).await, [1], "{case}");
        }
    }
}

/// Of four trials, each of another kind; the second has none.
fn validations() -> [Option<Validation>; 4] {
    let validation = |x: f64, whitened_cosine| Validation {
        mixture_energy: -x,
        mean_distance: 1.0 + x,
        explained: x / 3.0,
        score_variance: 0.1 * x,
        whitened_cosine,
        dsv: (x > 0.5).then_some(0.2 - x),
        mmd: Some(x * x),
        ..Validation::default()
    };
    [
        Some(validation(0.7, Some(-0.9))),
        None,
        Some(validation(0.2, Some(0.4))),
        Some(validation(0.9, Some(-0.1))),
    ]
}

async fn a_store_that_is_migrated_has_the_losses_of_its_outcomes(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, _reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let conn = transaction.conn();
    let key = sweep(conn).await;
    let migration = match conn.dialect() {
        Dialect::Sqlite => include_str!("../../../migrations/sqlite/0009_losses.sql"),
        Dialect::Postgres => include_str!("../../../migrations/postgres/0009_losses.sql"),
    };
    let is_update = |statement: &&str| statement.contains("UPDATE outcomes");
    let update = migration.split(';').find(is_update).unwrap();
    let validations = validations();
    for (index, validation) in (0..).zip(validations) {
        let outcome = Outcome {
            validation,
            ..outcome()
        };
        outcomes::insert(conn, (key, index, 1), ("2.13.0", "f"), &outcome, Criterion::Mmd)
            .await
            .unwrap();
    }
    for criterion in Criterion::ALL {
        let spec = format!(r#"{{"selection": {{"criterion": "{}"}}}}"#, criterion.name());
        let choice = query("UPDATE sweeps SET spec_json = $1").bind(spec);
        choice.execute(conn).await.unwrap();
        query(update).execute(conn).await.unwrap();
        let losses = query_scalar("SELECT loss FROM outcomes ORDER BY trial_index");
        let losses: Vec<Option<f64>> = losses.fetch_all(conn).await.unwrap();
        let expected = validations.map(|validation| criterion.loss(&validation?));
        for (loss, expected) in losses.into_iter().zip(expected) {
            assert_eq!(loss.is_some(), expected.is_some(), "{criterion:?}");
            let off = loss.unwrap_or_default() - expected.unwrap_or_default();
            assert!(off.abs() < 1e-15, "{criterion:?}: {off}");
        }
    }
}

async fn listings_are_of_the_places_asked_for(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, _reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let conn = transaction.conn();
    let key = sweep(conn).await;
    let state = query("UPDATE trials SET state = 'cancelled' WHERE trial_index = 1");
    state.execute(conn).await.unwrap();
    let everything = Listing {
        sweep: key,
        positions: Positions::all(0..4),
        state: None,
        order: Order::Index,
        descending: false,
        thin: None,
    };
    let of = |order, descending| Listing {
        order,
        descending,
        ..everything.clone()
    };
    for size in [1, 2, 9] {
        assert_eq!(listed(conn, &everything, size).await, [0, 1, 2, 3]);
        assert_eq!(listed(conn, &of(Order::Index, true), size).await, [3, 2, 1, 0]);
        assert_eq!(listed(conn, &of(Order::State, false), size).await, [0, 2, 3, 1]);
        assert_eq!(listed(conn, &of(Order::State, true), size).await, [1, 0, 2, 3]);
        let positions = Positions {
            span: 1..4,
            period: 3,
            remainders: vec![0..1, 2..3],
        };
        let listing = Listing {
            positions,
            state: Some("pending"),
            ..everything.clone()
        };
        assert_eq!(listed(conn, &listing, size).await, [2, 3]);
        let positions = Positions {
            remainders: vec![],
            ..Positions::all(0..4)
        };
        let listing = Listing {
            positions,
            ..everything.clone()
        };
        assert!(listed(conn, &listing, size).await.is_empty());
    }
}
