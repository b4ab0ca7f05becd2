//! A thread for the models.

use crate::{Error, Result};
use kmidi_engine::exchange::Desk;
use kmidi_neural::worker::Worker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the thread sleeps when nothing is asked: little beside the latency of hints.
const PAUSE: Duration = Duration::from_millis(2);

/// A worker on a thread of its own. Dropping it ends the thread.
#[derive(Debug)]
pub struct WorkerThread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl WorkerThread {
    /// Starts a thread that answers what comes to `desk` by the model of the next chord.
    ///
    /// # Errors
    ///
    /// [`Error::Weights`] where the model cannot be read, [`Error::Thread`] where there is no thread to be had.
    pub fn start(desk: Desk) -> Result<Self> {
        let mut worker = Worker::new(desk).map_err(|error| Error::Weights(error.to_string()))?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("kmidi worker".into()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if !worker.step() {
                    std::thread::sleep(PAUSE);
                }
            }
        });
        Ok(Self { stop, thread: Some(thread.map_err(Error::Thread)?) })
    }
}

impl Drop for WorkerThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A worker that panicked said so already.
            let _ = thread.join();
        }
    }
}
