//! What becomes of connections that are given back in the middle of something, and of a store that is closed.

use super::{Ground, NOW, count, sweep};
use crate::store::workers;
use augur_core::id::WorkerId;
use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};
use uuid::Uuid;

on_every_store!(
    whoever_gives_up_a_view_leaves_no_old_moment_behind,
    a_store_that_was_closed_is_free_at_once,
);

/// Goes on with something for so many steps and gives it up then; says whether it was done.
async fn within<T>(steps: u32, future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    let mut left = steps;
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn whoever_gives_up_a_view_leaves_no_old_moment_behind(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, reader) = ground.open().await;
    let mut written = 0;
    for steps in 1.. {
        let done = within(steps, reader.view()).await;
        // Twice: a moment is that of the first look.
        for _ in 0..2 {
            let mut transaction = writer.begin(NOW).await.unwrap();
            let worker = WorkerId::from_uuid(Uuid::now_v7());
            workers::register(transaction.conn(), worker, "host", 1, ["1", "2"], NOW)
                .await
                .unwrap();
            transaction.commit().await.unwrap();
            written += 1;
            let mut conn = reader.connection().await.unwrap();
            let seen = count(&mut *conn, "workers").await;
            assert_eq!(seen, written, "given up after {steps} steps");
        }
        if done {
            return;
        }
    }
}

async fn a_store_that_was_closed_is_free_at_once(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    for _ in 0..10 {
        let (mut writer, reader) = ground.open().await;
        // Neither an open transaction nor a view is in the way of whoever comes next.
        let mut transaction = writer.begin(NOW).await.unwrap();
        sweep(transaction.conn()).await;
        drop(transaction);
        drop(reader.view().await.unwrap());
        reader.close().await;
        writer.close().await.unwrap();
    }
}
