//! Answers under way in this process: the server waits for them at its end, and at last cuts them off.

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Error;

/// The tasks that make answers. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct UnderWay {
    tasks: TaskTracker,
    cut: CancellationToken,
}

impl UnderWay {
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Ready once what is not finished must come to an end.
    pub(crate) async fn cut(&self) -> Error {
        self.cut.cancelled().await;
        Error::Unavailable {
            part: "this server, which is being stopped,",
            source: anyhow::anyhow!("an answer was cut off"),
        }
    }

    /// Brings what is not finished to an end that clients understand.
    pub fn cut_off(&self) {
        self.cut.cancel();
    }

    /// Waits until no answer is under way, and all of them are stored.
    pub async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
