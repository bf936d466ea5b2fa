//! What a node does by itself: journal and notes, tenants, keys, sweeping. Loops are bounded by their ticks and end with the node.

use std::{sync::Arc, time::Duration};

use kernel::Moment;
use tokio::{sync::watch, task::JoinHandle};

use crate::{app::App, fault::Fault, logouts, oauth};

/// The background jobs of a node.
#[derive(Debug)]
pub struct Jobs {
    stop: watch::Sender<()>,
    tasks: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Starts them.
    pub fn start(app: &Arc<App>) -> Self {
        let (stop, stopped) = watch::channel(());
        let tasks = vec![
            every(app, &stopped, Duration::from_millis(250), |app, at| {
                Box::pin(async move { Ok(app.store.flush(&at).await?) })
            }),
            every(app, &stopped, Duration::from_secs(1), |app, _| {
                Box::pin(async move { app.tenants.refresh(&app.store).await })
            }),
            logouts(app, &stopped),
            every(app, &stopped, Duration::from_secs(30), |app, at| {
                Box::pin(sweep(app, at))
            }),
        ];
        Self { stop, tasks }
    }

    /// Ends them, and then the store: what was noted is written.
    pub async fn finish(self, app: &App) -> Result<(), Fault> {
        drop(self.stop);
        for task in self.tasks {
            drop(task.await); // a job that panicked has said so
        }
        Ok(app.store.close(&app.moment()?).await?)
    }
}

type Work = std::pin::Pin<Box<dyn Future<Output = Result<(), Fault>> + Send>>;

fn every(
    app: &Arc<App>,
    stopped: &watch::Receiver<()>,
    pause: Duration,
    work: fn(Arc<App>, Moment) -> Work,
) -> JoinHandle<()> {
    let (app, mut stopped) = (Arc::clone(app), stopped.clone());
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(pause);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                _ = ticks.tick() => {}
            }
            let outcome = match app.moment() {
                Ok(at) => work(Arc::clone(&app), at).await,
                Err(fault) => Err(fault),
            };
            if let Err(fault) = outcome {
                tracing::warn!(error = %fault, "a background job failed; it will try again");
            }
        }
    })
}

/// Tells apps of sessions that ended: at once when somebody signed out here, and every few seconds whatever happened elsewhere.
fn logouts(app: &Arc<App>, stopped: &watch::Receiver<()>) -> JoinHandle<()> {
    let (app, mut stopped) = (Arc::clone(app), stopped.clone());
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(2));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                _ = ticks.tick() => {}
                () = app.told_of_logout.notified() => {}
            }
            let outcome = match app.moment() {
                Ok(at) => logouts::tell(&app, &at).await,
                Err(fault) => Err(fault),
            };
            if let Err(fault) = outcome {
                tracing::warn!(error = %fault, "apps could not be told of logouts; it will be tried again");
            }
        }
    })
}

/// Keys whose time has come, marks and token records whose time is over.
async fn sweep(app: Arc<App>, at: Moment) -> Result<(), Fault> {
    for tenant in app.tenants.all() {
        if let Err(fault) = app.keyring.tend(&app, &tenant).await {
            tracing::error!(tenant = %tenant.id, error = %fault, "a tenant's keys cannot be tended"); // the others' can
        }
    }
    oauth::expire(&app, &at).await?;
    app.store.sweep_marks(at.now).await?;
    app.store.sweep_tokens(at.now).await?;
    app.store.sweep_people(at.now).await?;
    Ok(())
}
