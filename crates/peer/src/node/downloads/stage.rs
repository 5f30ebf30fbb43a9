//! How far a download is, and what follows from a change of that.

use peerpool_api::Code;

/// How far a download is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its files are being opened.
    Opening {
        /// Whether it is paused then.
        paused: bool,
    },
    /// It fetches.
    Running,
    /// It fetches nothing; it goes on serving.
    Paused,
    /// Its connections are being closed.
    Stopping {
        /// What comes after.
        then: After,
    },
    Stopped,
    /// Everything is there and is being put in its place.
    Completing,
    /// It is in its place.
    Complete,
    /// It cannot go on by itself.
    Failed {
        code: Code,
        cause: String,
    },
}

/// What a download does once it has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum After {
    Stay,
    Resume,
    /// The tracker, the disk or something else ended it.
    Fail {
        code: Code,
        cause: String,
    },
}

impl After {
    fn stage(self) -> Stage {
        match self {
            Self::Stay | Self::Resume => Stage::Stopped,
            Self::Fail { code, cause } => Stage::Failed { code, cause },
        }
    }
}

/// What is to be done about a download that was paused or resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Nothing,
    /// It counts when its files are open.
    Wait,
    /// Its swarm is to pause.
    Pause,
    /// Its swarm is to go on.
    Resume,
    /// Its files are to be opened.
    Open,
}

impl Stage {
    pub(super) fn pause(&mut self) -> Next {
        match self {
            Self::Running => {
                *self = Self::Paused;
                Next::Pause
            }
            Self::Opening { paused } => {
                *paused = true;
                Next::Wait
            }
            _ => Next::Nothing,
        }
    }

    pub(super) fn resume(&mut self) -> Next {
        match self {
            Self::Paused => {
                *self = Self::Running;
                Next::Resume
            }
            Self::Stopping { then } => {
                *then = After::Resume;
                Next::Nothing
            }
            Self::Opening { paused } => {
                *paused = false;
                Next::Wait
            }
            Self::Stopped | Self::Failed { .. } => Next::Open,
            Self::Running | Self::Completing | Self::Complete => Next::Nothing,
        }
    }

    /// False when there is nothing to stop.
    pub(super) fn stop(&mut self) -> bool {
        match self {
            Self::Stopped | Self::Failed { .. } | Self::Completing | Self::Complete => return false,
            Self::Stopping { then } => *then = After::Stay,
            Self::Opening { .. } | Self::Running | Self::Paused => {
                *self = Self::Stopping { then: After::Stay };
            }
        }
        true
    }

    /// What was to be stopped has stopped. Returns what comes now; `None` when nothing was.
    pub(super) fn end(&mut self) -> Option<After> {
        let Self::Stopping { then } = self else { return None };
        let then = then.clone();
        *self = then.clone().stage();
        Some(then)
    }

    /// Whether a swarm runs, or is about to.
    pub(super) fn is_running(&self) -> bool {
        matches!(self, Self::Opening { .. } | Self::Running | Self::Paused | Self::Completing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_while_files_are_opened_counts() {
        let mut stage = Stage::Opening { paused: false };
        assert_eq!(stage.pause(), Next::Wait);
        assert_eq!(stage, Stage::Opening { paused: true });
        assert_eq!(stage.resume(), Next::Wait);
        assert_eq!(stage, Stage::Opening { paused: false });
    }

    #[test]
    fn a_download_resumed_while_it_stops_goes_on_once_it_has_stopped() {
        let mut stage = Stage::Running;
        assert!(stage.stop());
        assert_eq!(stage.resume(), Next::Nothing);
        assert_eq!(stage.end(), Some(After::Resume));
        assert_eq!(stage.resume(), Next::Open);
    }

    #[test]
    fn a_failure_that_is_stopped_by_hand_is_forgotten() {
        let fail = After::Fail { code: Code::Disk, cause: "worn out".to_owned() };
        let mut stage = Stage::Stopping { then: fail.clone() };
        assert!(stage.stop());
        assert_eq!(stage.end(), Some(After::Stay));
        assert_eq!(stage, Stage::Stopped);

        let mut stage = Stage::Stopping { then: fail.clone() };
        assert_eq!(stage.end(), Some(fail));
        assert!(!stage.stop() && stage.end().is_none());
    }

    #[test]
    fn a_complete_download_neither_pauses_nor_stops() {
        for mut stage in [Stage::Completing, Stage::Complete] {
            let before = stage.clone();
            assert!(stage.pause() == Next::Nothing && stage.resume() == Next::Nothing && !stage.stop());
            assert_eq!(stage, before);
        }
    }
}
