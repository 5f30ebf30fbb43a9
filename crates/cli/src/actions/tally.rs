//! What came of several things that one command was told to do.

use crate::{
    exit::{Exit, Failure},
    output::{explain, remark},
};

/// Counts what failed. Each failure is told when it happens; the exit code is that of the worst. A command about one
/// thing fails as that does.
#[derive(Debug, Default)]
pub struct Tally {
    of: usize,
    failed: usize,
    /// The first one, until there is another thing.
    only: Option<Failure>,
    worst: Option<Exit>,
}

impl Tally {
    /// For so many things.
    pub fn of(count: usize) -> Self {
        Self { of: count, ..Self::default() }
    }

    /// One of the things turned out to be so many.
    pub fn expand(&mut self, count: usize) {
        self.of += count.saturating_sub(1);
    }

    /// Notes how one of them ended, and gives what came of it.
    ///
    /// # Errors
    ///
    /// What concerns all of them at once: the peer is gone, output is lost, the command is interrupted.
    pub fn note<T>(&mut self, outcome: Result<T, Failure>) -> Result<Option<T>, Failure> {
        let failure = match outcome {
            Ok(done) => return Ok(Some(done)),
            Err(failure) if failure.is_about_one() => failure,
            Err(failure) => return Err(failure),
        };
        let exit = failure.exit();
        self.failed += 1;
        self.worst = self.worst.max(Some(exit));
        match self.of {
            0 | 1 => self.only = Some(failure),
            _ => remark(&explain(&failure)),
        }
        Ok(None)
    }

    /// How the command ends.
    ///
    /// # Errors
    ///
    /// When something failed: with the highest of the exit codes.
    pub fn end(self) -> Result<(), Failure> {
        match (self.only, self.worst) {
            (Some(only), _) => Err(only),
            (None, Some(exit)) => Err(Failure::Several { failed: self.failed, of: self.of, exit }),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(exit: Exit) -> Result<(), Failure> {
        Err(Failure::told(exit, "it failed"))
    }

    #[test]
    fn the_worst_of_several_gives_the_exit_code() {
        let mut tally = Tally::of(4);
        for outcome in [failure(Exit::Disk), Ok(()), failure(Exit::NotFound), Ok(())] {
            assert!(tally.note(outcome).is_ok());
        }
        let end = tally.end().unwrap_err();
        assert_eq!((end.exit(), end.to_string().as_str()), (Exit::Disk, "2 of 4 failed"));
    }

    #[test]
    fn one_thing_fails_as_it_would_alone() {
        let mut tally = Tally::of(1);
        assert!(matches!(tally.note(failure(Exit::NotFound)), Ok(None)));
        assert_eq!(tally.end().unwrap_err().to_string(), "it failed");
        assert!(Tally::of(1).end().is_ok());
    }

    #[test]
    fn what_concerns_all_ends_all() {
        let mut tally = Tally::of(3);
        let interrupted: Result<(), Failure> = Err(Failure::Interrupted);
        assert!(matches!(tally.note(interrupted), Err(Failure::Interrupted)));
    }
}
