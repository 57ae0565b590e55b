//! Jobs: tasks the platform gives to devices.

use super::{object, words};
use crate::error::Rule;
use crate::json::{RawJson, Text};
use crate::list::List;

/// The `taskId` that asks for all tasks.
pub const LIST: &str = "$list";

words! {
    /// How a task fares.
    pub enum Status {
        /// It waits.
        "QUEUED" => Queued,
        /// The device was told.
        "SENT" => Sent,
        /// The device is at it.
        "IN_PROGRESS" => InProgress,
        /// The device has done it.
        "SUCCEEDED" => Succeeded,
        /// The device could not do it.
        "FAILED" => Failed,
        /// The device will not do it.
        "REJECTED" => Rejected,
        /// It was called off.
        "CANCELLED" => Cancelled,
        /// The device was taken off the job.
        "REMOVED" => Removed,
        /// The device has not done it in time.
        "TIMED_OUT" => TimedOut,
    }
}

impl Status {
    /// Whether a device may report it.
    #[must_use]
    pub fn is_for_devices(self) -> bool {
        matches!(self, Self::InProgress | Self::Succeeded | Self::Failed | Self::Rejected)
    }
}

object! {
    /// A task.
    pub struct Task<'a> {
        /// Its id.
        "taskId" => id: Text<'a>,
        /// How it fares.
        "status" => status: Status,
        /// What to do.
        "jobDocument" => document: Option<RawJson<'a>>,
        /// With which file.
        "jobFile" => file: Option<JobFile<'a>>,
    }
}

object! {
    /// The file of a task.
    pub struct JobFile<'a> {
        /// How `sign` is made.
        "signMethod" => sign_method: Text<'a>,
        /// Digest of the file, in hex.
        "sign" => sign: Text<'a>,
        /// Where it lies, for an hour.
        "fileUrl" => url: Text<'a>,
    }
}

object! {
    /// The `params` of a notification.
    pub struct JobNotify<'a> {
        /// The task.
        "task" => task: Task<'a>,
    }
}

object! {
    /// A question for a task, or for all by [`LIST`].
    pub struct JobGet<'a> {
        /// Which.
        "taskId" => id: Text<'a>,
    }
}

object! {
    /// The answer: a task, or all of them.
    pub struct Jobs<'a> {
        /// As in the question.
        "taskId" => id: Text<'a>,
        /// The task.
        "task" => task: Option<Task<'a>>,
        /// All tasks.
        "tasks" => tasks: Option<List<'a, Task<'a>>>,
    }
}

object! {
    /// How a task fares, told by the device. The answer is a [`JobGet`].
    pub struct JobUpdate<'a> {
        /// Which.
        "taskId" => id: Text<'a>,
        /// How.
        "status" => status: Status,
        /// Anything besides.
        "statusDetails" => details: Option<RawJson<'a>>,
        /// Percent.
        "progress" => progress: Option<u64>,
    }
    check |this| {
        if !this.status.is_for_devices() {
            return Err(Rule::ValueUnknown);
        }
        if this.progress.is_some_and(|percent| percent > 100) { Err(Rule::NumberOutOfRange) } else { Ok(()) }
    }
}
