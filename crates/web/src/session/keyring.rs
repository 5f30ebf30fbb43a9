//! Which secrets and sessions there are. Pure: time and tokens come from outside.

use std::{collections::VecDeque, time::Instant};

use super::{SECRET_LIFETIME, token::Token};

/// Secrets that wait; the oldest gives way.
const MAX_SECRETS: usize = 16;
/// Sessions at a time; the one that was not used for longest gives way.
const MAX_SESSIONS: usize = 64;

/// Names a session, in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionId(u64);

/// All secrets and sessions of a door. With each session it keeps an `E` of its owner's, which is dropped when the
/// session ends.
#[derive(Debug)]
pub(super) struct Keyring<E> {
    secrets: VecDeque<Secret>,
    sessions: Vec<Session<E>>,
    next: u64,
}

#[derive(Debug)]
struct Secret {
    token: Token,
    offered: Instant,
}

#[derive(Debug)]
struct Session<E> {
    id: SessionId,
    key: Token,
    cookie: Token,
    used: Instant,
    kept: E,
}

impl<E> Default for Keyring<E> {
    fn default() -> Self {
        Self { secrets: VecDeque::new(), sessions: Vec::new(), next: 0 }
    }
}

impl<E> Keyring<E> {
    /// From now on the secret may be traded.
    pub(super) fn offer(&mut self, now: Instant, token: Token) {
        self.forget_old_secrets(now);
        if self.secrets.len() == MAX_SECRETS {
            self.secrets.pop_front();
        }
        self.secrets.push_back(Secret { token, offered: now });
    }

    /// Makes a session of a secret, which is used up thereby; false if there is no such secret.
    pub(super) fn trade(&mut self, now: Instant, secret: &str, key: Token, cookie: Token, kept: E) -> bool {
        self.forget_old_secrets(now);
        let Some(index) = find(self.secrets.iter().map(|waiting| &waiting.token), secret) else {
            return false;
        };
        self.secrets.remove(index);
        if self.sessions.len() == MAX_SESSIONS {
            let unused = (0..self.sessions.len()).min_by_key(|index| self.sessions[*index].used);
            unused.map(|index| self.sessions.swap_remove(index));
        }
        let id = SessionId(self.next);
        self.next += 1;
        self.sessions.push(Session { id, key, cookie, used: now, kept });
        true
    }

    /// The session of a key, which is used now.
    pub(super) fn of_key(&mut self, now: Instant, key: &str) -> Option<(SessionId, &E)> {
        let index = find(self.sessions.iter().map(|session| &session.key), key)?;
        Some(self.used(index, now))
    }

    /// The session of a cookie, which is used now.
    pub(super) fn of_cookie(&mut self, now: Instant, cookie: &str) -> Option<(SessionId, &E)> {
        let index = find(self.sessions.iter().map(|session| &session.cookie), cookie)?;
        Some(self.used(index, now))
    }

    /// Forgets a session.
    pub(super) fn end(&mut self, id: SessionId) {
        self.sessions.retain(|session| session.id != id);
    }

    fn used(&mut self, index: usize, now: Instant) -> (SessionId, &E) {
        let session = &mut self.sessions[index];
        session.used = now;
        (session.id, &session.kept)
    }

    fn forget_old_secrets(&mut self, now: Instant) {
        self.secrets.retain(|secret| now.saturating_duration_since(secret.offered) < SECRET_LIFETIME);
    }
}

/// Looks at all tokens, so that the time it takes does not tell where one was found.
fn find<'a>(tokens: impl Iterator<Item = &'a Token>, said: &str) -> Option<usize> {
    tokens.enumerate().filter(|(_, token)| token.is(said)).map(|(index, _)| index).last()
}

#[cfg(test)]
mod tests {
    use std::{rc::Rc, time::Duration};

    use super::*;

    struct World {
        keys: Keyring<Rc<()>>,
        now: Instant,
    }

    fn world() -> World {
        World { keys: Keyring::default(), now: Instant::now() }
    }

    impl World {
        fn offer(&mut self) -> String {
            let secret = Token::random();
            self.keys.offer(self.now, secret.clone());
            secret.to_string()
        }

        /// The key, the cookie, and what is kept with the session.
        fn trade(&mut self, secret: &str) -> Option<(String, String, Rc<()>)> {
            let (key, cookie, kept) = (Token::random(), Token::random(), Rc::new(()));
            let traded = self.keys.trade(self.now, secret, key.clone(), cookie.clone(), kept.clone());
            traded.then(|| (key.to_string(), cookie.to_string(), kept))
        }

        fn knows(&mut self, key: &str) -> bool {
            self.keys.of_key(self.now, key).is_some()
        }
    }

    #[test]
    fn a_secret_is_traded_once() {
        let mut world = world();
        let secret = world.offer();
        let (key, cookie, _) = world.trade(&secret).unwrap();
        assert!(world.trade(&secret).is_none());
        assert!(world.knows(&key) && !world.knows(&cookie) && !world.knows(&secret) && !world.knows(""));
        assert!(world.keys.of_cookie(world.now, &cookie).is_some());
        assert!(world.keys.of_cookie(world.now, &key).is_none());
    }

    #[test]
    fn a_secret_is_worth_nothing_after_its_time() {
        let mut world = world();
        let (first, second) = (world.offer(), world.offer());
        world.now += SECRET_LIFETIME - Duration::from_millis(1);
        assert!(world.trade(&first).is_some());
        world.now += Duration::from_millis(1);
        assert!(world.trade(&second).is_none());
    }

    #[test]
    fn the_oldest_secret_gives_way() {
        let mut world = world();
        let secrets: Vec<_> = (0..=MAX_SECRETS).map(|_| world.offer()).collect();
        assert!(world.trade(&secrets[0]).is_none());
        assert!(secrets[1..].iter().all(|secret| world.trade(secret).is_some()));
    }

    #[test]
    fn the_session_that_was_not_used_for_longest_gives_way_and_what_is_kept_with_it_goes() {
        let mut world = world();
        let mut sessions = Vec::new();
        for _ in 0..MAX_SESSIONS {
            world.now += Duration::from_secs(1);
            let secret = world.offer();
            sessions.push(world.trade(&secret).unwrap());
        }
        world.now += Duration::from_secs(1);
        let (first, _, _) = sessions[0].clone();
        assert!(world.knows(&first));
        let secret = world.offer();
        let (newest, _, _) = world.trade(&secret).unwrap();
        let (second, _, kept) = &sessions[1];
        assert!(!world.knows(second) && Rc::strong_count(kept) == 1);
        assert!(world.knows(&first) && world.knows(&newest));
    }

    #[test]
    fn an_ended_session_is_gone_with_what_is_kept_with_it() {
        let mut world = world();
        let secret = world.offer();
        let (key, cookie, kept) = world.trade(&secret).unwrap();
        let (id, _) = world.keys.of_key(world.now, &key).unwrap();
        world.keys.end(id);
        assert!(!world.knows(&key) && world.keys.of_cookie(world.now, &cookie).is_none());
        assert_eq!(Rc::strong_count(&kept), 1);
    }
}
