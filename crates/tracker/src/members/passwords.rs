//! Passwords: the slow hash, two at a time.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Hashes that are made at once; each takes 19 MiB and a processor for some 20 ms.
const AT_ONCE: usize = 2;
/// Hashes that wait for their turn.
const WAITING: usize = 32;
/// Lengths of a password in bytes.
const SHORTEST: usize = 10;
const LONGEST: usize = 1024;
/// Of no member, so that an unknown name takes as long as a wrong password.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why there is no answer about a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("many people sign in at this moment: try again soon")]
    Busy,
    #[error("a password has {SHORTEST} to {LONGEST} bytes")]
    Length,
    #[error("the password cannot be hashed on this machine")]
    Failed,
}

/// Hashes passwords and compares them. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), places: Arc::new(Semaphore::new(AT_ONCE + WAITING)) }
    }
}

impl Passwords {
    /// What is kept of a password (a PHC string of Argon2id).
    pub(crate) async fn hash(&self, password: String) -> Result<String, PasswordError> {
        if !(SHORTEST..=LONGEST).contains(&password.len()) {
            return Err(PasswordError::Length);
        }
        let hashed = self.in_turn(move || {
            let hashed = Argon2::default().hash_password(password.as_bytes());
            hashed.map(|hash| hash.to_string()).map_err(|_| PasswordError::Failed)
        });
        hashed.await?
    }

    /// Whether it is the password of which this was kept. Without one it is not, and takes as long.
    pub(crate) async fn is(&self, password: String, kept: Option<String>) -> Result<bool, PasswordError> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        self.in_turn(move || {
            let hash = PasswordHash::new(kept.as_deref().unwrap_or(NOBODYS));
            let is =
                hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
            is && kept.is_some()
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        let done = spawn_blocking(move || {
            // Held until the work is done, even if nobody waits for it any more.
            let _held = (place, turn);
            work()
        });
        done.await.map_err(|_| PasswordError::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other() {
        let passwords = Passwords::default();
        let kept = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(kept.starts_with("$argon2id$") && !kept.contains("horse"), "{kept}");
        assert_ne!(passwords.hash("correct horse".to_owned()).await.unwrap(), kept);
        let is = async |password: &str, kept: Option<&String>| {
            passwords.is(password.to_owned(), kept.cloned()).await.unwrap()
        };
        assert!(is("correct horse", Some(&kept)).await);
        assert!(!is("correct horsf", Some(&kept)).await);
        assert!(!is("", Some(&kept)).await);
        assert!(!is("correct horse", None).await);
        assert!(PasswordHash::new(NOBODYS).is_ok());
    }

    #[tokio::test]
    async fn short_and_endless_passwords_are_none() {
        let passwords = Passwords::default();
        for (length, fits) in [(0, false), (9, false), (10, true), (1024, true), (1025, false)] {
            let hashed = passwords.hash("x".repeat(length)).await;
            assert_eq!(hashed.is_ok(), fits, "{length}: {hashed:?}");
        }
    }

    #[tokio::test]
    async fn a_flood_is_refused_instead_of_queued() {
        let passwords = Passwords::default();
        let flood = (0..100).map(|_| passwords.is("wrong password".to_owned(), None));
        let answers = futures_util::future::join_all(flood).await;
        let refused = answers.iter().filter(|answer| **answer == Err(PasswordError::Busy)).count();
        assert_eq!(refused, 100 - AT_ONCE - WAITING);
    }
}
